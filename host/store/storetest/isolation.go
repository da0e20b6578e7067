package storetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"qvat/host/store"
)

// anomalies lists what two transactions at once must not both do, since it could
// not have come of one after the other. Each reads before either has committed.
func anomalies(e *env) {
	for name, look := range map[string]func(tx store.Tx, n int) error{
		"a row that the other changes": func(tx store.Tx, n int) error {
			_, _, err := tx.Get(e.Context(), "t", fmt.Sprint("old", 1-n))
			return err
		},
		"a row that the other makes": func(tx store.Tx, n int) error {
			_, err := tx.Has(e.Context(), "t", fmt.Sprint("new", 1-n))
			return err
		},
		"entries that the other adds to": func(tx store.Tx, _ int) error {
			_, err := tx.Entries(e.Context(), "t", store.EntriesQuery{Prefix: "new"})
			return err
		},
		"a count that the other changes": func(tx store.Tx, _ int) error {
			_, err := tx.Count(e.Context(), "t")
			return err
		},
	} {
		e.do(func(tx store.Tx) {
			for n := range 2 {
				e.set(tx, "t", fmt.Sprint("old", n), `0`)
				if _, err := tx.Delete(e.Context(), "t", fmt.Sprint("new", n)); err != nil {
					e.Fatal(err)
				}
			}
		})
		var open [2]store.Tx
		for n := range open {
			open[n] = e.begin()
			defer open[n].Rollback()
			if err := look(open[n], n); err != nil {
				e.Fatalf("%s: %v", name, err)
			}
		}
		committed := 0
		for n, tx := range open {
			e.set(tx, "t", fmt.Sprint("old", n), `1`)
			e.set(tx, "t", fmt.Sprint("new", n), `1`)
			err := tx.Commit(e.Context(), nil)
			if err == nil {
				committed++
			} else if !errors.Is(err, store.ErrConflict) {
				e.Errorf("%s: %v", name, err)
			}
		}
		if committed != 1 {
			e.Errorf("%s: %d of two transactions committed, want 1", name, committed)
		}
	}
}

// steady shows that a transaction sees one state, by all the ways there are to see
// it, whatever others commit meanwhile.
func steady(e *env) {
	ctx := e.Context()
	const states = 5
	var open []store.Tx
	for i := range states {
		tx := e.begin()
		defer tx.Rollback()
		e.want(tx, "t", "last", textOr(i, ""))
		open = append(open, tx)
		err := store.Update(ctx, e.s, func(tx store.Tx) error {
			if e.own {
				tx = ownTx{tx}
			}
			if _, err := tx.Delete(ctx, "t", fmt.Sprint("k", i-1)); err != nil {
				return err
			}
			return errors.Join(tx.Set(ctx, "t", "last", []byte(strconv.Itoa(i+1))), tx.Set(ctx, "t", fmt.Sprint("k", i), []byte(`1`)))
		})
		if err != nil {
			e.Fatal(err)
		}
	}
	for i, tx := range open {
		want := []string{fmt.Sprint("k", i-1), `1`, "last", strconv.Itoa(i)}
		if i == 0 {
			want = nil
		}
		e.wantRows(tx, "t", store.EntriesQuery{}, want...)
		e.wantCount(tx, "t", int64(len(want)/2))
		e.want(tx, "t", fmt.Sprint("k", i), ``)
	}
}

// textOr gives a number as text, or what stands for zero.
func textOr(n int, zero string) string {
	if n == 0 {
		return zero
	}
	return strconv.Itoa(n)
}

// workers runs work in several goroutines at once.
func (e *env) workers(n int, work func(worker int) error) {
	e.Helper()
	var wg sync.WaitGroup
	for worker := range n {
		wg.Go(func() {
			if err := work(worker); err != nil {
				e.Error(err)
			}
		})
	}
	wg.Wait()
}

// number reads a row that holds a number; one that is not there holds 0.
func number(ctx context.Context, tx store.Tx, table, key string) (int, error) {
	value, ok, err := tx.Get(ctx, table, key)
	if err != nil || !ok {
		return 0, err
	}
	return strconv.Atoi(string(value))
}

// raise adds to a row that holds a number.
func raise(ctx context.Context, tx store.Tx, table, key string, by int) error {
	n, err := number(ctx, tx, table, key)
	if err != nil {
		return err
	}
	return tx.Set(ctx, table, key, []byte(strconv.Itoa(n+by)))
}

// nothingLost shows that no update of a row is lost that many write at once.
func nothingLost(e *env) {
	const writers, each = 8, 20
	e.workers(writers, func(int) error {
		for range each {
			err := store.Update(e.Context(), e.s, func(tx store.Tx) error { return raise(e.Context(), tx, "t", "n", 1) })
			if err != nil {
				return err
			}
		}
		return nil
	})
	e.do(func(tx store.Tx) { e.want(tx, "t", "n", strconv.Itoa(writers*each)) })
}

// money moves money between accounts from many goroutines, some of it in exclusive
// transactions, while others count it: the sum is always the same.
func money(e *env) {
	ctx := e.Context()
	const accounts, start = 8, 100
	account := func(n int) string { return strconv.Itoa(n % accounts) }
	e.do(func(tx store.Tx) {
		for i := range accounts {
			e.set(tx, "t", account(i), strconv.Itoa(start))
		}
	})
	move := func(worker, i int) error {
		return store.Rerun(func(exclusive bool) error {
			tx, err := store.Open(ctx, e.s, exclusive || (worker+i)%10 == 0)
			if err != nil {
				return err
			}
			defer tx.Rollback()
			err = raise(ctx, tx, "t", account(worker*7+i), -3)
			if err == nil {
				err = raise(ctx, tx, "t", account(worker*3+i*5+1), 3)
			}
			if err != nil {
				return err
			}
			return tx.Commit(ctx, nil)
		})
	}
	count := func(tx store.Tx) error {
		entries, err := tx.Entries(ctx, "t", store.EntriesQuery{})
		sum := 0
		for _, entry := range entries {
			n, nerr := strconv.Atoi(string(entry.Value))
			err = errors.Join(err, nerr)
			sum += n
		}
		if err == nil && sum != accounts*start {
			err = fmt.Errorf("the sum is %d", sum)
		}
		return err
	}
	e.workers(9, func(worker int) error {
		for i := range 30 {
			err := store.Update(ctx, e.s, count)
			if worker < 6 {
				err = move(worker, i)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	e.do(func(tx store.Tx) {
		if err := count(tx); err != nil {
			e.Error(err)
		}
	})
}

// onceAtOnce runs the same invocations many times at once: each happens once, and
// whoever is told so finds its record.
func onceAtOnce(e *env) {
	ctx := e.Context()
	const runs, invocations = 8, 20
	e.workers(runs, func(int) error {
		for n := range invocations {
			r := store.Record{ID: id(byte(n)), Once: true}
			err := store.Rerun(func(exclusive bool) error {
				tx, err := store.Open(ctx, e.s, exclusive)
				if err != nil {
					return err
				}
				defer tx.Rollback()
				if err := raise(ctx, tx, "t", strconv.Itoa(n), 1); err != nil {
					return err
				}
				return tx.Commit(ctx, &r)
			})
			if err == nil {
				continue
			}
			found, ok, ferr := e.s.FindRecord(ctx, r.ID)
			if !errors.Is(err, store.ErrDuplicate) || ferr != nil || !ok || found.ID != r.ID {
				return fmt.Errorf("invocation %d: %w; its record: %v, %w", n, err, ok, ferr)
			}
		}
		return nil
	})
	e.do(func(tx store.Tx) {
		for n := range invocations {
			e.want(tx, "t", strconv.Itoa(n), `1`)
		}
	})
}
