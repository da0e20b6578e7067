package sqlite_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"qvat/chains"
	"qvat/host/store"
	"qvat/host/store/sqlite"
)

var crashes = flag.Int("crashes", 10, "how often TestKilled kills the process that writes")

// TestKilled kills, at random moments, a process that commits from several
// goroutines. Every commit that it said was done is there afterwards, none is
// there by half, and the database is sound. It goes on with the same database.
func TestKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "vat.db")
	acknowledged := map[string]int{} // by worker
	for range *crashes {
		c := startChild(t, "crash", path)
		for n := rand.IntN(400); n > 0 && c.lines.Scan(); n-- {
			take(t, acknowledged, c.lines.Text())
		}
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for c.lines.Scan() { // what it said before it died, the last line perhaps cut off
			if strings.HasSuffix(c.lines.Text(), ".") {
				take(t, acknowledged, c.lines.Text())
			}
		}
		if err := c.Wait(); err == nil {
			t.Fatal("the process ended by itself")
		}
		inspect(t, path, acknowledged)
	}
	if len(acknowledged) == 0 {
		t.Error("nothing was ever committed")
	}
}

// take notes what the process said it had committed: "worker count .".
func take(t *testing.T, acknowledged map[string]int, line string) {
	t.Helper()
	var worker string
	var n int
	if _, err := fmt.Sscanf(line, "%s %d .", &worker, &n); err != nil {
		t.Fatalf("the process printed %q: %v", line, err)
	}
	acknowledged[worker] = max(acknowledged[worker], n)
}

// inspect compares what is in the database with what was acknowledged.
func inspect(t *testing.T, path string, acknowledged map[string]int) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := errors.Join(s.Check(context.Background()), s.Close()); err != nil {
			t.Error(err)
		}
	}()
	sc := script{t, s}
	tx := sc.begin()
	defer tx.Rollback()
	sum := 0
	for w := range crashWorkers {
		worker := workerName(w)
		n, _ := strconv.Atoi(sc.get(tx, worker))
		if n < acknowledged[worker] {
			t.Errorf("%s stands at %d, but %d was acknowledged", worker, n, acknowledged[worker])
		}
		sum += n
		for i := 1; i <= n; i++ {
			if _, ok, err := s.FindRecord(t.Context(), crashID(w, i)); err != nil || !ok {
				t.Errorf("the record of %s's commit %d: %v, %v", worker, i, ok, err)
			}
		}
	}
	if got := sc.get(tx, "sum"); got != strconv.Itoa(sum) && sum > 0 {
		t.Errorf("the sum is %s, want %d: a commit is there by half", got, sum)
	}
	rows, err := s.Outbox(t.Context(), 0, sum+1)
	if err != nil || len(rows) != sum {
		t.Errorf("%d rows in the outbox, %v; want %d", len(rows), err, sum)
	}
	if made, err := tx.SQL().Query(t.Context(), "SELECT count(*) FROM sqlite_schema WHERE name='made'", nil); err != nil {
		t.Error(err)
	} else if made.Rows[0][0] == int64(1) {
		logged, err := tx.SQL().Query(t.Context(), "SELECT count(*), sum(n) FROM made", nil)
		if err != nil || logged.Rows[0][0] != logged.Rows[0][1] {
			t.Errorf("exclusive transactions: %v, %v", logged, err)
		}
	}
}

const crashWorkers = 4

func workerName(w int) string { return "worker" + strconv.Itoa(w) }

func crashID(w, n int) chains.Hash { return testRecord(int64(w)<<32 | int64(n)).ID }

// crashChild commits until it is killed.
func crashChild(ctx context.Context, path string) error {
	s, err := sqlite.Open(ctx, sqlite.Options{Path: path, LogBytes: 256 << 10})
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	failed := make(chan error, crashWorkers)
	for w := range crashWorkers {
		wg.Go(func() {
			for i := 1; ; i++ {
				if err := crashStep(ctx, s, w, i); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	wg.Wait()
	return <-failed
}

// crashStep commits once for a worker, and says so.
func crashStep(ctx context.Context, s *sqlite.Store, w, i int) error {
	begin := s.Begin
	if i%16 == 0 {
		begin = s.BeginExclusive
	}
	text := fmt.Sprintf("exports.main = () => '%d %d'%s", w, i, strings.Repeat(" ", i%1000))
	p, err := chains.NewProgram([]byte(text), 0)
	if err != nil {
		return err
	}
	if _, err := s.PutProgram(ctx, p, sqlite.Owner{Used: i%2 == 0, Peer: "p"}); err != nil && !errors.Is(err, store.ErrPeerFull) {
		return err
	}
	for {
		n, err := crashTx(ctx, begin, w, i)
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err == nil {
			_, err = fmt.Printf("%s %d .\n", workerName(w), n)
		}
		return err
	}
}

// crashTx raises a worker's counter, and the sum of all.
func crashTx(ctx context.Context, begin func(context.Context) (store.Tx, error), w, i int) (n int, err error) {
	tx, err := begin(ctx)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	for _, key := range []string{"sum", workerName(w)} {
		value, _, err := tx.Get(ctx, "t", key)
		if err != nil {
			return 0, err
		}
		n, _ = strconv.Atoi(string(value))
		n++
		if err := tx.Set(ctx, "t", key, []byte(strconv.Itoa(n))); err != nil {
			return 0, err
		}
	}
	if i%16 == 0 {
		for _, text := range []string{"CREATE TABLE IF NOT EXISTS made (n)", "INSERT INTO made VALUES (0)", "UPDATE made SET n=1 WHERE n=0"} {
			if _, err := tx.SQL().Query(ctx, text, nil); err != nil {
				return 0, err
			}
		}
	}
	if err := tx.Stage("k", []byte(strings.Repeat("x", i%300))); err != nil {
		return 0, err
	}
	return n, tx.Commit(ctx, &store.Record{ID: crashID(w, n), Once: true, Result: []byte(`1`)})
}
