package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"qvat/chains"
	"qvat/runtime"
)

// The rows of the confinement table, one test each. What follows is the heart
// of each row; testdata/hostile has the variations (TestHostile).

// rowEngine is the engine that the rows share. It lives as long as the process.
var rowEngine = sync.OnceValues(func() (*runtime.Engine, error) {
	return runtime.New(context.Background(), hostileOptions())
})

// expect runs chains, given as name, result or failure, and programs in the
// form of testdata/hostile.
func expect(t *testing.T, cases string) {
	t.Helper()
	e, err := rowEngine()
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parseHostile(cases)
	if err != nil || len(parsed) == 0 {
		t.Fatalf("%d cases: %v", len(parsed), err)
	}
	for _, c := range parsed {
		t.Run(c.name, func(t *testing.T) {
			out, err := e.Turn(t.Context(), c.message(t))
			c.check(t, out, err)
		})
	}
}

// Row 1: the start realm, where SES's evaluators lead on this engine, holds
// nothing to steal.
func TestRow01NothingToSteal(t *testing.T) {
	expect(t, `
//// no constructor of functions makes one
//= ["TypeError","TypeError","TypeError","TypeError","undefined"]
exports.main = () => [function () { }, async () => { }, function* () { }, async function* () { }].map(f => {
	try { return typeof new f.constructor('}); globalThis.leak = f => f; (function(){') } catch (e) { return e.name }
}).concat(typeof leak);
//// no clock, no randomness, no compartment, on any path from globals and functions
//= []
const names = ['Compartment', 'lockdown', 'eval', 'WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics', 'performance', 'host'];
exports.main = () => names.filter(n => n in globalThis);
//// what the tame ones are tame instances of
//= ["TypeError","TypeError","TypeError"]
exports.main = () => [() => new (new Date(0).constructor)(), () => Math.random(), () => Date.prototype.constructor.now()].map(f => { try { return f() } catch (e) { return e.name } });`)
}

// Row 2: a text is parsed by itself, whole, before it is joined to anything.
func TestRow02NoTextClosesItsWrapper(t *testing.T) {
	for _, text := range []string{
		"}); globalThis.leak = 1; (function(){", "}", "{", "})", "}})", "*/", "/*", "`", "${", "'", "(", ")", "//\n})", "-->})", "<!--\n})",
		"\u2028})", "/*\u2029*/})", "}; exports.main = () => 1; {", "return", "exports.main = () => 1; }); (function () {",
		"class A { static { } } }", "if (1) { } }", "label: { } }", "`}${", "/}/})", "/[}/]", "async () => { } }", "'use strict' }",
	} {
		t.Run(text, func(t *testing.T) {
			expect(t, "\n//// alone\n//! program_error SyntaxError: …\n"+text)
		})
	}
}

// Row 3: intrinsics that SES does not know are frozen, hang on the tame Error,
// and no stack trace hands out functions.
func TestRow03HiddenIntrinsics(t *testing.T) {
	expect(t, `
//// SuppressedError and InternalError
//= [true,true,true,true]
const thrown = f => { try { f() } catch (e) { return e.constructor } };
const S = thrown(() => { using x = { [Symbol.dispose]() { throw 1 } }; throw 2 }), I = thrown(() => { let s = 'x'; for (;;) s += s });
exports.main = () => [S, I].flatMap(C => [Object.isFrozen(C) && Object.isFrozen(C.prototype), Object.getPrototypeOf(C) === Error]);
//// no way to call sites
//= ["TypeError","undefined","undefined","undefined","TypeError"]
exports.main = () => [
	() => { Error.prepareStackTrace = (e, sites) => sites[0].getFunction() }, () => typeof Error.prepareStackTrace, () => typeof Error.captureStackTrace,
	() => typeof Error.stackTraceLimit, () => new (class extends Error { static prepareStackTrace = (e, s) => s })().stack[0].getFunction(),
].map(f => { try { return f() } catch (e) { return e.name } });`)
}

// Row 4: an await is never torn: what a child hands to its parent cannot keep
// the parent's catch and finally from running.
func TestRow04NoTornAwait(t *testing.T) {
	expect(t, `
//// by an argument
//= [["caught rig","finally"],0]
exports.main = async ({ next }) => {
	const log = [];
	let held = 0;
	await next.load()({ f: async p => { held++; try { await p } catch (e) { log.push('caught ' + e.message) } finally { held--; log.push('finally') } } });
	return [log, held];
};
//// child
const rig = p => Object.defineProperty(p, 'constructor', { get() { throw new Error('rig') } });
exports.main = async ({ power }) => { await power.f(rig(Promise.resolve(1))) };
//// by a result
//= ["caught rig","finally",true]
exports.main = async ({ next }) => {
	const log = [], p = next.load()({});
	try { await p } catch (e) { log.push('caught ' + e.message) } finally { log.push('finally') }
	return [...log, Object.isFrozen(p)];
};
//// child
exports.main = () => Object.defineProperty(Promise.resolve(1), 'constructor', { get() { throw new Error('rig') } });
//// by a promise inside a result
//! program_error TypeError: result.p is a promise, which may not cross to a parent: await it first
exports.main = ({ next }) => next.load()({});
//// child
exports.main = () => harden({ p: Promise.resolve(1) });`)
}

// Row 5: no limit is an exception that a program can catch.
func TestRow05LimitsAreTraps(t *testing.T) {
	const catch = "exports.main = async () => { for (let i = 0; ; i++) { try { %s } catch { } finally { if (i) continue } } }"
	for name, c := range map[string]struct {
		body string
		want runtime.Reason
	}{
		"loop":              {"for (;;);", runtime.OutOfFuel},
		"executor":          {"await new Promise(() => { for (;;); }).catch(() => 1)", runtime.OutOfFuel},
		"Promise.try":       {"await Promise.try(() => { for (;;); }).catch(() => 1)", runtime.OutOfFuel},
		"thenable":          {"await { then() { for (;;); } }", runtime.OutOfFuel},
		"getter":            {"({ get x() { for (;;); } }).x", runtime.OutOfFuel},
		"generator":         {"[...(function* () { try { for (;;); } finally { yield 1 } })()]", runtime.OutOfFuel},
		"memory":            {"const a = []; for (;;) a.push(new Uint8Array(1e5))", runtime.OutOfMemory},
		"memory in a text":  {"'x'.repeat(2 ** 28)", runtime.OutOfMemory},
		"stack":             {"const f = () => { try { f() } finally { f() } }; f()", runtime.StackOverflow},
		"stack in a getter": {"const o = { get x() { try { return o.x } catch { return 1 } } }; o.x", runtime.StackOverflow},
		"host calls":        {"for (;;) console.log(1)", runtime.OutOfFuel},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, fmt.Sprintf("\n//// caught\n//! %s\n"+catch, c.want, c.body))
		})
	}
	t.Run("time", func(t *testing.T) {
		o := hostileOptions()
		o.Limits.Time, o.Limits.Fuel = 50*time.Millisecond, 1<<50
		_, err := newEngine(t, o).Turn(t.Context(), message(t, "", fmt.Sprintf(catch, "for (;;);")))
		if f := failureOf(t, err); f.Reason != runtime.OutOfTime {
			t.Errorf("got %v", f)
		}
	})
	t.Run("the caller gives up", func(t *testing.T) {
		e, err := rowEngine()
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		m := message(t, "", `console.log('running'); exports.main = () => { for (;;) { try { for (;;); } catch { } } }`)
		m.Log = func(runtime.LogLine) { cancel() }
		if _, err := e.Turn(ctx, m); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// Row 6: memory or stack that runs out never tears trusted code in half: the
// kernel's own work on a program's behalf ends the message as well.
func TestRow06TrustedCodeIsNotTorn(t *testing.T) {
	expect(t, `
//// the stack ends inside of harden
//! stack_overflow
exports.main = () => { let n = 0; const f = () => { try { if (n++ % 50 === 0) harden({ get x() { return 1 } }); return f() } catch { return 'torn' } }; return f() };
//// the stack ends inside of require
//! stack_overflow
exports.main = () => { const f = () => { try { require('x') } catch { } return f() }; return f() };
//// the stack ends inside of a power
//! stack_overflow
exports.main = ({ power }) => { let n = 0; const f = () => { if (n++ % 50 === 0) power.echo({}); try { return f() } catch { return 'torn' } }; return f() };
//// the stack ends inside of an error's making
//! stack_overflow
exports.main = () => { const f = () => { try { null.x } catch { } try { return f() } catch { return 'torn' } }; return f() };
//// the stack ends while a result crosses
//! stack_overflow
exports.main = ({ next }) => next.load()({});
//// child
exports.main = () => ({ get then() { const f = () => f(); try { f() } catch { return undefined } } });
//// the memory ends while a result crosses
//! out_of_memory
exports.main = ({ next }) => next.load()({});
//// child
exports.main = () => { let a = {}; const keep = []; for (let i = 0; i < 150; i++) keep.push(new Uint8Array(1e5)); for (let i = 0; i < 3e3; i++) a = { ['k'.repeat(500)]: a }; return a };
//// the memory ends while a result is encoded
//! out_of_memory
exports.main = () => { const s = 'x'.repeat(1e6); return Array.from({ length: 50 }, () => s) };`)
}

// Row 8: a module instance belongs to one program. testdata/hostile/channels.js
// has the nine kinds of state; this is what is not a module's.
func TestRow08NoChannels(t *testing.T) {
	expect(t, `
//// functions behind accessors of shared prototypes
//= [[],false]
exports.main = async ({ next }) => {
	const child = await next.load()({});
	const behind = [Object, Function, Array, Error, TypeError].flatMap(C => Reflect.ownKeys(C.prototype).map(k => C.prototype[k])).filter(v => Object(v) === v);
	return [behind.filter(v => v.leak !== undefined).map(v => v.name), child];
};
//// child
exports.main = () => [Object, Function, Array, Error, TypeError].flatMap(C => Reflect.ownKeys(C.prototype).map(k => C.prototype[k])).some(v => { try { v.leak = 1; return true } catch { return false } });
//// a result that its child keeps a hand on
//= ["TypeError",1]
exports.main = async ({ next }) => { const r = await next.load()({}); let put; try { r.poke(2) } catch (e) { put = e.name } return [put, r.data.x] };
//// child
const data = { x: 1 };
exports.main = () => ({ data, poke: v => { data.x = v } });`)
}

// Row 7 is testdata/hostile/bombs*.js, and what is long in a text:
// TestHostileSource. This is that each stops within its fuel, however little
// that is.
func TestRow07FuelInsideBuiltins(t *testing.T) {
	o := hostileOptions()
	o.Limits.Fuel = 500_000
	e := newEngine(t, o)
	for _, body := range []string{
		"7n ** 100000n", "BigInt('9'.repeat(1e5))", "String(1n << 500000n)", "'a'.repeat(1e5).indexOf('a'.repeat(5e4) + 'b')",
		`'\u1e9b\u0323'.repeat(1e5).normalize('NFKD')`, "Array.prototype.sort.call({ length: 2 ** 40 })", "Array.prototype.reverse.call({ length: 2 ** 40 })",
		"Array.prototype.splice.call({ length: 2 ** 40 }, 0, 1)", "Array.prototype.copyWithin.call({ length: 2 ** 40 }, 0, 1)",
		"Array.prototype.join.call({ length: 2 ** 40 })", "new RegExp('a|'.repeat(1e5))", "/^(a+)+$/.test('a'.repeat(30) + 'b')",
		"new Uint8Array(4e6).fill(1).map(x => x)", "JSON.parse('[' + '0,'.repeat(1e5) + '0]')", "encodeURIComponent('é'.repeat(1e6))",
	} {
		_, err := e.Turn(t.Context(), message(t, "", "exports.main = () => { try { "+body+"; return 'done' } catch { return 'caught' } }"))
		if f := failureOf(t, err); f.Reason != runtime.OutOfFuel {
			t.Errorf("%s: %v", body, f)
		}
	}
}

// Row 11: a key that is none has signed nothing, and nothing panics.
func TestRow11KeysAreChecked(t *testing.T) {
	for n := range 80 {
		if _, err := chains.ParsePublicKey(make([]byte, n)); err == nil {
			t.Errorf("%d zero bytes are a key", n)
		}
	}
	expect(t, `
//// keys of small order, and of the wrong length
//= [false,false,false,"TypeError","TypeError"]
const keys = ['01' + '0'.repeat(62), '0'.repeat(64), 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', '0'.repeat(62), '0'.repeat(66)];
exports.main = ({ next }) => keys.map(k => { try { return next.signedBy(k) || next.boundBy(k) } catch (e) { return e.name } });
//// child
exports.main = () => 1;`)
}

// Row 13: the host's time zone and locale are not to be seen; encoding loses
// nothing (testdata/hostile/results.js and arguments.js).
func TestRow13NothingOfTheHost(t *testing.T) {
	t.Setenv("TZ", "Pacific/Kiritimati")
	t.Setenv("LANG", "tr_TR.UTF-8")
	expect(t, `
//// zone and locale
//= [0,"Thu Jan 01 1970 00:00:00 GMT+0000","i","undefined"]
exports.main = () => [new Date(0).getTimezoneOffset(), new Date(0).toString(), 'I'.toLocaleLowerCase('tr'), typeof Intl];`)
}

// Row 14: a bound signature counts for its vat, its prefix and its program
// alone, and a plain one is never a bound one.
func TestRow14SignaturesHaveDomains(t *testing.T) {
	root, bob, other := newParty(t, "root"), newParty(t, "bob"), newParty(t, "another vat")
	first := fmt.Sprintf(`exports.main = ({ next }) => [next.signedBy('%[1]s'), next.boundBy('%[1]s')]`, bob.public)
	second := `exports.main = () => 1`
	programs := map[chains.Hash]chains.Program{}
	hash := func(text string) chains.Hash {
		p, err := chains.NewProgram([]byte(text), 0)
		if err != nil {
			t.Fatal(err)
		}
		programs[p.Hash()] = p
		return p.Hash()
	}
	sign := func(by party, kind chains.Kind, vat chains.PublicKey, prefix []chains.Hash, h chains.Hash) chains.Signature {
		s, err := chains.Sign(by.private, kind, vat, prefix, h)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	h1, h2 := hash(first), hash(second)
	for name, c := range map[string]struct {
		signature chains.Signature
		want      string
	}{
		"plain":                       {sign(bob, chains.Plain, root.public, []chains.Hash{h1}, h2), "[true,false]"},
		"bound":                       {sign(bob, chains.Bound, root.public, []chains.Hash{h1}, h2), "[true,true]"},
		"bound to another vat":        {sign(bob, chains.Bound, other.public, []chains.Hash{h1}, h2), "[false,false]"},
		"bound after another program": {sign(bob, chains.Bound, root.public, []chains.Hash{h2}, h2), "[false,false]"},
		"bound to another program":    {sign(bob, chains.Bound, root.public, []chains.Hash{h1}, h1), "[false,false]"},
		"by another":                  {sign(other, chains.Plain, root.public, []chains.Hash{h1}, h2), "[false,false]"},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := chains.NewVerifier(root.public, chains.VerifierOptions{}).Verify(chains.Chain{Links: []chains.Link{
				{Program: h1, Signatures: []chains.Signature{sign(root, chains.Plain, root.public, nil, h1)}},
				{Program: h2, Signatures: []chains.Signature{c.signature}},
			}})
			if err != nil {
				t.Fatal(err)
			}
			e, err := rowEngine()
			if err != nil {
				t.Fatal(err)
			}
			out, err := e.Turn(t.Context(), runtime.Invocation{Chain: v, Program: func(_ context.Context, h chains.Hash) (chains.Program, bool, error) {
				p, ok := programs[h]
				return p, ok, nil
			}})
			if err != nil || strings.TrimSpace(string(out.Result)) != c.want {
				t.Errorf("got %s %v, want %s", out.Result, err, c.want)
			}
		})
	}
}
