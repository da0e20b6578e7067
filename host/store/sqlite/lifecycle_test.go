package sqlite_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"qvat/chains"
	"qvat/host/store"
	"qvat/host/store/sqlite"
	"qvat/host/store/sqlite/lite"
)

// TestFiles shows what stands in the directory, and for whom.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	s := open(t, sqlite.Options{Path: filepath.Join(dir, "vat.db")})
	script{t, s}.write("a", `1`)
	for _, want := range []int{4, 2} { // the database, its log, their index, the lock; when closed, no log
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) != want {
			t.Errorf("%v, want %d files", entries, want)
		}
		for _, e := range entries {
			info, err := e.Info()
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v", e.Name(), info.Mode())
			}
		}
		if want == 4 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestOpenRefuses lists files that are not opened.
func TestOpenRefuses(t *testing.T) {
	newer := func(path string) error {
		s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
		if err != nil {
			return err
		}
		return errors.Join(s.Close(), runSQL(path, "PRAGMA user_version=1000"))
	}
	foreign := func(path string) error { return runSQL(path, "CREATE TABLE theirs (a)") }
	noise := func(path string) error {
		return os.WriteFile(path, bytes.Repeat([]byte("noise"), 1000), 0o600)
	}
	for name, c := range map[string]struct {
		make func(path string) error
		want string
	}{
		"newer":          {newer, "newer version"},
		"not a vat's":    {foreign, "not a vat's"},
		"not a database": {noise, "not a database"},
		"a directory":    {func(path string) error { return os.Mkdir(path, 0o700) }, "directory"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "vat.db")
			if err := c.make(path); err != nil {
				t.Fatal(err)
			}
			s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %v; want an error about %q", s, err, c.want)
			}
			if name == "newer" && !errors.Is(err, store.ErrNewer) {
				t.Errorf("%v", err)
			}
		})
	}
	if s, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "none", "vat.db")}); err == nil {
		t.Errorf("%v was opened in a directory that is not there", s)
	}
}

func runSQL(path, script string) error {
	c, err := lite.Open(path, 0)
	if err != nil {
		return err
	}
	return errors.Join(c.Exec(script), c.Close())
}

// TestClose shows what becomes of what is under way.
func TestClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vat.db")
	s := open(t, sqlite.Options{Path: path})
	sc := script{t, s}
	sc.write("a", `1`)
	opened := sc.begin()
	sc.get(opened, "a")
	if err := s.RecordFailure(t.Context(), store.Record{ID: chains.Hash{1}, Outcome: "program_error"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := opened.Get(t.Context(), "t", "a"); !errors.Is(err, store.ErrConflict) {
		t.Errorf("a transaction that was open: %v", err)
	}
	if err := opened.Commit(t.Context(), nil); !errors.Is(err, store.ErrConflict) {
		t.Errorf("its commit: %v", err)
	}
	_, begin := s.Begin(t.Context())
	_, exclusive := s.BeginExclusive(t.Context())
	_, _, find := s.FindRecord(t.Context(), chains.Hash{1})
	_, list := s.Outbox(t.Context(), 0, 1)
	_, put := s.PutProgram(t.Context(), program(t, "x"), used)
	for what, err := range map[string]error{
		"begin": begin, "begin exclusive": exclusive, "find": find, "outbox": list, "put": put, "close": s.Close(),
		"failure": s.RecordFailure(t.Context(), store.Record{}), "ack": s.Ack(t.Context(), 1),
	} {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s on a closed store: %v", what, err)
		}
	}
	s = open(t, sqlite.Options{Path: path})
	failures, err := s.Failures(t.Context(), 10)
	if err != nil || len(failures) != 1 || failures[0].Outcome != "program_error" {
		t.Errorf("failures: %+v, %v", failures, err)
	}
}

// TestCloseUnderLoad closes a store that many are using. What was committed is
// there; what was not says that the store is closed.
func TestCloseUnderLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vat.db")
	s := open(t, sqlite.Options{Path: path})
	const writers = 8
	done := make([]int, writers)
	started := make(chan struct{}, writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := 0; ; i++ {
				if i == 5 {
					started <- struct{}{}
				}
				err := add(t.Context(), s, "t", strconv.Itoa(w), nil)
				if errors.Is(err, store.ErrClosed) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				done[w]++
			}
		})
	}
	for range writers {
		<-started
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	sc := script{t, open(t, sqlite.Options{Path: path})}
	tx := sc.begin()
	for w, n := range done {
		if got := sc.get(tx, strconv.Itoa(w)); got != strconv.Itoa(n) {
			t.Errorf("writer %d stands at %s, and was told %d", w, got, n)
		}
	}
}

// TestExclusiveHoldsOthers shows that commits wait for an exclusive transaction,
// as long as they want to, and that reading does not.
func TestExclusiveHoldsOthers(t *testing.T) {
	s := open(t, sqlite.Options{})
	sc := script{t, s}
	sc.write("a", `1`)
	blind, reads := sc.begin(), sc.begin()
	sc.set(blind, "b", `1`)
	sc.get(reads, "a")
	sc.set(reads, "c", `1`)
	exclusive, err := s.BeginExclusive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer exclusive.Rollback()
	sc.set(exclusive, "a", `2`)
	if err := readOne(t.Context(), s, "t", "a"); err != nil {
		t.Errorf("reading meanwhile: %v", err)
	}
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	for what, err := range map[string]error{
		"exclusive": second(s.BeginExclusive(impatient)),
		"ack":       s.Ack(impatient, 1),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s, impatient: %v", what, err)
		}
	}
	waiting := sc.begin()
	sc.set(waiting, "d", `1`)
	ctx, cancel := context.WithCancel(t.Context())
	results := make(chan error, 3)
	go func() { results <- waiting.Commit(ctx, nil) }()
	cancel()
	if err := <-results; !errors.Is(err, context.Canceled) {
		t.Errorf("a commit that no longer waits: %v", err)
	}
	go func() { results <- blind.Commit(t.Context(), nil) }()
	go func() { results <- reads.Commit(t.Context(), nil) }()
	if got := sc.get(sc.begin(), "a"); got != `1` {
		t.Errorf("a is %s before the exclusive transaction commits", got)
	}
	if err := exclusive.Commit(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	one, two := <-results, <-results
	if !(one == nil && errors.Is(two, store.ErrConflict) || two == nil && errors.Is(one, store.ErrConflict)) {
		t.Errorf("the commits that waited: %v, %v; want one conflict, of the one that read", one, two)
	}
	tx := sc.begin()
	if a, b, c, d := sc.get(tx, "a"), sc.get(tx, "b"), sc.get(tx, "c"), sc.get(tx, "d"); a != `2` || b != `1` || c != `` || d != `` {
		t.Errorf("a, b, c, d are %q, %q, %q, %q", a, b, c, d)
	}
}

func second[T any](_ T, err error) error { return err }

// TestReadersRunOut shows that Begin waits for a reader, as long as it wants to.
func TestReadersRunOut(t *testing.T) {
	s := open(t, sqlite.Options{Readers: 1})
	sc := script{t, s}
	tx := sc.begin()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Begin(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("begin: %v", err)
	}
	result := make(chan error, 1)
	go func() { result <- readOneOrNone(t.Context(), s) }()
	tx.Rollback()
	if err := <-result; err != nil {
		t.Error(err)
	}
}

func readOneOrNone(ctx context.Context, s *sqlite.Store) error {
	tx, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	_, _, err = tx.Get(ctx, "t", "a")
	return errors.Join(err, tx.Commit(ctx, nil))
}

// TestOldTransactionsConflict shows that the overlay stays within its bound: the
// oldest transactions end for it.
func TestOldTransactionsConflict(t *testing.T) {
	const bound = 200_000
	s := open(t, sqlite.Options{OverlayBytes: bound})
	sc := script{t, s}
	old := sc.begin()
	sc.get(old, "a")
	value := `"` + strings.Repeat("x", 10_000) + `"`
	for i := range 60 {
		sc.write(strconv.Itoa(i), value)
	}
	// The committer looks after it when a commit has been answered; one more
	// commit is answered when it has looked after the one before.
	sc.write("last", `1`)
	if _, _, err := old.Get(t.Context(), "t", "a"); !errors.Is(err, store.ErrConflict) {
		t.Errorf("the old transaction: %v", err)
	}
	if st := s.Stats(); st.OverlayBytes > bound+20_000 || st.Revoked == 0 {
		t.Errorf("%+v", st)
	}
}

// TestLogIsEmptied shows that SQLite's log does not grow without end although
// transactions are open all the time.
func TestLogIsEmptied(t *testing.T) {
	const bound = 256 << 10
	s := open(t, sqlite.Options{LogBytes: bound})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := readOneOrNone(t.Context(), s); err != nil && !errors.Is(err, store.ErrConflict) {
					t.Error(err)
					return
				}
			}
		})
	}
	sc := script{t, s}
	for i := range 200 {
		sc.write(fmt.Sprint("k", i*7919%1000), `"`+strings.Repeat("x", 8000)+`"`)
	}
	close(stop)
	wg.Wait()
	if st := s.Stats(); st.LogBytes > 6*bound || st.Checkpoints == 0 {
		t.Errorf("the log has %d bytes, its bound is %d; emptied %d times", st.LogBytes, bound, st.Checkpoints)
	}
}

// TestLogOutlastsOneTransaction shows that one transaction which never ends
// cannot keep the log growing.
func TestLogOutlastsOneTransaction(t *testing.T) {
	const bound = 64 << 10
	s := open(t, sqlite.Options{LogBytes: bound})
	sc := script{t, s}
	old := sc.begin()
	sc.get(old, "a")
	for i := range 60 {
		sc.write(fmt.Sprint("k", i), `"`+strings.Repeat("x", 8000)+`"`)
	}
	if _, _, err := old.Get(t.Context(), "t", "b"); !errors.Is(err, store.ErrConflict) {
		t.Errorf("the old transaction: %v", err)
	}
	for i := range 200 {
		sc.write(fmt.Sprint("k", i%10), `"`+strings.Repeat("y", 8000)+`"`)
	}
	if st := s.Stats(); st.LogBytes > 8*bound {
		t.Errorf("the log has %d bytes, its bound is %d", st.LogBytes, bound)
	}
}
