package storetest

import (
	"errors"

	"qvat/host/store"
)

// updates shows that Update commits what its work did, or nothing.
func updates(e *env) {
	ctx := e.Context()
	set := func(tx store.Tx) error { return tx.Set(ctx, "t", "a", []byte(`1`)) }
	if err := store.Update(ctx, e.s, set); err != nil {
		e.Fatal(err)
	}
	err := store.Update(ctx, e.s, func(tx store.Tx) error { return errors.Join(tx.Set(ctx, "t", "a", []byte(`2`)), errWork) })
	if !errors.Is(err, errWork) {
		e.Errorf("update: %v, want the work's error", err)
	}
	e.do(func(tx store.Tx) { e.want(tx, "t", "a", `1`) })
}

// reruns has another commit change what each run has read, until the run is alone.
func reruns(e *env) {
	ctx := e.Context()
	runs := 0
	err := store.Rerun(func(exclusive bool) error {
		runs++
		tx, err := store.Open(ctx, e.s, exclusive)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		n, err := number(ctx, tx, "t", "n")
		if err != nil {
			return err
		}
		if n != runs-1 {
			e.Errorf("run %d reads %d", runs, n)
		}
		if !exclusive {
			other := func(tx store.Tx) error { return raise(ctx, tx, "t", "n", 1) }
			if err := store.Update(ctx, e.s, other); err != nil {
				return err
			}
		}
		if err := raise(ctx, tx, "t", "mine", 1); err != nil {
			return err
		}
		if err := raise(ctx, tx, "t", "n", 1); err != nil {
			return err
		}
		return tx.Commit(ctx, nil)
	})
	if err != nil || runs < 3 {
		e.Errorf("%v after %d runs", err, runs)
	}
	e.do(func(tx store.Tx) { e.want(tx, "t", "mine", `1`) })
}

// rerunsAlone shows that SQL which writes is run again by itself.
func rerunsAlone(e *env) {
	ctx := e.Context()
	runs := 0
	err := store.Update(ctx, e.s, func(tx store.Tx) error {
		runs++
		_, err := tx.SQL().Query(ctx, "CREATE TABLE made (n)", nil)
		return err
	})
	if err != nil || runs != 2 {
		e.Errorf("%v after %d runs, want 2", err, runs)
	}
	e.do(func(tx store.Tx) { e.wantSQL(tx, "SELECT count(*) FROM made", nil, []any{int64(0)}) })
}
