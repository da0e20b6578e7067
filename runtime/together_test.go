package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"qvat/runtime"
)

// TestHostileTogether runs hostile chains and witnesses at once, more of them
// than there are idle instances.
func TestHostileTogether(t *testing.T) {
	fuel := aloneFuel(t)
	e := newEngine(t, hostileOptions())
	var cases []hostile
	var messages []runtime.Invocation
	for _, c := range readHostile(t) {
		if strings.HasPrefix(c.file, "bombs") {
			continue
		}
		cases = append(cases, c)
		messages = append(messages, c.message(t))
	}
	after := witness.message(t)
	const workers = 8
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := w; i < len(cases); i += workers {
				out, err := e.Turn(t.Context(), messages[i])
				var f *runtime.Failure
				if err != nil && !errors.As(err, &f) {
					t.Errorf("%s: %v", cases[i].name, err)
				}
				if cases[i].reason == "" && (err != nil || string(out.Result) != cases[i].result) {
					t.Errorf("%s: got %s, %v", cases[i].name, out.Result, err)
				}
				out, err = e.Turn(t.Context(), after)
				if err != nil || string(out.Result) != witness.result || out.Fuel != fuel {
					t.Errorf("beside %s the witness saw %s for %d, %v", cases[i].name, out.Result, out.Fuel, err)
				}
			}
		})
	}
	group.Wait()
	if _, err := e.CompareIdle(); err != nil {
		t.Error(err)
	}
}

// TestRootPowerReplaced changes root-power.js while messages run: each sees one
// version or the other, whole.
func TestRootPowerReplaced(t *testing.T) {
	o := hostileOptions()
	version := func(n int) string { return fmt.Sprintf("exports.a = %[1]d; exports.b = %[1]d", n) }
	o.RootPower = version(0)
	e := newEngine(t, o)
	m := message(t, "", `exports.main = ({ power }) => [power.a, power.b]`)
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for ctx.Err() == nil {
				out, err := e.Turn(t.Context(), m)
				var a, b int
				if _, scan := fmt.Sscanf(string(out.Result), "[%d,%d]", &a, &b); err != nil || scan != nil || a != b {
					t.Errorf("got %s, %v", out.Result, err)
					return
				}
			}
		})
	}
	for n := range 10 {
		if err := e.SetRootPower(t.Context(), version(n)); err != nil {
			t.Error(err)
		}
	}
	if err := e.SetRootPower(t.Context(), `exports.a = (`); err == nil {
		t.Error("a root-power.js that does not parse was taken")
	}
	cancel()
	group.Wait()
	out, err := e.Turn(t.Context(), m)
	if err != nil || string(out.Result) != "[9,9]" {
		t.Errorf("got %s, %v", out.Result, err)
	}
}

// TestInputIsDeep sends input that is deeper than the stack, and as deep as a
// result may be.
func TestInputIsDeep(t *testing.T) {
	e := newEngine(t, hostileOptions())
	nest := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	identity := `exports.main = ({ input }) => input`
	out, err := e.Turn(t.Context(), message(t, nest(128), identity))
	if err != nil || string(out.Result) != nest(128) {
		t.Errorf("128 deep: got %s, %v", out.Result, err)
	}
	_, err = e.Turn(t.Context(), message(t, nest(129), identity))
	if f := failureOf(t, err); f.Reason != runtime.ProgramError || !strings.HasSuffix(f.Message, "lies more than 128 deep") {
		t.Errorf("129 deep: %v", f)
	}
	_, err = e.Turn(t.Context(), message(t, nest(30_000), identity))
	if f := failureOf(t, err); f.Reason != runtime.StackOverflow {
		t.Errorf("30000 deep: %v", f)
	}
	checkReset(t, e, err)
}
