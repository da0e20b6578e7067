package sqlite_test

import (
	"errors"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"qvat/host/store"
	"qvat/host/store/sqlite"
)

// TestRecordsAreBounded keeps the newest ones.
func TestRecordsAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vat.db")
	o := sqlite.Options{Path: path, Records: 10, Failures: 5}
	s := open(t, o)
	for i := range 20 {
		tx := script{t, s}.begin()
		if err := tx.Commit(t.Context(), testRecord(int64(i+1))); err != nil {
			t.Fatal(err)
		}
		if err := s.RecordFailure(t.Context(), *testRecord(int64(i + 101))); err != nil {
			t.Fatal(err)
		}
		if i == 12 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, o)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, o)
	for i := range 20 {
		_, ok, err := s.FindRecord(t.Context(), testRecord(int64(i+1)).ID)
		if err != nil || ok != (i >= 10) {
			t.Errorf("record %d: %v, %v", i, ok, err)
		}
	}
	failures, err := s.Failures(t.Context(), 100)
	if err != nil || len(failures) != 5 || failures[0].ID != testRecord(120).ID || failures[4].ID != testRecord(116).ID {
		t.Errorf("failures: %+v, %v", failures, err)
	}
}

// TestManyFailures records more than may wait.
func TestManyFailures(t *testing.T) {
	s := open(t, sqlite.Options{Failures: 100_000})
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 600 {
				if err := s.RecordFailure(t.Context(), *testRecord(int64(w*1000 + i + 1))); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	tx := script{t, s}.begin()
	if err := tx.Commit(t.Context(), testRecord(1)); err != nil { // written with all that waits
		t.Fatal(err)
	}
	failures, err := s.Failures(t.Context(), 10_000)
	if err != nil || len(failures) != 2400 {
		t.Errorf("%d failures, %v; want 2400", len(failures), err)
	}
}

// TestOnceAtOnce runs the same message many times at once: it happens once, and
// whoever is told so finds its record.
func TestOnceAtOnce(t *testing.T) {
	s := open(t, sqlite.Options{})
	const runs, messages = 8, 20
	var wg sync.WaitGroup
	for range runs {
		wg.Go(func() {
			for m := range messages {
				r := testRecord(int64(m + 1))
				r.Once = true
				err := add(t.Context(), s, "t", strconv.Itoa(m), r)
				if err == nil {
					continue
				}
				if !errors.Is(err, store.ErrDuplicate) {
					t.Error(err)
				}
				if found, ok, err := s.FindRecord(t.Context(), r.ID); err != nil || !ok || found.ID != r.ID {
					t.Errorf("the record of message %d: %v, %v", m, ok, err)
				}
			}
		})
	}
	wg.Wait()
	sc := script{t, s}
	tx := sc.begin()
	for m := range messages {
		if got := sc.get(tx, strconv.Itoa(m)); got != `1` {
			t.Errorf("message %d happened %s times", m, got)
		}
	}
}
