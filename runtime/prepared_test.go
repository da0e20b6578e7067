package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"qvat/chains"
	"qvat/runtime"
)

// rounds is how often a message runs: for the first time, when its root's state
// is kept, and from that state, in an instance that was in another, and in one
// that was in its own.
const rounds = 4

// TestPrepared runs messages until they start from what their root has left: the
// same result, the same fuel, the same memory, the same lines on the console.
func TestPrepared(t *testing.T) {
	cases := []struct {
		name    string
		modules []string
		texts   []string
		kept    bool
	}{
		{"a function", nil, []string{`module.exports = () => 7`}, true},
		{"state of its own", nil, []string{`let n = 0; const seen = new Map(); exports.main = ({ input }) => { seen.set(++n, input); return [n, seen.size] }`}, true},
		{"modules", []string{`let n = 0; exports.x = () => ++n`}, []string{`const m = require('@0'); m.x(); exports.main = () => m.x()`}, true},
		{"a child with the same module", []string{`let n = 0; exports.x = () => ++n`}, []string{
			`const m = require('@0'); m.x(); exports.main = async ({ next }) => [await next.load()({}), m.x(), next.hash.length]`,
			`const m = require('@0'); exports.main = ({ input }) => [m.x(), input]`,
		}, true},
		{"jobs", nil, []string{`const log = []; Promise.resolve().then(() => log.push('job')); exports.main = async () => { log.push('main'); await null; return log }`}, true},
		{"errors that it caught", nil, []string{`let m; try { null.x } catch (e) { m = e.message } exports.main = () => { try { m.y.z } catch (e) { return m + e.message } }`}, true},
		{"an error that it keeps", nil, []string{`let e; try { null.x } catch (x) { e = x } exports.main = () => { throw e }`}, true},
		{"a line on the console", nil, []string{`console.log('hello'); exports.main = () => 1`}, false},
		{"a throw", nil, []string{`throw new RangeError('no')`}, false},
		{"a throw of nothing", nil, []string{`throw undefined`}, false},
		{"no main", nil, []string{`exports.other = 1`}, false},
		{"a text that does not parse", nil, []string{`exports.main = () => {`}, false},
		{"a module that does not parse", []string{`}`}, []string{`let m; try { require('@0') } catch (e) { m = e.name } exports.main = () => m`}, false},
		{"a module that is not there", nil, []string{`let m; try { require('0'.repeat(64)) } catch (e) { m = e.message } exports.main = () => m`}, false},
		{"much memory", nil, []string{`const a = new Uint8Array(3 << 20).fill(1); exports.main = () => a.length`}, false},
		{"more memory than the image has", nil, []string{`const a = []; for (let i = 0; i < 6; i++) a.push(new Uint8Array(1 << 20)); exports.main = () => a.length`}, false},
		{"no end", nil, []string{`for (;;);`}, false},
		{"calls without end", nil, []string{`const f = () => f() + 1; f(); exports.main = f`}, false},
	}
	e := newEngine(t, hostileOptions())
	other := message(t, "", `exports.main = ({ power }) => power.echo(1)`)
	other.Powers = map[string]runtime.Power{"test:echo": echo{}}
	for range 2 {
		if _, err := e.Turn(t.Context(), other); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			before := e.Stats().PreparedPrograms
			m := hostile{input: `{"a":[1]}`, modules: c.modules, links: c.texts}.message(t)
			var first string
			for round := range rounds {
				var lines []string
				m.Log = func(l runtime.LogLine) { lines = append(lines, l.Text) }
				out, err := e.Turn(t.Context(), m)
				var f *runtime.Failure
				if err != nil && !errors.As(err, &f) {
					t.Fatal(err)
				}
				got := fmt.Sprintf("%s %v %d %d %q", out.Result, err, out.Fuel, out.Memory, lines)
				if round == 0 {
					first = got
					t.Log(got)
				} else if got != first {
					t.Errorf("round %d\ngot  %s\nwant %s", round, got, first)
				}
				if _, err := e.CompareIdle(); err != nil {
					t.Error(err)
				}
				if round == 2 {
					if _, err := e.Turn(t.Context(), other); err != nil {
						t.Fatal(err)
					}
				}
			}
			if kept := e.Stats().PreparedPrograms > before; kept != c.kept {
				t.Errorf("its state is kept: %v, want %v", kept, c.kept)
			}
		})
	}
}

// TestPreparedNeedsItsPrograms: a state is no answer to a message that does not
// have the programs that went into it.
func TestPreparedNeedsItsPrograms(t *testing.T) {
	e := newEngine(t, hostileOptions())
	m := hostile{modules: []string{`exports.x = 1`}, links: []string{`const m = require('@0'); exports.main = () => m.x`}}.message(t)
	for range rounds {
		if out, err := e.Turn(t.Context(), m); err != nil || string(out.Result) != "1" {
			t.Fatal(string(out.Result), err)
		}
	}
	if n := e.Stats().PreparedPrograms; n != 1 {
		t.Fatalf("%d states are kept", n)
	}
	all, root := m.Program, m.Chain.Program(0)
	m.Program = func(ctx context.Context, h chains.Hash) (chains.Program, bool, error) {
		if h != root {
			return chains.Program{}, false, nil
		}
		return all(ctx, h)
	}
	_, err := e.Turn(t.Context(), m)
	var f *runtime.Failure
	if !errors.As(err, &f) || !strings.Contains(f.Message, "no program") {
		t.Fatalf("without the module: %v", err)
	}
	broken := errors.New("the disk is gone")
	m.Program = func(context.Context, chains.Hash) (chains.Program, bool, error) {
		return chains.Program{}, false, broken
	}
	if _, err := e.Turn(t.Context(), m); !errors.Is(err, broken) {
		t.Fatalf("where programs cannot be read: %v", err)
	}
}

// TestPreparedLooksUpOnce: what a root has asked for over and over is looked up
// once for a message that starts from its state, and a root that asks for too
// many programs has none.
func TestPreparedLooksUpOnce(t *testing.T) {
	many := make([]string, 257)
	list := make([]string, len(many))
	for i := range many {
		many[i] = fmt.Sprintf("exports.x = %d", i)
		p, err := chains.NewProgram([]byte(many[i]), 0)
		if err != nil {
			t.Fatal(err)
		}
		list[i] = p.Hash().String()
	}
	for _, c := range []struct {
		name    string
		modules []string
		text    string
		lookups int
	}{
		{"one that throws", []string{`throw 1`}, `let n = 0; for (let i = 0; i < 300; i++) try { require('@0') } catch { n++ } exports.main = () => n`, 2},
		{"many", many, `let n = 0; for (const h of '` + strings.Join(list, " ") + `'.split(' ')) { require(h); n++ } exports.main = () => n`, 258},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEngine(t, hostileOptions())
			m := hostile{modules: c.modules, links: []string{c.text}}.message(t)
			all, lookups := m.Program, 0
			m.Program = func(ctx context.Context, h chains.Hash) (chains.Program, bool, error) {
				lookups++
				return all(ctx, h)
			}
			var first runtime.Outcome
			for round := range rounds {
				lookups = 0
				out, err := e.Turn(t.Context(), m)
				if round == 0 {
					first = out
				}
				if err != nil || out.Fuel != first.Fuel || string(out.Result) != string(first.Result) {
					t.Errorf("round %d: %s for %d, %v", round, out.Result, out.Fuel, err)
				}
			}
			if lookups != c.lookups {
				t.Errorf("%d look-ups, want %d", lookups, c.lookups)
			}
			if kept := e.Stats().PreparedPrograms == 1; kept != (c.lookups < 256) {
				t.Errorf("its state is kept: %v", kept)
			}
		})
	}
}

// TestPreparedPays: what a state took is paid by each message that starts from
// it, and one that has less ends as it does without.
func TestPreparedPays(t *testing.T) {
	e := newEngine(t, hostileOptions())
	m := message(t, "", `let n = 0; for (let i = 0; i < 5000; i++) n += i; exports.main = () => n`)
	out, err := e.Turn(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	for _, fuel := range []int64{out.Fuel, out.Fuel - 1, out.Fuel / 2, 10, 1} {
		m.Fuel = fuel
		var first string
		for round := range rounds {
			got, err := e.Turn(t.Context(), m)
			text := fmt.Sprintf("%s %v %d", got.Result, err, got.Fuel)
			if round == 0 {
				first = text
			}
			if text != first || (err == nil) != (fuel == out.Fuel) || got.Fuel != fuel {
				t.Errorf("round %d with %d: %s, and first %s", round, fuel, text, first)
			}
		}
		m.Fuel = 0
		if got, err := e.Turn(t.Context(), m); err != nil || got.Fuel != out.Fuel {
			t.Fatal(got.Fuel, err)
		}
	}
}

// TestInputPays: fuel may run out while the host passes the input.
func TestInputPays(t *testing.T) {
	e := newEngine(t, hostileOptions())
	m := message(t, `"`+strings.Repeat("x", 200_000)+`"`, `exports.main = ({ input }) => input.length`)
	out, err := e.Turn(t.Context(), m)
	if err != nil || string(out.Result) != "200000" {
		t.Fatal(string(out.Result), err)
	}
	for m.Fuel = 1; m.Fuel < out.Fuel; m.Fuel += 97 {
		got, err := e.Turn(t.Context(), m)
		var f *runtime.Failure
		if !errors.As(err, &f) || f.Reason != runtime.OutOfFuel || got.Fuel != m.Fuel {
			t.Fatalf("with %d of %d: %v, burnt %d", m.Fuel, out.Fuel, err, got.Fuel)
		}
	}
}

// TestRootPowerReplacedAfterPrepare: a state belongs to the image that it was
// made from.
func TestRootPowerReplacedAfterPrepare(t *testing.T) {
	o := hostileOptions()
	o.RootPower = `exports.a = 1`
	e := newEngine(t, o)
	m := message(t, "", `exports.main = ({ power }) => power.a`)
	for want := 1; want <= 3; want++ {
		for range rounds {
			if out, err := e.Turn(t.Context(), m); err != nil || string(out.Result) != fmt.Sprint(want) {
				t.Fatal(string(out.Result), err)
			}
		}
		if err := e.SetRootPower(t.Context(), fmt.Sprintf(`exports.a = %d`, want+1)); err != nil {
			t.Fatal(err)
		}
	}
}
