package sqlite

import (
	"path/filepath"
	"testing"

	"qvat/host/store"
)

// mustMove gives an open transaction whose snapshot is wanted back in the middle
// of a call.
func mustMove(t *testing.T) (*Store, *snapshotTx) {
	t.Helper()
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "vat.db")})
	if err != nil {
		t.Fatal(err)
	}
	begun, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tx := begun.(*snapshotTx)
	tx.mustMove.Store(true)
	t.Cleanup(func() {
		tx.mustMove.Store(false)
		tx.Rollback()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, tx
}

// TestStoppedStaysStopped: a statement that was stopped for its age stays so, also
// when what made it old could not be written: else its program is told that it took
// too long.
func TestStoppedStaysStopped(t *testing.T) {
	s, tx := mustMove(t)
	stop := tx.bounds(t.Context()).Stop
	s.history.mu.Lock()
	s.history.apply(&commit{}, &batch{done: make(chan struct{})})
	s.history.mu.Unlock()
	if !stop() {
		t.Fatal("it is not stopped")
	}
	s.history.mu.Lock()
	s.history.undo(&store.WriteError{})
	s.history.mu.Unlock()
	if !stop() {
		t.Error("it is stopped no longer")
	}
}

// TestAckStopsNoStatement: a commit that changes nothing that SQL sees takes no
// statement's snapshot away.
func TestAckStopsNoStatement(t *testing.T) {
	s, tx := mustMove(t)
	tx.all = true
	if err := s.Ack(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if tx.bounds(t.Context()).Stop() {
		t.Error("its statement is stopped")
	}
}
