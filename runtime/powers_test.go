package runtime_test

import (
	"context"
	"testing"
	"time"

	"qvat/chains"
	"qvat/runtime"
)

// powerFunc is a power that is one function.
type powerFunc func(ctx context.Context, method string) (runtime.Reply, error)

func (f powerFunc) Call(ctx context.Context, method string, _ []byte) (runtime.Reply, error) {
	return f(ctx, method)
}

const callsHost = `exports.call = m => host(m)`

func powered(t *testing.T, l runtime.Limits, rootPower string) *runtime.Engine {
	t.Helper()
	return newEngine(t, runtime.Options{
		Limits: l, RootPower: rootPower,
		Modules: []runtime.Module{{Name: "test:calls", Source: callsHost}},
	})
}

// TestTimeInPowers: the time of a message is over while a power works, at once
// or later, and whatever that answers then.
func TestTimeInPowers(t *testing.T) {
	e := powered(t, runtime.Limits{Time: 50 * time.Millisecond}, `module.exports = require('test:calls')`)
	wait := func(ctx context.Context) ([]byte, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for name, power := range map[string]powerFunc{
		"at once": func(ctx context.Context, _ string) (runtime.Reply, error) {
			_, err := wait(ctx)
			return runtime.Reply{}, err
		},
		"at once, and answers": func(ctx context.Context, _ string) (runtime.Reply, error) {
			<-ctx.Done()
			return runtime.Reply{JSON: []byte("1")}, nil
		},
		"later": func(context.Context, string) (runtime.Reply, error) { return runtime.Reply{Later: wait}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			m := message(t, "", `exports.main = async ({ power }) => { try { return await power.call('x') } catch { return 'caught' } }`)
			m.Powers = map[string]runtime.Power{"test:calls": power}
			_, err := e.Turn(t.Context(), m)
			if f := failureOf(t, err); f.Reason != runtime.OutOfTime {
				t.Errorf("got %v", f)
			}
		})
	}
}

// TestRootPowerIsTriedWithoutATrace: root-power.js that calls a power is
// evaluated in each message, once, whatever the try before left behind.
func TestRootPowerIsTriedWithoutATrace(t *testing.T) {
	e := powered(t, runtime.Limits{}, `
		const { call } = require('test:calls')
		Promise.resolve().then(() => call('job'))
		try { call('top') } catch { }
		exports.call = call`)
	for range 2 {
		calls := map[string]int{}
		m := message(t, "", `exports.main = async ({ power }) => { for (let i = 0; i < 10; i++) await 0; power.call('main') }`)
		m.Powers = map[string]runtime.Power{"test:calls": powerFunc(func(_ context.Context, method string) (runtime.Reply, error) {
			calls[method]++
			return runtime.Reply{}, nil
		})}
		if _, err := e.Turn(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if calls["job"] != 1 || calls["top"] != 1 || calls["main"] != 1 {
			t.Errorf("calls: %v", calls)
		}
	}
}

// TestRootPowerThatNeverEnds does not keep an engine from starting.
func TestRootPowerThatNeverEnds(t *testing.T) {
	e := powered(t, runtime.Limits{Fuel: 20_000_000}, `for (;;);`)
	_, err := e.Turn(t.Context(), message(t, "", `exports.main = () => 1`))
	if f := failureOf(t, err); f.Reason != runtime.OutOfFuel {
		t.Errorf("got %v", f)
	}
}

// TestEmptyLinesAreLogged as well as others: each counts for what it takes.
func TestEmptyLinesFillTheLog(t *testing.T) {
	e := powered(t, runtime.Limits{Log: 1000}, "")
	m := message(t, "", `exports.main = () => { for (let i = 0; i < 200; i++) console.log('') }`)
	lines := 0
	m.Log = func(runtime.LogLine) { lines++ }
	if _, err := e.Turn(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if lines == 0 || lines > 10 {
		t.Errorf("%d lines were kept of a log of 1,000 bytes", lines)
	}
}

// TestCompiledElsewhere: that a program was compiled for another message does
// not make it be here.
func TestCompiledElsewhere(t *testing.T) {
	e := powered(t, runtime.Limits{}, "")
	const module = `exports.x = 42`
	p, err := chains.NewProgram([]byte(module), 0)
	if err != nil {
		t.Fatal(err)
	}
	computed := `exports.main = ({ input }) => { try { return require(input).x } catch (e) { return 'not here' } }`
	input := `"` + p.Hash().String() + `"`
	for _, c := range []struct {
		modules []string
		want    string
	}{{nil, `"not here"`}, {[]string{module}, `42`}, {nil, `"not here"`}} {
		out, err := e.Turn(t.Context(), messageWith(t, input, c.modules, computed))
		if err != nil || string(out.Result) != c.want {
			t.Errorf("got %s, %v, want %s", out.Result, err, c.want)
		}
	}
}
