package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"qvat/host/store"
	"qvat/host/store/sqlite"
)

// script is a test that interleaves transactions step by step.
type script struct {
	*testing.T
	s *sqlite.Store
}

func (sc script) begin() store.Tx {
	sc.Helper()
	tx, err := sc.s.Begin(sc.Context())
	if err != nil {
		sc.Fatal(err)
	}
	sc.Cleanup(tx.Rollback)
	return tx
}

func (sc script) set(tx store.Tx, key, value string) {
	sc.Helper()
	if err := tx.Set(sc.Context(), "t", key, []byte(value)); err != nil {
		sc.Fatal(err)
	}
}

func (sc script) get(tx store.Tx, key string) string {
	sc.Helper()
	value, _, err := tx.Get(sc.Context(), "t", key)
	if err != nil {
		sc.Fatal(err)
	}
	return string(value)
}

func (sc script) commits(tx store.Tx) {
	sc.Helper()
	if err := tx.Commit(sc.Context(), nil); err != nil {
		sc.Errorf("commit: %v", err)
	}
}

func (sc script) conflicts(tx store.Tx) {
	sc.Helper()
	if err := tx.Commit(sc.Context(), nil); !errors.Is(err, store.ErrConflict) {
		sc.Errorf("commit: %v, want a conflict", err)
	}
}

// write commits rows, given as key and value by turns; "" deletes.
func (sc script) write(rows ...string) {
	sc.Helper()
	tx := sc.begin()
	for i := 0; i < len(rows); i += 2 {
		if rows[i+1] != "" {
			sc.set(tx, rows[i], rows[i+1])
		} else if _, err := tx.Delete(sc.Context(), "t", rows[i]); err != nil {
			sc.Fatal(err)
		}
	}
	sc.commits(tx)
}

// TestConflicts lists what conflicts and what does not: in each case, first
// reads while second, which began before it, still has to commit.
func TestConflicts(t *testing.T) {
	t.Parallel()
	list := func(q store.EntriesQuery) func(script, store.Tx) {
		return func(sc script, tx store.Tx) {
			if _, err := tx.Entries(sc.Context(), "t", q); err != nil {
				sc.Fatal(err)
			}
		}
	}
	get := func(key string) func(script, store.Tx) {
		return func(sc script, tx store.Tx) { sc.get(tx, key) }
	}
	count := func(sc script, tx store.Tx) {
		if _, err := tx.Count(sc.Context(), "t"); err != nil {
			sc.Fatal(err)
		}
	}
	sql := func(sc script, tx store.Tx) {
		if _, err := tx.SQL().Query(sc.Context(), "SELECT 1", nil); err != nil {
			sc.Fatal(err)
		}
	}
	failing := func(sc script, tx store.Tx) {
		if _, err := tx.SQL().Query(sc.Context(), "SELECT x'00' FROM rows WHERE key='b'", nil); err == nil {
			sc.Error("a blob is data")
		}
	}
	remove := func(sc script, tx store.Tx) {
		if _, err := tx.Delete(sc.Context(), "t", "b"); err != nil {
			sc.Fatal(err)
		}
	}
	nothing := func(script, store.Tx) {}
	stage := func(sc script, tx store.Tx) {
		if err := tx.Stage("k", nil); err != nil {
			sc.Fatal(err)
		}
	}
	own := func(sc script, tx store.Tx) { sc.set(tx, "b", `"own"`); sc.get(tx, "b") }
	write := func(sc script, tx store.Tx) { sc.set(tx, "own", `1`) }
	for name, c := range map[string]struct {
		read, then func(script, store.Tx)
		others     []string // what others write in between
		conflict   bool
	}{
		"read row changed":                   {get("b"), write, []string{"b", `9`}, true},
		"read row deleted":                   {get("b"), write, []string{"b", ``}, true},
		"read row written the same":          {get("b"), write, []string{"b", `1`}, true},
		"absent row made":                    {get("x"), write, []string{"x", `9`}, true},
		"another row changed":                {get("b"), write, []string{"c", `9`}, false},
		"only read":                          {get("b"), nothing, []string{"b", `9`}, false},
		"blind write":                        {nothing, own, []string{"b", `9`}, false},
		"own write read again":               {own, nothing, []string{"b", `9`}, false},
		"read and then written":              {get("b"), own, []string{"b", `9`}, true},
		"deleted by both":                    {remove, nothing, []string{"b", ``}, true},
		"range: row in it made":              {list(store.EntriesQuery{Prefix: "b"}), write, []string{"bb", `9`}, true},
		"range: row in it deleted":           {list(store.EntriesQuery{Prefix: "b"}), write, []string{"b", ``}, true},
		"range: row before it":               {list(store.EntriesQuery{Prefix: "b"}), write, []string{"a", `9`}, false},
		"range: row after it":                {list(store.EntriesQuery{Prefix: "b"}), write, []string{"c", `9`}, false},
		"range: row before the start":        {list(store.EntriesQuery{After: "b"}), write, []string{"b", `9`}, false},
		"range: row within the limit":        {list(store.EntriesQuery{Limit: 2}), write, []string{"ab", `9`}, true},
		"range: last row of the limit":       {list(store.EntriesQuery{Limit: 2}), write, []string{"b", `9`}, true},
		"range: row beyond the limit":        {list(store.EntriesQuery{Limit: 2}), write, []string{"c", `9`}, false},
		"range: limit not reached, row made": {list(store.EntriesQuery{Limit: 9}), write, []string{"z", `9`}, true},
		"count: row made":                    {count, write, []string{"x", `9`}, true},
		"sql: anything":                      {sql, write, []string{"x", `9`}, true},
		"sql: what an error tells":           {failing, write, []string{"b", ``}, true},
		"staged after a read":                {get("b"), stage, []string{"b", `9`}, true},
		"staged without a read":              {nothing, stage, []string{"b", `9`}, false},
	} {
		t.Run(name, func(t *testing.T) {
			sc := script{t, open(t, sqlite.Options{})}
			sc.write("a", `1`, "b", `1`, "c", `1`)
			tx := sc.begin()
			c.read(sc, tx)
			sc.write(c.others...)
			c.then(sc, tx)
			if c.conflict {
				sc.conflicts(tx)
			} else {
				sc.commits(tx)
			}
		})
	}
}

// TestSnapshotsStay shows that a transaction sees one state however much is
// committed meanwhile, by all the ways there are to see it.
func TestSnapshotsStay(t *testing.T) {
	sc := script{t, open(t, sqlite.Options{})}
	var keys []string
	for i := range 20 {
		keys = append(keys, fmt.Sprintf("k%02d", i))
		sc.write(keys[i], `0`)
	}
	var snapshots []store.Tx
	const states = 40
	for i := range states {
		// A transaction sees the state of its first read, or a later one in
		// which what it has read is the same: here there is none.
		snapshots = append(snapshots, sc.begin())
		sc.get(snapshots[i], "last")
		// Row i%20 goes from one value to the next, is deleted, and comes back.
		if value := strconv.Itoa(i + 1); i%3 == 2 {
			sc.write(keys[i%20], ``, "last", value)
		} else {
			sc.write(keys[i%20], value, "last", value)
		}
	}
	state := map[string]string{}
	for _, k := range keys {
		state[k] = `0`
	}
	for i, tx := range snapshots {
		for _, k := range keys {
			if i%2 == 0 { // in the others the list comes first, before any row is known
				if got := sc.get(tx, k); got != state[k] {
					t.Errorf("snapshot %d: %s is %q, want %q", i, k, got, state[k])
				}
			}
		}
		entries, err := tx.Entries(t.Context(), "t", store.EntriesQuery{Prefix: "k"})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, e := range entries {
			if state[e.Key] != string(e.Value) {
				t.Errorf("snapshot %d: the entry %s is %q, want %q", i, e.Key, e.Value, state[e.Key])
			}
			n++
		}
		if n != countValues(state) {
			t.Errorf("snapshot %d: %d entries, want %d", i, n, countValues(state))
		}
		total, err := tx.Count(t.Context(), "t")
		if want := countValues(state) + min(i, 1); err != nil || total != int64(want) {
			t.Errorf("snapshot %d: counts %d, %v; want %d", i, total, err, want)
		}
		state[keys[i%20]] = strconv.Itoa(i + 1)
		if i%3 == 2 {
			state[keys[i%20]] = ``
		}
	}
}

func countValues(state map[string]string) (n int) {
	for _, v := range state {
		if v != "" {
			n++
		}
	}
	return n
}

// TestManyWritersOfOneRow shows that no update is lost.
func TestManyWritersOfOneRow(t *testing.T) {
	s := open(t, sqlite.Options{})
	const writers, each = 16, 40
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if err := add(t.Context(), s, "t", "n", testRecord(int64(w*each+i+1))); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	sc := script{t, s}
	if got := sc.get(sc.begin(), "n"); got != strconv.Itoa(writers*each) {
		t.Errorf("the counter is %s, want %d", got, writers*each)
	}
	if st := s.Stats(); st.Commits != writers*each || st.Writes > st.Commits {
		t.Errorf("%d commits in %d writes", st.Commits, st.Writes)
	}
}

// TestMoney moves money between accounts from many goroutines, some of it in
// exclusive transactions, while others count it: the sum is always the same.
func TestMoney(t *testing.T) {
	s := open(t, sqlite.Options{Readers: 6, LogBytes: 64 << 10, OverlayBytes: 64 << 10, BatchCommits: 3})
	sc := script{t, s}
	const accounts, start = 8, 100
	for i := range accounts {
		sc.write(strconv.Itoa(i), strconv.Itoa(start))
	}
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			for i := range 30 {
				begin := s.Begin
				if (w+i)%10 == 0 {
					begin = s.BeginExclusive
				}
				from, to := strconv.Itoa((w*7+i)%accounts), strconv.Itoa((w*3+i*5+1)%accounts)
				if err := retry(t.Context(), begin, func(tx store.Tx) error { return move(t.Context(), tx, from, to) }); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 3 {
		wg.Go(func() {
			for range 60 {
				err := retry(t.Context(), s.Begin, func(tx store.Tx) error {
					sum, err := total(t.Context(), tx)
					if err == nil && sum != accounts*start {
						err = fmt.Errorf("the sum is %d", sum)
					}
					return err
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// retry runs f in a transaction until it does not conflict.
func retry(ctx context.Context, begin func(context.Context) (store.Tx, error), f func(store.Tx) error) error {
	for {
		tx, err := begin(ctx)
		if err != nil {
			return err
		}
		if err = f(tx); err == nil {
			err = tx.Commit(ctx, nil)
		}
		tx.Rollback()
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}

func move(ctx context.Context, tx store.Tx, from, to string) error {
	if from == to {
		return nil
	}
	for _, change := range []struct {
		account string
		by      int
	}{{from, -3}, {to, 3}} {
		value, _, err := tx.Get(ctx, "t", change.account)
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(value))
		if err != nil {
			return err
		}
		if err := tx.Set(ctx, "t", change.account, []byte(strconv.Itoa(n+change.by))); err != nil {
			return err
		}
	}
	return nil
}

func total(ctx context.Context, tx store.Tx) (sum int, err error) {
	entries, err := tx.Entries(ctx, "t", store.EntriesQuery{})
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		n, err := strconv.Atoi(string(e.Value))
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}
