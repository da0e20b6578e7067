package sqlite

import (
	"context"
	"errors"
	"testing"

	"qvat/host/store"
)

// TestFailuresAreBounded: records of failures that cannot be written count until
// they are, so a disk that stays full lets no more of them wait.
func TestFailuresAreBounded(t *testing.T) {
	b := &background{waits: make(chan struct{}, 1), closed: make(chan struct{}), room: make(chan struct{})}
	for range maxFailures {
		if err := b.addFailure(t.Context(), &store.Record{}); err != nil {
			t.Fatal(err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	refused := func(when string) {
		t.Helper()
		if err := b.addFailure(gone, &store.Record{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", when, err)
		}
	}
	refused("before anything is written")
	taken := b.take()
	refused("while they are being written")
	b.done(taken, errors.New("the disk is full"))
	refused("after that has failed")
	b.done(b.take(), nil)
	if err := b.addFailure(gone, &store.Record{}); err != nil {
		t.Errorf("once they are written: %v", err)
	}
	if len(b.failures) != 1 || b.waiting != 1 {
		t.Errorf("%d records, %d counted; want 1", len(b.failures), b.waiting)
	}
}
