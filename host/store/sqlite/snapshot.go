package sqlite

import (
	"context"
	"sync"
	"sync/atomic"

	"qvat/host/store"
	"qvat/host/store/sqlite/lite"
)

// snapshotTx is an ordinary transaction: it reads a snapshot, remembers what it
// read, keeps its writes to itself, and is checked when it commits against what
// others have committed since.
//
// Lock order: snapshotTx.mu before Store.mu.
type snapshotTx struct {
	s       *Store
	revoked atomic.Bool // it must end; its reader is wanted back

	mu     sync.Mutex
	err    error   // why it cannot go on; store.ErrOver when it is over
	reader *reader // nil when it is over
	seq    uint64  // what it sees: all commits up to this one
	epoch  uint64  // Store.epoch when it began
	seen   uint64  // the newest commit of which it saw something outside SQLite

	rows   map[rowKey]local
	spans  []span // what it read by other means
	all    bool   // it read with SQL: anything may have mattered
	turns  []rowKey
	undone undo[local]
	written
}

// local is what a transaction knows of a row.
type local struct {
	value []byte // nil when it is not there
	read  bool   // the value it began with was read, and must still hold
	wrote bool
}

// Begin opens a transaction on the newest state. It waits while
// Options.Readers transactions are open.
func (s *Store) Begin(ctx context.Context) (store.Tx, error) {
	tx := &snapshotTx{s: s, rows: map[rowKey]local{}, written: written{o: &s.o}}
	if err := s.lease(ctx, tx); err != nil {
		return nil, err
	}
	return tx, nil
}

// enter locks a transaction for one call.
func (tx *snapshotTx) enter(ctx context.Context) error {
	tx.mu.Lock()
	if err := tx.dropIfRevoked(); err != nil {
		tx.err = err
	}
	if tx.err == nil {
		tx.err = ctx.Err()
	}
	err := tx.err
	if err != nil {
		tx.mu.Unlock()
	}
	return err
}

// leave unlocks it. An error after which it cannot go on stays.
func (tx *snapshotTx) leave(err *error) {
	if *err == nil {
		*err = tx.dropIfRevoked()
	}
	if *err != nil && !survivable(*err) && tx.err == nil {
		tx.err = *err
	}
	tx.mu.Unlock()
}

// dropIfRevoked gives up the reader of a transaction that must end.
func (tx *snapshotTx) dropIfRevoked() error {
	if tx.reader == nil || !tx.revoked.Load() {
		return nil
	}
	if tx.err == nil {
		tx.err = store.ErrConflict
	}
	return tx.drop()
}

// drop gives up the reader with its snapshot, so that nothing is kept for it.
func (tx *snapshotTx) drop() error {
	r := tx.reader
	tx.reader = nil
	err := r.closeSnapshot()
	tx.s.mu.Lock()
	defer tx.s.mu.Unlock()
	tx.s.passTurns(tx)
	r.pinned = noPin
	tx.s.giveBack(r)
	return err
}

func (tx *snapshotTx) Get(ctx context.Context, table, key string) (value []byte, ok bool, err error) {
	if err := tx.enter(ctx); err != nil {
		return nil, false, err
	}
	defer tx.leave(&err)
	value, err = tx.value(ctx, rowKey{table, key})
	return value, value != nil, err
}

func (tx *snapshotTx) Has(ctx context.Context, table, key string) (bool, error) {
	_, ok, err := tx.Get(ctx, table, key)
	return ok, err
}

// value gives a row as the transaction sees it.
func (tx *snapshotTx) value(ctx context.Context, row rowKey) ([]byte, error) {
	if l, known := tx.rows[row]; known {
		return l.value, nil
	}
	if err := tx.o.checkRow(row.table, row.key); err != nil {
		return nil, err
	}
	if err := tx.charge(len(row.table) + len(row.key)); err != nil {
		return nil, err
	}
	value, err := tx.committed(ctx, row)
	if err != nil {
		return nil, err
	}
	tx.rows[row] = local{value: value, read: true}
	return value, nil
}

// committed gives a row as the snapshot has it.
func (tx *snapshotTx) committed(ctx context.Context, row rowKey) ([]byte, error) {
	tx.s.mu.Lock()
	tx.s.awaitTurn(ctx, tx, row)
	if tx.epoch != tx.s.epoch {
		tx.s.mu.Unlock()
		return nil, store.ErrConflict
	}
	tx.advance()
	v := tx.s.overlay.find(row, tx.seq)
	tx.s.mu.Unlock()
	if v == nil {
		return tx.reader.value(row)
	}
	tx.seen = max(tx.seen, v.seq)
	return v.value, nil
}

// advance moves the transaction to the newest state, if all that it has read is
// still so there: then it is as if it had begun only now, and what it reads
// next is less likely to be changed before it commits. Store.mu is held.
func (tx *snapshotTx) advance() {
	if _, changed := tx.changedBetween(tx.seq, tx.s.applied); !changed {
		tx.seq = tx.s.applied
	}
}

func (tx *snapshotTx) Set(ctx context.Context, table, key string, value []byte) (err error) {
	if err := tx.enter(ctx); err != nil {
		return err
	}
	defer tx.leave(&err)
	if len(value) > tx.o.ValueBytes {
		return &store.LimitError{Limit: "a value's bytes", Max: int64(tx.o.ValueBytes)}
	}
	row := rowKey{table, key}
	if err := tx.o.checkRow(table, key); err != nil {
		return err
	}
	if err := tx.charge(len(table) + len(key) + len(value)); err != nil {
		return err
	}
	tx.undone.note(tx.rows, row)
	tx.rows[row] = local{value: append([]byte{}, value...), read: tx.rows[row].read, wrote: true}
	return nil
}

func (tx *snapshotTx) Delete(ctx context.Context, table, key string) (existed bool, err error) {
	if err := tx.enter(ctx); err != nil {
		return false, err
	}
	defer tx.leave(&err)
	row := rowKey{table, key}
	value, err := tx.value(ctx, row)
	if err != nil || value == nil {
		return false, err
	}
	tx.undone.note(tx.rows, row)
	tx.rows[row] = local{read: tx.rows[row].read, wrote: true}
	return true, nil
}

func (tx *snapshotTx) Entries(ctx context.Context, table string, q store.EntriesQuery) (_ []store.Entry, err error) {
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
	s := spanOf(table, q)
	into := &collector{o: tx.o, limit: limit}
	if err := tx.merge(s, into); err != nil {
		return nil, err
	}
	if into.err != nil {
		tx.spans = append(tx.spans, s) // the error tells something of what is there
		return nil, into.err
	}
	if n := len(into.entries); into.full() {
		s = s.upTo(into.entries[n-1].Key) // what lies beyond was not read
	}
	if err := tx.charge(len(s.table) + len(s.low) + len(s.high)); err != nil {
		return nil, err
	}
	tx.spans = append(tx.spans, s)
	return into.entries, nil
}

func (tx *snapshotTx) Stage(kind string, payload []byte) (err error) {
	if err := tx.enter(context.Background()); err != nil {
		return err
	}
	defer tx.leave(&err)
	return tx.stage(kind, payload)
}

func (tx *snapshotTx) Rollback() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.finish()
}

// finish ends the transaction and gives its reader back.
func (tx *snapshotTx) finish() {
	tx.err = store.ErrOver
	tx.rows, tx.spans = nil, nil
	if tx.reader == nil {
		return
	}
	tx.s.mu.Lock()
	defer tx.s.mu.Unlock()
	tx.s.passTurns(tx)
	tx.s.giveBack(tx.reader)
	tx.reader = nil
}

// bounds are for a statement that may run for long.
func (tx *snapshotTx) bounds(ctx context.Context) lite.Bounds {
	return lite.Bounds{Stop: func() bool { return ctx.Err() != nil || tx.revoked.Load() }}
}
