package runtime_test

import (
	"testing"

	"qvat/runtime"
)

// canary is a program whose answer is the same whatever ran before it.
const canary = `exports.main = ({ input }) => [input, [] + {}, Object.keys({ b: 1, a: 2 }), typeof leak]`

const canaryAnswer = `[7,"[object Object]",["b","a"],"undefined"]`

func checkCanary(t *testing.T, e *runtime.Engine) {
	t.Helper()
	out, err := e.Turn(t.Context(), message(t, "7", canary))
	if err != nil {
		t.Fatalf("the next message failed: %v", err)
	}
	if string(out.Result) != canaryAnswer {
		t.Fatalf("the next message saw %s", out.Result)
	}
}

func TestLimits(t *testing.T) {
	e := newEngine(t, runtime.Options{Limits: runtime.Limits{Fuel: 60_000_000, Memory: 32 << 20, Time: patient, HostCalls: 100}})
	for _, c := range []struct {
		name, text string
		want       runtime.Reason
	}{
		{"loop", `exports.main = () => { for (;;); }`, runtime.OutOfFuel},
		{"loop in a promise", `exports.main = () => new Promise(() => { for (;;); }).catch(() => 1)`, runtime.OutOfFuel},
		{"loop caught", `exports.main = () => { for (;;) { try { for (;;); } catch { } finally { continue } } }`, runtime.OutOfFuel},
		{"microtasks", `exports.main = async () => { for (;;) await 0 }`, runtime.OutOfFuel},
		{"loop in the module", `for (;;);`, runtime.OutOfFuel},
		{"regular expression", `exports.main = () => /^(a+)+$/.test('a'.repeat(40) + 'b')`, runtime.OutOfFuel},
		{"BigInt", `exports.main = () => String(7n ** 3_000_000n).length`, runtime.OutOfFuel},
		{"sort", `exports.main = () => { const a = { length: 2 ** 32 }; Array.prototype.reverse.call(a) }`, runtime.OutOfFuel},
		{"memory", `exports.main = () => { const a = []; for (;;) a.push('x'.repeat(1e5) + a.length) }`, runtime.OutOfMemory},
		{"memory caught", `exports.main = () => { const a = []; for (;;) try { a.push(new Uint8Array(1e6)) } catch { } }`, runtime.OutOfMemory},
		{"recursion", `exports.main = () => { const f = () => f() + 1; return f() }`, runtime.StackOverflow},
		{"recursion caught", `exports.main = () => { const f = () => { try { return f() + 1 } catch { return 0 } }; return f() }`, runtime.StackOverflow},
		{"parser", `exports.main = () => ` + repeat("[", 100_000) + repeat("]", 100_000), runtime.StackOverflow},
		{"console", `exports.main = () => { for (;;) console.log('x') }`, runtime.OutOfFuel},
		{"never", `exports.main = () => new Promise(() => {})`, runtime.NeverSettled},
		{"throw", `exports.main = () => { throw new TypeError('no') }`, runtime.ProgramError},
		{"syntax", `exports.main = () => {`, runtime.ProgramError},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := e.Turn(t.Context(), message(t, "", c.text))
			if out.Result != nil {
				t.Errorf("a failed message has the result %s", out.Result)
			}
			if f := failureOf(t, err); f.Reason != c.want {
				t.Errorf("got %v, want %s", f, c.want)
			} else {
				t.Log(f, out.Fuel)
			}
			checkCanary(t, e)
		})
	}
}

// TestStackLimit: less stack is fewer calls.
func TestStackLimit(t *testing.T) {
	const deep = `exports.main = ({ input }) => { const f = n => n === 0 ? 0 : f(n - 1) + 1; return f(input) }`
	small := newEngine(t, runtime.Options{Limits: runtime.Limits{Stack: runtime.MinStack}})
	if out, err := small.Turn(t.Context(), message(t, "100", deep)); err != nil || string(out.Result) != "100" {
		t.Errorf("100 calls deep: %s, %v", out.Result, err)
	}
	_, err := small.Turn(t.Context(), message(t, "2000", deep))
	if f := failureOf(t, err); f.Reason != runtime.StackOverflow {
		t.Errorf("2,000 calls deep: %v", f)
	}
	checkCanary(t, small)
}

func repeat(s string, n int) string {
	b := make([]byte, 0, n*len(s))
	for range n {
		b = append(b, s...)
	}
	return string(b)
}
