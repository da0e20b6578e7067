package runtime

import (
	"context"
	goruntime "runtime"
	"testing"

	"qvat/chains"
	"qvat/chains/chaintest"
)

// TestDeepCallsLeaveNoStack: an instance that is idle does not keep the native
// stack that a message's deep calls took.
func TestDeepCallsLeaveNoStack(t *testing.T) {
	ctx := t.Context()
	e := plainEngine(t)
	s := chaintest.ParseTexts("root", map[string]string{"root": `exports.main = () => { const f = n => n === 0 ? 0 : f(n - 1) + 1; return f(3500) }`})
	v, err := chains.NewVerifier(chaintest.Public("root"), chains.VerifierOptions{}).Verify(s.Chain)
	if err != nil {
		t.Fatal(err)
	}
	deep := Invocation{Chain: v, Program: func(context.Context, chains.Hash) (chains.Program, bool, error) { return s.Programs[0], true, nil }}
	heap := func() uint64 {
		goruntime.GC()
		var m goruntime.MemStats
		goruntime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	if _, err := e.Turn(ctx, tiny(t)); err != nil {
		t.Fatal(err)
	}
	before := heap()
	if out, err := e.Turn(ctx, deep); err != nil || string(out.Result) != "3500" {
		t.Fatal(string(out.Result), err)
	}
	if idle := e.Stats().Idle; idle != 1 {
		t.Fatalf("%d instances are idle", idle)
	}
	if after := heap(); after > before+512<<10 {
		t.Errorf("the instance keeps %d KiB", (after-before)>>10)
	}
}
