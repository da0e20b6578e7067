package sqlite

import (
	"context"
	"fmt"
	"sync"

	"qvat/host/store"
	"qvat/host/store/sqlite/lite"
)

// exclusiveTx is a transaction that has the writer to itself: what it reads is
// the newest state, nothing changes under it, and SQL may write. All that it
// writes goes straight into SQLite's own open transaction.
type exclusiveTx struct {
	s    *Store
	w    *writer
	loan *loan

	mu     sync.Mutex
	err    error              // why it cannot go on; store.ErrOver when it is over
	rows   map[rowKey]*[]byte // what it wrote, for the overlay; a nil value was deleted
	wrote  bool               // SQL wrote
	undone undo[*[]byte]
	written
}

// BeginExclusive opens a transaction that no other can conflict with. It waits
// for the exclusive transactions before it, and for what is being written;
// commits of others wait until it ends, so it should be short. It is for a
// message that lost too often, or whose SQL writes.
func (s *Store) BeginExclusive(ctx context.Context) (store.Tx, error) {
	select {
	case s.exclusive <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for another exclusive transaction to end: %w", ctx.Err())
	}
	s.mu.Lock()
	if err := s.usable(); err != nil {
		s.mu.Unlock()
		<-s.exclusive
		return nil, err
	}
	s.held = make(chan struct{})
	s.mu.Unlock()
	tx := &exclusiveTx{
		s: s, w: s.w, loan: &loan{make(chan struct{}), make(chan struct{})},
		rows: map[rowKey]*[]byte{}, written: written{o: &s.o},
	}
	select {
	case s.loans <- tx.loan:
		<-tx.loan.granted
	case <-ctx.Done():
		s.letGo()
		return nil, fmt.Errorf("wait for commits to be written: %w", ctx.Err())
	}
	if err := tx.w.begin.Run(); err != nil {
		tx.end()
		return nil, &store.WriteError{NoRoom: lite.IsFull(err), Cause: err}
	}
	return tx, nil
}

// letGo lets the commits of others go on.
func (s *Store) letGo() {
	s.mu.Lock()
	close(s.held)
	s.held = nil
	s.mu.Unlock()
	<-s.exclusive
}

// end gives the writer back. SQLite's transaction is over.
func (tx *exclusiveTx) end() {
	tx.err = store.ErrOver
	close(tx.loan.returned)
	tx.s.letGo()
}

func (tx *exclusiveTx) enter(ctx context.Context) error {
	tx.mu.Lock()
	if tx.err == nil {
		tx.err = ctx.Err()
	}
	err := tx.err
	if err != nil {
		tx.mu.Unlock()
	}
	return err
}

// leave unlocks a transaction after a call. After some errors SQLite has
// rolled it back, and then it is dead whatever the error.
func (tx *exclusiveTx) leave(err *error) {
	if *err != nil && tx.err == nil && (!survivable(*err) || !tx.w.c.InTransaction()) {
		tx.err = *err
	}
	tx.mu.Unlock()
}

func (tx *exclusiveTx) Get(ctx context.Context, table, key string) (value []byte, ok bool, err error) {
	if err := tx.enter(ctx); err != nil {
		return nil, false, err
	}
	defer tx.leave(&err)
	if err := tx.o.checkRow(table, key); err != nil {
		return nil, false, err
	}
	value, err = tx.w.value(rowKey{table, key})
	return value, value != nil, err
}

func (tx *exclusiveTx) Has(ctx context.Context, table, key string) (bool, error) {
	_, ok, err := tx.Get(ctx, table, key)
	return ok, err
}

func (tx *exclusiveTx) Set(ctx context.Context, table, key string, value []byte) (err error) {
	if err := tx.enter(ctx); err != nil {
		return err
	}
	defer tx.leave(&err)
	if len(value) > tx.o.ValueBytes {
		return &store.LimitError{Limit: "a value's bytes", Max: int64(tx.o.ValueBytes)}
	}
	if err := tx.o.checkRow(table, key); err != nil {
		return err
	}
	return tx.put(rowKey{table, key}, append([]byte{}, value...))
}

func (tx *exclusiveTx) Delete(ctx context.Context, table, key string) (existed bool, err error) {
	if err := tx.enter(ctx); err != nil {
		return false, err
	}
	defer tx.leave(&err)
	if err := tx.o.checkRow(table, key); err != nil {
		return false, err
	}
	row := rowKey{table, key}
	value, err := tx.w.value(row)
	if err != nil || value == nil {
		return false, err
	}
	return true, tx.put(row, nil)
}

// put writes a row; nil deletes it.
func (tx *exclusiveTx) put(row rowKey, value []byte) error {
	if err := tx.charge(len(row.table) + len(row.key) + len(value)); err != nil {
		return err
	}
	tx.undone.note(tx.rows, row)
	tx.rows[row] = &value
	if err := tx.w.rowVersion(row, value); err != nil {
		return &store.WriteError{NoRoom: lite.IsFull(err), Cause: err}
	}
	return nil
}

func (tx *exclusiveTx) Entries(ctx context.Context, table string, q store.EntriesQuery) (_ []store.Entry, err error) {
	if err := tx.enter(ctx); err != nil {
		return nil, err
	}
	defer tx.leave(&err)
	if err := tx.o.checkRow(table, ""); err != nil {
		return nil, err
	}
	limit, err := tx.o.limit(q)
	if err != nil {
		return nil, err
	}
	into := &collector{o: tx.o, limit: limit}
	if err := tx.w.each(spanOf(table, q), into.add); err != nil {
		return nil, err
	}
	return into.entries, into.err
}

func (tx *exclusiveTx) Count(ctx context.Context, table string) (n int64, err error) {
	if err := tx.enter(ctx); err != nil {
		return 0, err
	}
	defer tx.leave(&err)
	if err := tx.o.checkRow(table, ""); err != nil {
		return 0, err
	}
	tx.w.c.Guard(lite.Bounds{Stop: func() bool { return ctx.Err() != nil }})
	n, err = tx.w.count(table)
	tx.w.c.Unguard()
	return n, stopped(ctx, err)
}

// SQL is store.Tx's.
func (tx *exclusiveTx) SQL() store.SQL { return tx }

func (tx *exclusiveTx) Query(ctx context.Context, text string, params []any) (_ *store.Rows, err error) {
	if err := tx.enter(ctx); err != nil {
		return nil, err
	}
	defer tx.leave(&err)
	q := query{o: tx.o, c: tx.w.c, text: text, params: params, mayWrite: true, stop: func() bool { return ctx.Err() != nil }}
	rows, err := q.run()
	tx.wrote = tx.wrote || q.wrote
	return rows, stopped(ctx, err)
}

func (tx *exclusiveTx) Stage(kind string, payload []byte) (err error) {
	if err := tx.enter(context.Background()); err != nil {
		return err
	}
	defer tx.leave(&err)
	return tx.stage(kind, payload)
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
			tx.s.log.Error("an exclusive transaction cannot be rolled back", "error", err)
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
	for row, value := range tx.rows {
		c.versions = append(c.versions, &version{row: row, value: *value})
	}
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
	tx.s.mu.Lock()
	tx.s.apply(c, b)
	tx.s.queue = append(tx.s.queue, b)
	tx.s.mu.Unlock()
	err = tx.s.timed(func() error { return tx.w.end(b.last, tx.w.rest(c)) })
	tx.s.finish(b, err)
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
