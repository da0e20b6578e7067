package sqlite

import (
	"context"
	"errors"
	"fmt"

	"qvat/host/store"
)

// undo is what a transaction takes back when what runs at a savepoint fails: what
// its map of rows held before each change since the first savepoint. It notes
// nothing while there is no savepoint, and reads nothing.
type undo[Row any] struct {
	depth int
	rows  []undoRow[Row]
}

type undoRow[Row any] struct {
	key   rowKey
	was   Row
	known bool
}

// note keeps what rows holds of a row that is about to change.
func (u *undo[Row]) note(rows map[rowKey]Row, key rowKey) {
	if u == nil || u.depth == 0 {
		return
	}
	was, known := rows[key]
	u.rows = append(u.rows, undoRow[Row]{key, was, known})
}

// back takes changes back, the newest first, until n are left.
func (u *undo[Row]) back(rows map[rowKey]Row, n int) {
	for i := len(u.rows) - 1; i >= n; i-- {
		if r := u.rows[i]; r.known {
			rows[r.key] = r.was
		} else {
			delete(rows, r.key)
		}
	}
	u.rows = u.rows[:n]
}

// end leaves a savepoint; what was noted stays for those around it.
func (u *undo[Row]) end() {
	if u.depth--; u.depth == 0 {
		u.rows = nil
	}
}

// Savepoint is store.Tx's. What work has read stays among what must still hold
// when the transaction commits: its caller has learned of it.
func (tx *snapshotTx) Savepoint(ctx context.Context, work func() error) (err error) {
	if err := tx.enter(ctx); err != nil {
		return err
	}
	if tx.undone == nil {
		tx.undone = &undo[local]{}
	}
	rows, staged := len(tx.undone.rows), len(tx.staged)
	tx.undone.depth++
	tx.leave(&err)
	done := false
	defer func() { // also where a panic passes
		tx.mu.Lock()
		defer tx.left()
		defer tx.mu.Unlock()
		if !done && tx.rows != nil {
			tx.undone.back(tx.rows, rows)
			tx.staged = tx.staged[:staged]
		}
		tx.undone.end()
	}()
	err = work()
	done = err == nil
	return err
}

// Savepoint is store.Tx's: one of SQLite's own.
func (tx *exclusiveTx) Savepoint(ctx context.Context, work func() error) (err error) {
	if err := tx.enter(ctx); err != nil {
		return err
	}
	rows, staged, wrote := len(tx.undone.rows), len(tx.staged), tx.wrote
	if err = tx.w.c.Exec("SAVEPOINT work"); err != nil {
		err = &store.WriteError{Cause: err}
		tx.leave(&err)
		return err
	}
	tx.undone.depth++
	tx.leave(&err)
	done := false
	defer func() {
		tx.mu.Lock()
		defer tx.mu.Unlock()
		defer tx.undone.end()
		if errors.Is(tx.err, store.ErrOver) {
			return
		}
		end := "RELEASE work"
		if !done {
			tx.undone.back(tx.rows, rows)
			tx.staged, tx.wrote = tx.staged[:staged], wrote
			end = "ROLLBACK TO work; RELEASE work"
		}
		if !tx.w.c.InTransaction() { // SQLite has rolled back all of it
			return
		}
		if serr := tx.w.c.Exec(end); serr != nil {
			tx.err = &store.WriteError{Cause: fmt.Errorf("end a savepoint: %w", serr)}
			err = errors.Join(err, tx.err)
		}
	}()
	err = work()
	done = err == nil
	return err
}
