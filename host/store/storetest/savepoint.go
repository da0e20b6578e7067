package storetest

import (
	"context"
	"errors"

	"qvat/host/store"
)

var errWork = errors.New("the work failed")

// at runs work at a savepoint, where it ends with result.
func (e *env) at(tx store.Tx, result error, work func()) {
	e.Helper()
	err := tx.Savepoint(e.Context(), func() error {
		work()
		return result
	})
	if !errors.Is(err, result) {
		e.Fatalf("savepoint: %v, want %v", err, result)
	}
}

func (e *env) stage(tx store.Tx, payload string) {
	e.Helper()
	if err := tx.Stage("kind", []byte(payload)); err != nil {
		e.Fatal(err)
	}
}

// savepoints shows that what fails at a savepoint leaves nothing, and what was
// there before it is as it was.
func savepoints(e *env) {
	e.do(func(tx store.Tx) {
		e.set(tx, "t", "old", "1")
		e.set(tx, "t", "gone", "1")
	})
	e.do(func(tx store.Tx) {
		e.set(tx, "t", "mine", "1")
		e.stage(tx, "before")
		e.at(tx, errWork, func() {
			e.set(tx, "t", "new", "2")
			e.set(tx, "t", "old", "2")
			e.set(tx, "t", "mine", "2")
			e.want(tx, "t", "old", "2")
			if _, err := tx.Delete(e.Context(), "t", "gone"); err != nil {
				e.Fatal(err)
			}
			e.stage(tx, "never")
			e.at(tx, nil, func() { e.set(tx, "t", "inner", "2") })
		})
		e.wantRows(tx, "t", store.EntriesQuery{}, "gone", "1", "mine", "1", "old", "1")
		e.at(tx, nil, func() {
			e.set(tx, "t", "mine", "3")
			e.at(tx, errWork, func() {
				e.set(tx, "t", "mine", "4")
				e.stage(tx, "never")
			})
			e.stage(tx, "inside")
		})
	})
	rows, err := e.s.Outbox(e.Context(), 0, 10)
	if err != nil || len(rows) != 2 || string(rows[0].Payload) != "before" || string(rows[1].Payload) != "inside" {
		e.Errorf("the outbox: %v, %v", rows, err)
	}
	tx := e.begin()
	defer tx.Rollback()
	e.wantRows(tx, "t", store.EntriesQuery{}, "gone", "1", "mine", "3", "old", "1")
}

// savepointBlind shows that a write that was taken back is no read: that another
// writes the same row is no conflict.
func savepointBlind(e *env) {
	tx := e.begin()
	defer tx.Rollback()
	e.at(tx, errWork, func() { e.set(tx, "t", "row", "1") })
	if !e.subject.Exclusive && !e.subject.Alone {
		other := func(tx store.Tx) error { return tx.Set(e.Context(), "t", "row", []byte("2")) }
		if err := store.Update(context.WithoutCancel(e.Context()), e.s, other); err != nil {
			e.Fatal(err)
		}
	}
	e.set(tx, "t", "mine", "1")
	if err := tx.Commit(e.Context(), nil); err != nil {
		e.Errorf("commit: %v", err)
	}
}
