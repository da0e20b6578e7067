package runtime_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"qvat/runtime"
)

// TestLimitsInsideHostCalls lets each limit be met at many different moments,
// those among them at which the host works inside the instance on the kernel's
// behalf: it loads a program, hands over an answer, looks at a value. The
// message ends for the same reason, wherever that was.
func TestLimitsInsideHostCalls(t *testing.T) {
	o := hostileOptions()
	o.Limits.Fuel = 4_000_000
	e := newEngine(t, o)
	module := many(300, "", func(i int) string { return fmt.Sprintf("exports.f%d = () => [%d, 'x%d'];\n", i, i, i) })
	for _, c := range []struct {
		name, text string // %d is how much is used up before
		from, step int
		want       runtime.Reason
	}{
		{"fuel, while a module is loaded", `let x = 0; for (let i = 0; i < %d; i++) x += i; require('@0'); exports.main = () => 1`, 0, 5_000, runtime.OutOfFuel},
		{"fuel, while a power answers", `exports.main = ({ power }) => { let x = 0; for (let i = 0; i < %d; i++) x += i; for (let i = 0; i < 8; i++) power.echo('x'.repeat(10000)); return 1 }`, 0, 5_000, runtime.OutOfFuel},
		{"memory, while a power answers", `exports.main = ({ power }) => { const keep = [new Uint8Array(%d)]; for (let i = 0; i < 5; i++) keep.push(power.echo('x'.repeat(60000))); return 1 }`, 14_000_000, 300_000, runtime.OutOfMemory},
		{"memory, while a module is loaded", `const keep = new Uint8Array(%d); require('@0'); exports.main = () => 1`, 15_000_000, 250_000, runtime.OutOfMemory},
		{"stack, while a power answers", `exports.main = ({ power }) => { const f = n => n > 0 ? f(n - 1) + 1 : power.echo({}).length; return f(%d) > 0 }`, 3_500, 53, runtime.StackOverflow},
		{"stack, while a module is loaded", `exports.main = () => { const f = n => n > 0 ? f(n - 1) + 1 : Object.keys(require('@0')).length; return f(%d) > 0 }`, 3_500, 53, runtime.StackOverflow},
		{"stack, while a key is asked for", `exports.main = ({ next }) => { const f = n => n > 0 ? f(n - 1) + 1 : Number(next.signedBy('0'.repeat(64))); return f(%d) > 0 }`, 3_500, 53, runtime.StackOverflow},
		{"stack, while an error is made", `exports.main = () => { const f = n => { if (n > 0) return f(n - 1) + 1; try { null.x } catch { return 1 } }; return f(%d) > 0 }`, 3_500, 53, runtime.StackOverflow},
	} {
		t.Run(c.name, func(t *testing.T) {
			ends := map[runtime.Reason]int{}
			for i := 0; ends[c.want] < 6; i++ {
				h := hostile{modules: []string{module}, links: []string{strings.Replace(c.text, "%d", fmt.Sprint(c.from+i*c.step), 1), `exports.main = () => 1`}}
				_, err := e.Turn(t.Context(), h.message(t))
				var f *runtime.Failure
				switch {
				case err == nil:
					ends[""]++
				case !errors.As(err, &f):
					t.Fatalf("with %d used: %v", c.from+i*c.step, err)
				default:
					ends[f.Reason]++
				}
				checkReset(t, e, err)
				if i > 200 {
					t.Fatalf("the limit is never met: %v", ends)
				}
			}
			if len(ends) != 2 || ends[""] == 0 {
				t.Errorf("the messages ended so: %v", ends)
			}
		})
	}
}
