package sqlite

import (
	"context"
	"fmt"

	"qvat/host/store"
	"qvat/host/store/sqlite/lite"
	"qvat/host/store/sqlite/statement"
)

// exclusiveTx is a transaction that has the writer to itself: what it reads is
// the newest state, nothing changes under it, and SQL may write. All that it
// writes goes straight into SQLite's own open transaction.
type exclusiveTx struct {
	tx
	s     *Store
	w     *writer
	lease *writerLease

	rows   map[rowKey]*[]byte // what it wrote, for the overlay; a nil value was deleted
	wrote  bool               // SQL wrote
	undone undo[*[]byte]
}

// BeginExclusive is store.Transactions'.
func (s *Store) BeginExclusive(ctx context.Context) (store.Tx, error) {
	select {
	case s.alone <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for another exclusive transaction to end: %w", ctx.Err())
	}
	h := s.history
	h.mu.Lock()
	if err := h.usable(); err != nil {
		h.mu.Unlock()
		<-s.alone
		return nil, err
	}
	h.resume = make(chan struct{})
	h.mu.Unlock()
	tx := &exclusiveTx{
		s: s, w: s.committer.w, lease: &writerLease{make(chan struct{}), make(chan struct{})},
		rows: map[rowKey]*[]byte{},
	}
	tx.view, tx.o = tx, &s.o
	select {
	case s.committer.leases <- tx.lease:
		<-tx.lease.granted
	case <-ctx.Done():
		s.resume()
		return nil, fmt.Errorf("wait for commits to be written: %w", ctx.Err())
	}
	if err := tx.w.begin.Run(); err != nil {
		tx.end()
		return nil, &store.WriteError{NoRoom: lite.IsFull(err), Cause: err}
	}
	return tx, nil
}

// resume lets the commits of others go on.
func (s *Store) resume() {
	s.history.mu.Lock()
	close(s.history.resume)
	s.history.resume = nil
	s.history.mu.Unlock()
	<-s.alone
}

// end gives the writer back. SQLite's transaction is over.
func (tx *exclusiveTx) end() {
	tx.err = store.ErrOver
	close(tx.lease.returned)
	tx.s.resume()
}

func (tx *exclusiveTx) ready() error { return nil }

func (tx *exclusiveTx) left() {}

// broken is view's: after some errors SQLite has rolled the transaction back.
func (tx *exclusiveTx) broken() bool { return !tx.w.c.InTransaction() }

func (tx *exclusiveTx) value(_ context.Context, row rowKey) ([]byte, error) {
	if err := tx.o.checkRow(row.table, row.key); err != nil {
		return nil, err
	}
	return tx.w.value(row)
}

func (tx *exclusiveTx) put(row rowKey, value []byte) error {
	if value == nil { // what is set has been charged
		if err := tx.charge(len(row.table) + len(row.key)); err != nil {
			return err
		}
	}
	tx.undone.note(tx.rows, row)
	tx.rows[row] = &value
	if err := tx.w.rowVersion(row, value); err != nil {
		return &store.WriteError{NoRoom: lite.IsFull(err), Cause: err}
	}
	return nil
}

func (tx *exclusiveTx) entries(s span, into *collector) error { return tx.w.each(s, into.add) }

func (tx *exclusiveTx) count(ctx context.Context, table string) (int64, error) {
	tx.w.c.Guard(lite.Bounds{Stop: func() bool { return ctx.Err() != nil }})
	n, err := tx.w.count(table)
	tx.w.c.Unguard()
	return n, stopped(ctx, err)
}

func (tx *exclusiveTx) query(ctx context.Context, text string, params []any) (*store.Rows, error) {
	q := statement.Statement{Conn: tx.w.c, Text: text, Params: params, MayWrite: true, Stop: func() bool { return ctx.Err() != nil }}
	if err := tx.w.c.Exec("SAVEPOINT statement"); err != nil {
		return nil, &store.WriteError{NoRoom: lite.IsFull(err), Cause: err}
	}
	rows, wrote, err := q.Run(tx.o.statementBounds())
	end := "RELEASE statement"
	if err != nil { // RETURNING and OR FAIL leave what was done until then
		wrote, end = false, "ROLLBACK TO statement; RELEASE statement"
	}
	tx.wrote = tx.wrote || wrote
	if tx.w.c.InTransaction() {
		if serr := tx.w.c.Exec(end); serr != nil {
			return nil, &store.WriteError{NoRoom: lite.IsFull(serr), Cause: serr}
		}
	}
	return rows, stopped(ctx, err)
}

func (tx *exclusiveTx) Rollback() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.err != store.ErrOver {
		tx.abandon()
	}
}

// abandon ends the transaction without a trace.
func (tx *exclusiveTx) abandon() {
	if tx.w.c.InTransaction() {
		if err := tx.w.rollback.Run(); err != nil {
			tx.s.o.Logger.Error("an exclusive transaction cannot be rolled back", "error", err)
		}
	}
	tx.end()
}

func (tx *exclusiveTx) Commit(ctx context.Context, r *store.Record) (err error) {
	if err := tx.enter(ctx); err != nil {
		tx.Rollback()
		return err
	}
	defer tx.mu.Unlock()
	c := &commit{change: change{record: keptRecord(r), anything: tx.wrote}, staged: tx.staged}
	for row, value := range tx.rows { // order: sorted below
		c.versions = append(c.versions, &version{row: row, value: *value})
	}
	c.sort()
	if err := tx.mayCommit(c); err != nil {
		tx.abandon()
		return err
	}
	if len(c.versions) == 0 && !tx.wrote && len(c.staged) == 0 && r == nil {
		tx.abandon()
		return nil
	}
	// Others see it from here on, and wait for the batch before they answer.
	b := &batch{sealed: true, done: make(chan struct{})}
	h := tx.s.history
	h.mu.Lock()
	h.apply(c, b)
	h.queue = append(h.queue, b)
	h.mu.Unlock()
	err = tx.s.committer.timed(func() error { return tx.w.end(b.last, tx.w.rest(c)) })
	tx.s.committer.finish(b, err)
	tx.end()
	return err
}

// mayCommit tells whether the record can be kept.
func (tx *exclusiveTx) mayCommit(c *commit) error {
	if err := tx.o.checkRecord(c.record); err != nil {
		return err
	}
	if c.record == nil || !c.record.Once {
		return nil
	}
	known, err := tx.w.committed(c.record)
	if err == nil && known {
		err = store.ErrDuplicate
	}
	return err
}
