package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"qvat/chains"
	"qvat/host/store"
	"qvat/host/store/sqlite"
)

// TestNoRoom fills the size that the database may have. What does not fit fails
// and leaves nothing; what fits goes on; and when there is room, all does.
func TestNoRoom(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vat.db")
	s := open(t, sqlite.Options{Path: path, DatabaseBytes: 1 << 20})
	sc := script{t, s}
	sc.write("n", `0`)
	fits := 0
	for ; ; fits++ {
		err := fill(t.Context(), s, fits)
		var failure *store.WriteError
		if err == nil && fits < 200 {
			continue
		}
		if !errors.As(err, &failure) || !failure.NoRoom {
			t.Fatalf("after %d large rows: %v", fits, err)
		}
		break
	}
	tx := sc.begin()
	if n, err := tx.Count(t.Context(), "large"); err != nil || n != int64(fits) {
		t.Errorf("%d large rows, %v; want %d", n, err, fits)
	}
	if n := sc.get(tx, "n"); n != strconv.Itoa(fits) {
		t.Errorf("n is %s, want %d: a commit that failed is there by half", n, fits)
	}
	sc.commits(tx)
	sc.write("n", `100`) // takes no room
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, sqlite.Options{Path: path})
	if err := fill(t.Context(), s, fits); err != nil {
		t.Errorf("with room: %v", err)
	}
}

// fill adds a large row, and one to the row n.
func fill(ctx context.Context, s *sqlite.Store, i int) error {
	tx, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	value, _, err := tx.Get(ctx, "t", "n")
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(string(value))
	if err != nil {
		return err
	}
	if err := tx.Set(ctx, "t", "n", []byte(strconv.Itoa(n+1))); err != nil {
		return err
	}
	large := `"` + strings.Repeat("x", 20_000) + `"`
	if err := tx.Set(ctx, "large", strconv.Itoa(i), []byte(large)); err != nil {
		return err
	}
	return tx.Commit(ctx, nil)
}

// TestProgramsWithoutRoom shows that programs which cannot be written keep no
// commit from being written.
func TestProgramsWithoutRoom(t *testing.T) {
	s := open(t, sqlite.Options{DatabaseBytes: 1 << 20})
	sc := script{t, s}
	sc.write("n", `0`)
	var held []chains.Program
	for i := range 4 {
		p := program(t, fmt.Sprint(i, strings.Repeat(" ", 500_000)))
		if _, err := s.PutProgram(t.Context(), p, sqlite.Owner{Used: true}); err != nil {
			t.Fatal(err)
		}
		held = append(held, p)
	}
	failures := 0
	for i := range 100 {
		tx := sc.begin()
		sc.set(tx, "n", strconv.Itoa(i))
		if err := tx.Commit(t.Context(), nil); err != nil {
			failures++
		}
	}
	if failures > 1 {
		t.Errorf("%d commits failed because of programs; one may", failures)
	}
	for _, p := range held {
		if got, ok, err := s.Program(t.Context(), p.Hash()); err != nil || !ok || got.Text() != p.Text() {
			t.Errorf("a program that is not written: %v, %v", ok, err)
		}
	}
}

// TestDiskFull lets a process write to a file that may not grow, which fails as
// a full disk does: in the middle of a commit. Everything in the batch fails,
// and what had read it; then there is room, and the store goes on.
func TestDiskFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vat.db")
	c := startChild(t, "full", path)
	c.want(t, "done")
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	s := open(t, sqlite.Options{Path: path})
	sc := script{t, s}
	if n := sc.get(sc.begin(), "n"); n != "40" {
		t.Errorf("n is %s, want 40", n)
	}
}

func fullChild(ctx context.Context, path string) error {
	signal.Ignore(syscall.SIGXFSZ)
	s, err := sqlite.Open(ctx, sqlite.Options{Path: path})
	if err != nil {
		return err
	}
	for range 20 {
		if err := add(ctx, s, "t", "n", nil); err != nil {
			return err
		}
	}
	if err := whileFull(ctx, s, path); err != nil {
		return err
	}
	for range 20 {
		if err := add(ctx, s, "t", "n", nil); err != nil {
			return fmt.Errorf("with room again: %w", err)
		}
	}
	if err := errors.Join(s.Check(ctx), s.Close()); err != nil {
		return err
	}
	fmt.Println("done")
	return nil
}

// whileFull commits from many goroutines while no file can grow.
func whileFull(ctx context.Context, s *sqlite.Store, path string) error {
	info, err := os.Stat(path + "-wal")
	if err != nil {
		return err
	}
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		return err
	}
	full := syscall.Rlimit{Cur: uint64(info.Size()), Max: before.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &full); err != nil {
		return err
	}
	began, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	defer began.Rollback()
	if _, _, err := began.Get(ctx, "t", "n"); err != nil {
		return err
	}
	const writers = 8
	errs := make([]error, writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() { errs[w] = add(ctx, s, "t", "n", nil) })
	}
	wg.Wait()
	for _, err := range errs {
		var failure *store.WriteError
		if !errors.As(err, &failure) {
			return fmt.Errorf("a commit to a full disk: %w", err)
		}
	}
	if err := readOne(ctx, s, "t", "n"); err != nil {
		return fmt.Errorf("reading while the disk is full: %w", err)
	}
	if err := began.Set(ctx, "t", "x", []byte(`1`)); err != nil {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		return err
	}
	// It began when what was undone was not; whatever it saw, it must not stay.
	if err := began.Commit(ctx, nil); !errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("a transaction from before the failure: %w", err)
	}
	return nil
}

// TestInUse shows that a second process cannot open the database, and can when
// the first has ended, however it did.
func TestInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vat.db")
	c := startChild(t, "lock", path)
	c.want(t, "open")
	if s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path}); !errors.Is(err, store.ErrInUse) {
		t.Errorf("opened twice: %v, %v", s, err)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err == nil {
		t.Error("the process ended by itself")
	}
	s := open(t, sqlite.Options{Path: path})
	if again, err := sqlite.Open(t.Context(), sqlite.Options{Path: path}); !errors.Is(err, store.ErrInUse) {
		t.Errorf("opened twice in one process: %v, %v", again, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, sqlite.Options{Path: path})
}

// lockChild opens the database and waits.
func lockChild(ctx context.Context, path string) error {
	s, err := sqlite.Open(ctx, sqlite.Options{Path: path})
	if err != nil {
		return err
	}
	fmt.Println("open")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
	}
	return s.Close()
}
