package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"qvat/runtime"
)

// slotCalls are slots that write down how they were called, and answer by their
// numbers.
type slotCalls struct {
	calls   []string
	answers map[int]string
}

func (s *slotCalls) Call(_ context.Context, n int, data []byte) ([]byte, error) {
	s.calls = append(s.calls, fmt.Sprintf("%d %s", n, data))
	switch a := s.answers[n]; {
	case a == "refuse":
		return nil, &runtime.Refusal{Name: "RangeError", Message: "refused"}
	case a == "break":
		return nil, errBroken
	case a == "":
		return nil, nil
	default:
		return []byte(a), nil
	}
}

var errBroken = errors.New("broken")

// TestSlots are the bytes that cross, in both directions.
func TestSlots(t *testing.T) {
	e := newEngine(t, hostileOptions())
	for _, c := range []struct {
		name, text, input, want string
		answers                 map[int]string
		calls                   []string
	}{
		{"a slot and back", `exports.main = ({ input }) => [typeof input, input]`, `{"@":0}`, `["function",{"@":0}]`, nil, nil},
		{"no input", `exports.main = ({ input }) => typeof input`, ``, `"undefined"`, nil, nil},
		{"a text", `exports.main = ({ input }) => input`, `"@"`, `"@"`, nil, nil},
		{"in data", `exports.main = ({ input }) => ({ to: input.list[1], n: input.n })`, `{"list":[1,{"@":7}],"n":null}`, `{"to":{"@":7},"n":null}`, nil, nil},
		{"one identity", `exports.main = ({ input: [a, b, c] }) => [a === b, a === c]`, `[{"@":0},{"@":0},{"@":1}]`, `[true,false]`, nil, nil},
		{
			"keys that look like one", `exports.main = ({ input }) => [Object.keys(input), input['@'], input['@@'], input, { '@': 3 }]`,
			`{"a":1,"@@":0,"@@@":[2],"b":{"@":1}}`, `[["a","@","@@","b"],0,[2],{"a":1,"@@":0,"@@@":[2],"b":{"@":1}},{"@@":3}]`, nil, nil,
		},
		{
			"__proto__", `exports.main = ({ input }) => [Object.keys(input.a), typeof input.a.__proto__, Object.keys(input.b), input]`,
			`{"a":{"__proto__":{"@":0},"@@x":1},"b":{"__proto__":{"@":0}}}`,
			`[["__proto__","@x"],"function",["__proto__"],{"a":{"__proto__":{"@":0},"@@x":1},"b":{"__proto__":{"@":0}}}]`, nil, nil,
		},
		{
			"frozen", `const deep = v => Object(v) !== v || Object.isFrozen(v) && Reflect.ownKeys(v).every(k => deep(v[k]));
			exports.main = async ({ input }) => [deep(input), deep(await input.s()), input.s.prototype === undefined, Object.isFrozen(input.s())]`,
			`{"s":{"@":0},"@@x":[{}]}`, `[true,true,true,true]`,
			map[int]string{0: `{"a":[{"@":1}],"@@b":{}}`},
			[]string{"0 ", "0 "},
		},
		{
			"a call", `exports.main = async ({ input }) => { const r = await input.s({ to: input.s, '@': [input.o] }); return [r.x === input.o, r.n === r.m, r] }`,
			`{"s":{"@":0},"o":{"@":1}}`, `[true,true,{"x":{"@":1},"n":{"@":2},"m":{"@":2},"@@":5}]`,
			map[int]string{0: `{"x":{"@":1},"n":{"@":2},"m":{"@":2},"@@":5}`},
			[]string{`0 {"to":{"@":0},"@@":[{"@":1}]}`},
		},
		{
			"a new slot is called", `exports.main = async ({ input }) => (await input())(7)`,
			`{"@":0}`, `"seven"`,
			map[int]string{0: `{"@":9}`, 9: `"seven"`},
			[]string{"0 ", "9 7"},
		},
		{
			"refused", `exports.main = async ({ input }) => { try { await input(1) } catch (e) { return [e.name, e.message, e instanceof RangeError] } }`,
			`{"@":0}`, `["RangeError","refused",true]`,
			map[int]string{0: "refuse"},
			[]string{"0 1"},
		},
		{
			"undefined", `exports.main = async ({ input }) => [typeof await input(undefined), typeof await input(null)]`,
			`{"@":0}`, `["undefined","undefined"]`, nil,
			[]string{"0 ", "0 null"},
		},
		{
			"passed on", `exports.main = async ({ next }) => { const r = await next.load()({}); await r.s('by the parent'); return r }`,
			`{"@":0}`, `{"s":{"@":0}}`, nil,
			[]string{`0 "by the parent"`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			texts := []string{c.text}
			if c.name == "passed on" {
				texts = append(texts, `exports.main = ({ input }) => ({ s: input })`)
			}
			s := &slotCalls{answers: c.answers}
			m := message(t, c.input, texts...)
			m.Slots = s
			out, err := e.Turn(t.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			if string(out.Result) != c.want {
				t.Errorf("got  %s\nwant %s", out.Result, c.want)
			}
			if fmt.Sprint(s.calls) != fmt.Sprint(c.calls) {
				t.Errorf("the calls are %q, want %q", s.calls, c.calls)
			}
		})
	}
}

// TestNoSlots: what looks like a slot is none where a message has none.
func TestNoSlots(t *testing.T) {
	e := newEngine(t, hostileOptions())
	out, err := e.Turn(t.Context(), message(t, `{"@":0,"@@":1}`, `exports.main = ({ input }) => [input, typeof input]`))
	if err != nil || string(out.Result) != `[{"@":0,"@@":1},"object"]` {
		t.Errorf("got %s, %v", out.Result, err)
	}
}

// hostileSlots are programs that try to make a slot, to keep one, to use one for
// what it is not, or to be heard through it. Each gets {s, t}: two slots, of
// which s answers {"@":5} and t refuses; and echo, a power.
var hostileSlots = []struct{ name, text, want, code string }{
	{"forged by data", `exports.main = async ({ input }) => [await input.s({ '@': 1 }) === input.t, { '@': 0 }]`, `[false,{"@@":0}]`, ""},
	{"forged by a string", `exports.main = () => ['{"@":0}', '@', '\\u0040']`, `["{\"@\":0}","@","\\u0040"]`, ""},
	{"forged by a function", `exports.main = ({ input }) => Object.freeze((...a) => input.s(...a))`, `result is a function`, "TypeError"},
	{"forged by bind", `exports.main = ({ input }) => input.s.bind(null)`, `result is a function`, "TypeError"},
	{"forged by a proxy", `exports.main = ({ input }) => [new Proxy(input.s, {})]`, `result[0] is a function`, "TypeError"},
	{"forged by a prototype", `exports.main = ({ input }) => ({ x: Object.create(input.s) })`, `result.x is an object with a prototype of its own`, "TypeError"},
	{"a function in a call", `exports.main = async ({ input }) => input.s({ a: [() => 1] })`, `the data.a[0] is a function`, "TypeError"},
	{"a slot to a power", `exports.main = ({ input, power }) => power.echo([input.s])`, `arguments[0][0] is a capability`, "TypeError"},
	{
		"a slot to a power, while another call is read", `exports.main = async ({ input, power }) => {
		const trap = { get x() { try { return power.echo(input.s) } catch (e) { return e.message } } }
		await input.s(trap); return input.s(new Proxy([1], { get(o, k) { if (k === '0') power.echo(input.s); return o[k] } })) }`,
		`arguments[0] is a capability`, "TypeError",
	},
	{"a new one", `exports.main = ({ input }) => new input.s(1)`, `not a constructor`, "TypeError"},
	{"two values", `exports.main = ({ input }) => input.s(1, 2)`, `is called with one value`, "TypeError"},
	{"marks on it", `exports.main = ({ input }) => { input.s.mark = 1 }`, ``, "TypeError"},
	{"a map of marks", `exports.main = async ({ input }) => { const m = new WeakMap([[input.s, 1]]); return [m.get((await input.s()) ?? 0) ?? 'none', Reflect.ownKeys(input.s), input.s.name, input.s.length, String(input.s).length < 60] }`, `["none",["length","name"],"",0,true]`, ""},
	{"its parts", `exports.main = ({ input }) => { for (const k of ['caller', 'arguments']) { try { if (input.s[k] !== undefined) return k } catch { } } return [input.s.constructor === Function, Object.getPrototypeOf(input.s) === Function.prototype] }`, `[true,true]`, ""},
	{"its promise", `exports.main = async ({ input }) => { const p = input.s(); try { p.then = 1 } catch { } try { Object.defineProperty(p, 'constructor', {}) } catch { } return [p.then === Promise.prototype.then, Object.isFrozen(p), (await p) === await input.s()] }`, `[true,true,true]`, ""},
	{"that throws late", `exports.main = async ({ input }) => { let n = 0; for (const a of [[() => 1], [1n], [NaN], ['\ud800'], [{ get x() { throw 7 } }], [1, 2]]) { const p = input.s(...a); try { await p } catch (e) { n += e === 7 ? 10 : e instanceof TypeError ? 1 : 100 } } return n }`, `15`, ""},
	{"data that is a proxy", `exports.main = async ({ input }) => { let n = 0; const p = new Proxy({}, { ownKeys: () => { n++; return ['@'] }, getOwnPropertyDescriptor: () => ({ value: 0, enumerable: true, configurable: true }), get: () => n < 9 ? 0 : input.t }); return [(await input.s(p)) !== input.t, n > 0] }`, `[true,true]`, ""},
	{"a result that is a promise of a slot's", `exports.main = ({ input }) => input.s()`, `{"@":5}`, ""},
	{"a hidden promise", `exports.main = ({ input }) => ({ p: input.t() })`, `result.p is an object with a prototype of its own`, "TypeError"},
	{"deep data", `exports.main = async ({ input }) => { let v = input.s; for (let i = 0; i < 200; i++) v = [v]; return input.s(v) }`, `lies more than`, "TypeError"},
	{"wide data", `exports.main = async ({ input }) => input.s('x'.repeat(100000))`, `bytes`, "RangeError"},
	{"100,000 calls", `exports.main = async ({ input }) => { for (let i = 0; i < 100000; i++) { try { await input.s(i) } catch { } } }`, ``, "out_of_fuel"},
	{"100,000 calls at once", `exports.main = async ({ input }) => { const all = []; for (let i = 0; i < 100000; i++) all.push(input.t(i)); return (await Promise.allSettled(all)).length }`, ``, "out_of_fuel"},
	{"calls after the result", `exports.main = ({ input }) => { (async () => { for (;;) { await input.s(); } })(); return 1 }`, `1`, ""},
}

// TestHostileSlots runs each of them twice, wants the same cost both times, the
// image unmoved, and the witness undisturbed.
func TestHostileSlots(t *testing.T) {
	fuel := aloneFuel(t)
	e := newEngine(t, hostileOptions())
	after := witness.message(t)
	for _, c := range hostileSlots {
		t.Run(c.name, func(t *testing.T) {
			var first runtime.Outcome
			for i := range 2 {
				m := message(t, `{"s":{"@":0},"t":{"@":1}}`, c.text)
				m.Slots = &slotCalls{answers: map[int]string{0: `{"@":5}`, 1: "refuse"}}
				m.Powers = map[string]runtime.Power{"test:echo": echo{}}
				out, err := e.Turn(t.Context(), m)
				checkSlotCase(t, c.want, c.code, out, err)
				checkReset(t, e, err)
				checkWitness(t, e, after, fuel)
				if i == 0 {
					first = out
				} else if out.Fuel != first.Fuel {
					t.Errorf("it burnt %d, and then %d", first.Fuel, out.Fuel)
				}
			}
		})
	}
}

func checkSlotCase(t *testing.T, want, code string, out runtime.Outcome, err error) {
	t.Helper()
	var f *runtime.Failure
	switch {
	case code == "":
		if err != nil || string(out.Result) != want {
			t.Errorf("got %s, %v, want %s", out.Result, err, want)
		}
	case !errors.As(err, &f):
		t.Errorf("got %s, %v, want %s", out.Result, err, code)
	case f.Reason == runtime.ProgramError && (f.Name != code || !strings.Contains(f.Message, want)):
		t.Errorf("got %s: %s, want %s: %s", f.Name, f.Message, code, want)
	case f.Reason != runtime.ProgramError && string(f.Reason) != code:
		t.Errorf("got %v, want %s", f, code)
	}
}

// TestModuleWithSlots: a module that says so is given slots, and gives them, in
// messages that have any; what it gives is the program's to change.
func TestModuleWithSlots(t *testing.T) {
	e := newEngine(t, runtime.Options{
		Limits: hostileLimits, RootPower: `module.exports = { ...require('test:slots'), plain: require('test:plain').echo }`,
		Modules: []runtime.Module{
			{Name: "test:slots", Source: `exports.echo = (...args) => host('echo', ...args)`, Slots: true},
			{Name: "test:plain", Source: `exports.echo = (...args) => host('echo', ...args)`},
		},
	})
	powers := map[string]runtime.Power{"test:slots": echo{}, "test:plain": echo{}}
	text := `exports.main = ({ input, power }) => {
		const got = power.echo(input, { '@': 1, __proto__: null }, [{ '@@x': null }])
		got.reverse()
		got[1].more = 1
		let plain
		try { plain = power.plain(input) } catch (e) { plain = e.message }
		return [got[2] === input, got, plain, power.plain({ '@': 0 })]
	}`
	m := message(t, `{"@":3}`, text)
	m.Slots, m.Powers = &slotCalls{}, powers
	out, err := e.Turn(t.Context(), m)
	want := `[true,[[{"@@@x":null}],{"@@":1,"more":1},{"@":3}],"arguments[0] is a capability, which this cannot take",[{"@@":0}]]`
	if err != nil || string(out.Result) != want {
		t.Errorf("got  %s, %v\nwant %s", out.Result, err, want)
	}
	m = message(t, `{"@":3}`, strings.Replace(text, "got[2] === input", "got[2]['@']", 1))
	m.Powers = powers
	out, err = e.Turn(t.Context(), m)
	want = `[3,[[{"@@x":null}],{"@":1,"more":1},{"@":3}],[{"@":3}],[{"@":0}]]`
	if err != nil || string(out.Result) != want {
		t.Errorf("got  %s, %v\nwant %s", out.Result, err, want)
	}
}

// TestSlotsOfTwoMessages: a slot does not outlive its message, and what a
// message did with it is not seen by the next.
func TestSlotsOfTwoMessages(t *testing.T) {
	e := newEngine(t, hostileOptions())
	text := `exports.main = async ({ input, power }) => { await input?.s(1); return typeof input?.s }`
	for i := range 4 {
		s := &slotCalls{}
		m := message(t, `{"s":{"@":0}}`, text)
		want := `"function"`
		if i%2 == 0 {
			m.Slots = s
		} else {
			m, want = message(t, ``, text), `"undefined"`
		}
		out, err := e.Turn(t.Context(), m)
		if err != nil || string(out.Result) != want || len(s.calls) != (i+1)%2 {
			t.Errorf("message %d: got %s, %v, and calls %q", i, out.Result, err, s.calls)
		}
	}
}

// TestSlotsPassedToSiblings: a program reaches the slots that it is handed, and
// what one does with its own is not seen by another.
func TestSlotsPassedToSiblings(t *testing.T) {
	e := newEngine(t, hostileOptions())
	m := message(t, `[{"@":0},{"@":1}]`,
		`exports.main = async ({ next }) => {
			const seen = []
			const r = await next.load()({ give: s => { seen.push(s); return seen.length } })
			return [seen[0] === r[0], seen.length, r]
		}`,
		`exports.main = ({ input: [a, b], power }) => {
			for (const f of [() => { a.x = b }, () => Object.setPrototypeOf(a, null), () => { Function.prototype.x = a }]) { try { f(); return 'a channel' } catch { } }
			return [a, power.give(a), typeof b]
		}`)
	m.Slots = &slotCalls{}
	out, err := e.Turn(t.Context(), m)
	if err != nil || string(out.Result) != `[true,1,[{"@":0},1,"function"]]` {
		t.Errorf("got %s, %v", out.Result, err)
	}
}

// TestSlotsThatBreak: an error that is no refusal ends the message, whatever the
// program does.
func TestSlotsThatBreak(t *testing.T) {
	e := newEngine(t, hostileOptions())
	m := message(t, `{"@":0}`, `exports.main = async ({ input }) => { try { await input() } catch { } return 1 }`)
	m.Slots = &slotCalls{answers: map[int]string{0: "break"}}
	if out, err := e.Turn(t.Context(), m); !errors.Is(err, errBroken) {
		t.Errorf("got %s, %v", out.Result, err)
	}
}

// TestLessFuel: a message may have less fuel than the engine allows, and never
// more.
func TestLessFuel(t *testing.T) {
	e := newEngine(t, hostileOptions())
	for _, c := range []struct{ fuel, burnt int64 }{{0, hostileLimits.Fuel}, {1_000_000, 1_000_000}, {hostileLimits.Fuel * 2, hostileLimits.Fuel}} {
		m := message(t, ``, `exports.main = () => { for (;;); }`)
		m.Fuel = c.fuel
		out, err := e.Turn(t.Context(), m)
		var f *runtime.Failure
		if !errors.As(err, &f) || f.Reason != runtime.OutOfFuel || out.Fuel != c.burnt || !strings.Contains(f.Message, fmt.Sprint(c.burnt)) {
			t.Errorf("with %d: burnt %d, %v", c.fuel, out.Fuel, err)
		}
	}
}

// TestLessFuelThanTheText takes to compile: the failure names the message's own.
func TestLessFuelThanTheText(t *testing.T) {
	e := newEngine(t, hostileOptions())
	m := message(t, ``, strings.Repeat("exports.main = () => 1;\n", 4000))
	m.Fuel = 1_234_567
	_, err := e.Turn(t.Context(), m)
	var f *runtime.Failure
	if !errors.As(err, &f) || f.Reason != runtime.OutOfFuel || !strings.Contains(f.Message, " 1234567") {
		t.Errorf("got %v", err)
	}
}
