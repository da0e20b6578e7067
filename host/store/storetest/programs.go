package storetest

import (
	"errors"
	"reflect"
	"sync"

	"qvat/chains"
	"qvat/host/store"
)

// source has programs to be written, one piece of work at a time.
type source struct {
	mu   sync.Mutex
	work []store.ProgramWrites
	done chan error // what became of each
}

func (s *source) add(work ...store.ProgramWrites) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.work = append(s.work, work...)
}

func (s *source) Take() (w store.ProgramWrites) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.work) > 0 {
		w, s.work = s.work[0], s.work[1:]
	}
	return w
}

func (s *source) Done(err error) { s.done <- err }

func (e *env) put(n byte, used int64, text string) store.ProgramWrites {
	p, err := chains.NewProgram([]byte(text), 0)
	if err != nil {
		e.Fatal(err)
	}
	row := store.ProgramRow{ID: int64(n), Hash: p.Hash(), Size: int64(len(text)), Used: used}
	if n%2 == 0 {
		row.Stranger, row.Peer = true, "peer"
	}
	return store.ProgramWrites{Put: []store.ProgramPut{{ProgramRow: row, Text: text}}}
}

func (e *env) index() (rows []store.ProgramRow) {
	e.Helper()
	err := e.s.ProgramIndex(e.Context(), func(r store.ProgramRow) { rows = append(rows, r) })
	if err != nil {
		e.Fatal(err)
	}
	return rows
}

// programs shows that a library's programs are written in the background, each
// piece of work whole, and found again.
func programs(e *env) {
	ctx := e.Context()
	s := &source{done: make(chan error, 10)}
	e.s.WriteInBackground(s)
	write := func(work store.ProgramWrites) {
		e.Helper()
		s.add(work)
		e.s.ProgramsWait()
		if err := <-s.done; err != nil {
			e.Fatal(err)
		}
	}
	one, two, three := e.put(1, 30, "one"), e.put(2, 10, ""), e.put(3, 10, "three")
	write(one)
	write(two)
	s.add(three) // goes with a commit
	e.s.ProgramsWait()
	e.do(func(tx store.Tx) { e.set(tx, "t", "a", `1`) })
	if err := <-s.done; err != nil {
		e.Fatal(err)
	}
	for n, text := range []string{1: "one", 2: "", 3: "three"} {
		got, ok, err := e.s.ProgramText(ctx, int64(n))
		if err != nil || ok != (n > 0) || got != text {
			e.Errorf("text %d: %q, %v, %v; want %q", n, got, ok, err, text)
		}
	}
	want := []store.ProgramRow{two.Put[0].ProgramRow, three.Put[0].ProgramRow, one.Put[0].ProgramRow}
	if got := e.index(); !reflect.DeepEqual(got, want) {
		e.Errorf("the index: %+v, want %+v", got, want)
	}
	used := two.Put[0].ProgramRow
	used.Used, used.Stranger, used.Peer = 40, false, ""
	write(store.ProgramWrites{Used: []store.ProgramRow{used, {ID: 99}}, Drop: []int64{1, 99}})
	if _, ok, err := e.s.ProgramText(ctx, 1); err != nil || ok {
		e.Errorf("a program that was dropped: %v, %v", ok, err)
	}
	// What is waiting when the store is closed is written.
	four := e.put(4, 50, "four")
	s.add(four, store.ProgramWrites{Drop: []int64{3}})
	e.close()
	if err := errors.Join(<-s.done, <-s.done); err != nil {
		e.Error(err)
	}
	e.open()
	want = []store.ProgramRow{used, four.Put[0].ProgramRow}
	if got := e.index(); !reflect.DeepEqual(got, want) {
		e.Errorf("the index when opened again: %+v, want %+v", got, want)
	}
}

// failuresKept shows that records of failures are written in the background, and
// given the newest first.
func failuresKept(e *env) {
	for n := range 5 {
		if err := e.s.RecordFailure(e.Context(), store.Record{ID: id(byte(n)), Outcome: "odd"}); err != nil {
			e.Fatal(err)
		}
	}
	e.close()
	e.open()
	got, err := e.s.Failures(e.Context(), 3)
	if err != nil || len(got) != 3 || got[0].ID != id(4) || got[2].ID != id(2) {
		e.Errorf("failures: %+v, %v", got, err)
	}
}
