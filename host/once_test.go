package host

import (
	"context"
	"path/filepath"
	"testing"

	"qvat/chains"
	"qvat/host/fault"
	"qvat/host/powers"
	"qvat/host/store"
	"qvat/host/store/sqlite"
)

// TestOnceBeforeItBegins: a message that must take effect once, and cannot
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
	v := &Vat{store: s, gate: newGate(1, 1)}
	id := chains.Hash{1}
	missing := fault.New(fault.MissingPrograms, "none is here")
	message := func() *message {
		return &message{
			id: id, once: true, recorder: &powers.Recorder{},
			programs: func(context.Context) (*library, error) { return nil, missing },
		}
	}
	if _, _, err := v.run(ctx, message()); fault.Of(err).Code != fault.MissingPrograms {
		t.Errorf("before anything has committed: %v", err)
	}
	tx, err := s.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(ctx, &store.Record{ID: id, Result: []byte("7"), Once: true}); err != nil {
		t.Fatal(err)
	}
	if result, _, err := v.run(ctx, message()); err != nil || string(result) != "7" {
		t.Errorf("after: %s, %v", result, err)
	}
}
