package host

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"qvat/chains"
	"qvat/chains/chaintest"
	"qvat/host/config"
	"qvat/host/fault"
	"qvat/host/library"
	"qvat/host/powers"
	"qvat/host/store"
	"qvat/host/store/sqlite"
)

// TestOnceBeforeItBegins: an invocation that must take effect once, and cannot
// begin, is answered from the record of another run that has committed since.
func TestOnceBeforeItBegins(t *testing.T) {
	ctx := t.Context()
	s, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(t.TempDir(), "vat.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	programs, err := library.Open(ctx, s, library.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer programs.Close()
	v := &Vat{
		store: s, library: programs, gate: newGate(1, 1), config: config.Default(), log: slog.New(slog.DiscardHandler),
		verifier: chains.NewVerifier(chaintest.Public("root"), chains.VerifierOptions{}),
	}
	c := chaintest.Parse("root").Capsule("")
	c.Programs = nil
	inv := newInvocation(target{id: chains.Hash{1}, capsule: c, once: true}, cause{}, time.Now())
	if _, _, err := v.run(ctx, inv, &powers.Recorder{}); fault.Of(err).Code != fault.MissingPrograms {
		t.Errorf("before anything has committed: %v", err)
	}
	tx, err := s.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(ctx, &store.Record{ID: inv.id, Result: []byte("7"), Once: true}); err != nil {
		t.Fatal(err)
	}
	if a, _, err := v.run(ctx, inv, &powers.Recorder{}); err != nil || string(a.Result) != "7" {
		t.Errorf("after: %s, %v", a.Result, err)
	}
}
