package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"qvat/host/store"
	"qvat/host/store/sqlite"
	"qvat/host/store/sqlite/lite"
)

// disk looks at a database from outside, as it is on the disk, and can keep it
// from being written.
type disk struct {
	*testing.T
	c *lite.Conn
}

func newDisk(t *testing.T, path string) disk {
	t.Helper()
	c, err := lite.Open(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return disk{t, c}
}

// stop keeps commits from being written until the next start.
func (d disk) stop() {
	d.Helper()
	if err := d.c.Exec("BEGIN IMMEDIATE"); err != nil {
		d.Fatal(err)
	}
}

func (d disk) start() {
	d.Helper()
	if err := d.c.Exec("ROLLBACK"); err != nil {
		d.Fatal(err)
	}
}

// row reads a row of table t.
func (d disk) row(key string) (string, error) {
	s, err := d.c.Prepare("SELECT value FROM rows WHERE tbl='t' AND key=?")
	if err != nil {
		return "", err
	}
	if err := s.Text(1, key); err != nil {
		return "", errors.Join(err, s.Close())
	}
	_, err = s.Step()
	value := s.ColumnText(0)
	return value, errors.Join(err, s.Close())
}

// TestNobodyAnswersBeforeTheDisk holds up a commit on its way to the disk.
// Others see it, write after it, ask for its record; but none of them is told
// that all is well before it is on the disk.
func TestNobodyAnswersBeforeTheDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vat.db")
	s := open(t, sqlite.Options{Path: path})
	sc := script{t, s}
	sc.write("a", `1`, "b", `1`)
	d, watch := newDisk(t, path), newDisk(t, path)
	d.stop()
	var wg sync.WaitGroup
	record := testRecord(1)
	first := sc.begin()
	sc.set(first, "a", `2`)
	wg.Go(func() {
		if err := first.Commit(t.Context(), record); err != nil {
			t.Error(err)
		}
	})
	for s.Stats().Waiting == 0 { // until others can see it
		runtime.Gosched()
	}

	var mu sync.Mutex // for watch
	answered := func(what string, err error) {
		mu.Lock()
		defer mu.Unlock()
		onDisk, rerr := watch.row("a")
		if err != nil || rerr != nil || onDisk != `2` {
			t.Errorf("%s: %v; at that moment the disk had %q, %v", what, err, onDisk, rerr)
		}
	}
	reading, listing, counting, writing := sc.begin(), sc.begin(), sc.begin(), sc.begin()
	if got := sc.get(reading, "a"); got != `2` {
		t.Errorf("a commit on its way is not seen: %s", got)
	}
	if _, err := listing.Entries(t.Context(), "t", store.EntriesQuery{}); err != nil {
		t.Error(err)
	}
	if _, err := counting.Count(t.Context(), "t"); err != nil {
		t.Error(err)
	}
	sc.get(writing, "a")
	sc.set(writing, "c", `1`)
	for what, tx := range map[string]store.Tx{"reading": reading, "listing": listing, "counting": counting, "writing": writing} {
		wg.Go(func() { answered(what, tx.Commit(t.Context(), nil)) })
	}
	wg.Go(func() {
		found, ok, err := s.FindRecord(t.Context(), record.ID)
		if !ok || found.ID != record.ID {
			t.Errorf("its record: %v, %v", ok, err)
		}
		answered("finding its record", err)
	})
	wg.Go(func() {
		tx, err := s.Begin(t.Context())
		if err != nil {
			t.Error(err)
			return
		}
		defer tx.Rollback()
		_, err = tx.SQL().Query(t.Context(), "SELECT 1", nil)
		answered("SQL", err)
	})
	// One that has read nothing of it need not wait.
	old := sc.begin()
	if got := sc.get(old, "b"); got != `1` {
		t.Errorf("b is %s", got)
	}
	sc.commits(old)
	d.start()
	wg.Wait()
}

// TestUndone lets a commit fail that others have seen. They fail too, or are
// told to run again, and nothing of it is seen any more.
func TestUndone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vat.db")
	s := open(t, sqlite.Options{Path: path, BatchCommits: 1, BusyWait: 500 * time.Millisecond})
	sc := script{t, s}
	sc.write("a", `1`, "b", `1`)
	stale := sc.begin() // its snapshot knows nothing of what comes
	if err := add(t.Context(), s, "t", "n", testRecord(2)); err != nil {
		t.Fatal(err)
	}
	d := newDisk(t, path)
	d.stop() // until the committer gives up
	results := make(chan error, 8)
	commit := func(tx store.Tx, r *store.Record) {
		waiting := s.Stats().Waiting
		go func() { results <- tx.Commit(t.Context(), r) }()
		for s.Stats().Waiting == waiting {
			runtime.Gosched()
		}
	}
	record := testRecord(1)
	first, reading, later := sc.begin(), sc.begin(), sc.begin()
	sc.set(first, "a", `2`)
	sc.set(first, "new", `1`)
	commit(first, record)
	sc.get(reading, "a")
	sc.get(later, "a")
	sc.set(later, "b", `2`)
	commit(later, testRecord(2)) // in a batch of its own, which is not tried any more
	untouched := sc.begin()
	sc.get(untouched, "b")
	found := make(chan error, 1)
	go func() {
		_, ok, err := s.FindRecord(t.Context(), record.ID)
		if ok {
			err = errors.New("the record of a commit that failed is there")
		}
		found <- err
	}()
	for range 2 {
		var failure *store.WriteError
		if err := <-results; !errors.As(err, &failure) || failure.NoRoom {
			t.Errorf("commit: %v", err)
		}
	}
	if err := <-found; err != nil {
		t.Error(err)
	}
	for what, tx := range map[string]store.Tx{"read of it": reading, "was open": untouched} {
		if _, _, err := tx.Get(t.Context(), "t", "x"); !errors.Is(err, store.ErrConflict) {
			t.Errorf("a transaction that %s: %v", what, err)
		}
	}
	d.start()
	tx := sc.begin()
	if a, b, n := sc.get(tx, "a"), sc.get(tx, "b"), sc.get(tx, "new"); a != `1` || b != `1` || n != `` {
		t.Errorf("a, b, new are %s, %s, %s", a, b, n)
	}
	sc.write("a", `3`)
	r := *record
	r.Once = true
	if err := add(t.Context(), s, "t", "n", &r); err != nil {
		t.Errorf("the message again: %v", err)
	}
	// What had committed before has still committed.
	stale.Rollback()
	before := testRecord(2)
	before.Once = true
	if err := add(t.Context(), s, "t", "n", before); !errors.Is(err, store.ErrDuplicate) {
		t.Errorf("the message before: %v", err)
	}
}

// TestTurns shows that transactions which fight over a row take turns, and how
// that ends.
func TestTurns(t *testing.T) {
	s := open(t, sqlite.Options{TurnWait: time.Minute})
	sc := script{t, s}
	sc.write("a", `0`)
	fight := func() {
		one, two := sc.begin(), sc.begin()
		for _, tx := range []store.Tx{one, two} {
			sc.get(tx, "a")
			sc.set(tx, "a", `0`)
		}
		sc.commits(one)
		sc.conflicts(two)
	}
	fight()
	first := sc.begin()
	sc.get(first, "a") // its turn
	const others = 5
	var wg sync.WaitGroup
	for range others {
		wg.Go(func() {
			if err := tryAdd(t.Context(), s, "t", "a", nil); err != nil {
				t.Errorf("one that waited for its turn: %v", err)
			}
		})
	}
	impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := tryAdd(impatient, s, "t", "a", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one that does not wait: %v", err)
	}
	first.Rollback()
	wg.Wait()
	if got := sc.get(sc.begin(), "a"); got != strconv.Itoa(others) {
		t.Errorf("the counter is %s, want %d", got, others)
	}
}

// TestTurnsInACircle lets two transactions wait for each other.
func TestTurnsInACircle(t *testing.T) {
	s := open(t, sqlite.Options{TurnWait: time.Millisecond})
	sc := script{t, s}
	for i := range 4 {
		var wg sync.WaitGroup
		for w := range 2 {
			wg.Go(func() {
				for j := range 20 {
					err := retry(t.Context(), s.Begin, func(tx store.Tx) error {
						return bump(t.Context(), tx, strconv.Itoa((w+j)%2), strconv.Itoa((w+j+1)%2))
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		tx := sc.begin()
		if a, b, want := sc.get(tx, "0"), sc.get(tx, "1"), fmt.Sprint(40*(i+1)); a != want || b != want {
			t.Errorf("the counters are %s and %s, want %s", a, b, want)
		}
		sc.commits(tx)
	}
}

// bump adds one to each of some rows.
func bump(ctx context.Context, tx store.Tx, keys ...string) error {
	for _, key := range keys {
		value, _, err := tx.Get(ctx, "t", key)
		if err != nil {
			return err
		}
		n := 0
		if value != nil {
			if n, err = strconv.Atoi(string(value)); err != nil {
				return err
			}
		}
		if err := tx.Set(ctx, "t", key, []byte(strconv.Itoa(n+1))); err != nil {
			return err
		}
	}
	return nil
}
