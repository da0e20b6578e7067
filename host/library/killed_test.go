package library_test

import (
	"context"
	"fmt"
	"testing"

	"qvat/host/library"
	"qvat/host/store"
)

// rowsOnly is a store that is killed after some of what it took is written.
type rowsOnly struct {
	rows   map[int64]store.ProgramPut
	source store.ProgramSource
}

func (r *rowsOnly) ProgramIndex(_ context.Context, each func(store.ProgramRow)) error {
	for id := int64(0); id < 10_000; id++ {
		if p, ok := r.rows[id]; ok {
			each(p.ProgramRow)
		}
	}
	return nil
}

func (r *rowsOnly) ProgramText(_ context.Context, id int64) (string, bool, error) {
	p, ok := r.rows[id]
	return p.Text, ok, nil
}
func (r *rowsOnly) WriteInBackground(s store.ProgramSource) { r.source = s }
func (r *rowsOnly) ProgramsWait()                           {}
func (r *rowsOnly) write() {
	w := r.source.Take()
	for _, p := range w.Put {
		r.rows[p.ID] = p
	}
	for _, id := range w.Drop {
		delete(r.rows, id)
	}
	r.source.Done(nil)
}

// TestKilledBeforeDrop: a kill between the batch that has a program anew and the one
// that drops its old row leaves one row of it.
func TestKilledBeforeDrop(t *testing.T) {
	rows := &rowsOnly{rows: map[int64]store.ProgramPut{}}
	l, err := library.Open(t.Context(), rows, library.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const n = 1000
	for i := range n {
		if _, err := l.Put(t.Context(), sized(t, fmt.Sprint("p", i), 300), library.Owner{Used: true}); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		rows.write()
	}
	// The bound is lower: 990 go, of which 512 are dropped in the first batch.
	if l, err = library.Open(t.Context(), rows, library.Options{Count: 10}); err != nil {
		t.Fatal(err)
	}
	again := sized(t, "p900", 300) // was evicted: its row is among the last to go
	if _, err := l.Put(t.Context(), again, library.Owner{Used: true}); err != nil {
		t.Fatal(err)
	}
	rows.write() // and here the process is killed
	hashes := map[string]int{}
	for _, p := range rows.rows {
		hashes[p.Hash.String()]++
	}
	if hashes[again.Hash().String()] != 1 {
		t.Errorf("%d rows of one program", hashes[again.Hash().String()])
	}
	if l, err = library.Open(t.Context(), rows, library.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := l.Check(); err != nil {
		t.Errorf("opened again: %v", err)
	}
}
