package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"qvat/host/store"
	"qvat/host/store/sqlite/lite"
)

// snapshotTx is an ordinary transaction: it reads a snapshot, remembers what it
// read, keeps its writes to itself, and is checked when it commits against what
// others have committed since.
//
// Lock order: snapshotTx.mu before history.mu.
type snapshotTx struct {
	tx
	h *history
	// mustMove says that its snapshot is too old to be kept: see ready.
	mustMove atomic.Bool
	all      bool // it read with SQL: anything may have mattered

	reader *reader // nil when it is over
	seq    uint64  // what it sees: all commits up to this one
	epoch  uint64  // history.epoch when it began
	seen   uint64  // the newest commit of which it saw something outside SQLite

	rows   map[rowKey]local
	spans  []span // what it read by other means
	turns  []rowKey
	undone *undo[local] // nil before the first savepoint
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
	tx := &snapshotTx{h: s.history, rows: map[rowKey]local{}}
	tx.view, tx.o = tx, &s.o
	if err := s.pool.lease(ctx, tx); err != nil {
		return nil, err
	}
	return tx, nil
}

func (tx *snapshotTx) broken() bool { return false }

// ready is view's: it moves a transaction whose snapshot is too old to be kept to a new one, if
// all that it has read is still so there. If it is not, the transaction has lost
// a conflict, and its reader is given back.
func (tx *snapshotTx) ready() error {
	if !tx.mustMove.Load() || tx.reader == nil {
		return nil
	}
	tx.mustMove.Store(false)
	err := tx.reopen()
	if err != nil && tx.err == nil {
		tx.err = err
	}
	return err
}

// left is view's: what pool.moveOn asked for while a call was under way is done
// here, since the next call may be far off. Its error is the next call's.
func (tx *snapshotTx) left() {
	if tx.mustMove.Load() && tx.mu.TryLock() {
		_ = tx.ready()
		tx.mu.Unlock()
	}
}

// reopen moves the transaction to a new snapshot, of what SQLite has now. After an
// error it has none.
func (tx *snapshotTx) reopen() error {
	h, pool := tx.h, tx.reader.pool
	h.mu.Lock()
	era := pool.era
	h.mu.Unlock()
	// The overlay keeps what the old snapshot needed until the reads are checked.
	seq, err := tx.reader.openSnapshot()
	if err != nil {
		return errors.Join(fmt.Errorf("open a snapshot: %w", err), tx.drop())
	}
	h.mu.Lock()
	if _, changed := tx.changedBetween(tx.seq, seq); changed || tx.epoch != h.epoch || h.closing {
		pool.lost++
		h.mu.Unlock()
		return errors.Join(store.ErrConflict, tx.drop())
	}
	defer h.mu.Unlock()
	tx.seq = max(tx.seq, seq)
	tx.reader.pinned, tx.reader.era = seq, era
	signal(pool.ended)
	return nil
}

// drop gives up the reader with its snapshot, so that nothing is kept for it.
func (tx *snapshotTx) drop() error {
	r := tx.reader
	tx.reader = nil
	err := r.closeSnapshot()
	tx.h.mu.Lock()
	defer tx.h.mu.Unlock()
	tx.h.contended.pass(tx)
	r.pinned = noPin
	r.pool.giveBack(r)
	return err
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
	tx.h.mu.Lock()
	tx.h.contended.await(ctx, tx, row)
	if tx.epoch != tx.h.epoch {
		tx.h.mu.Unlock()
		return nil, store.ErrConflict
	}
	tx.advance()
	v := tx.h.overlay.find(row, tx.seq)
	tx.h.mu.Unlock()
	if v == nil {
		return tx.reader.value(row)
	}
	tx.seen = max(tx.seen, v.seq)
	return v.value, nil
}

// advance moves the transaction to the newest state, if all that it has read is
// still so there: then it is as if it had begun only now, and what it reads
// next is less likely to be changed before it commits. history.mu is held.
func (tx *snapshotTx) advance() {
	if _, changed := tx.changedBetween(tx.seq, tx.h.applied); !changed {
		tx.seq = tx.h.applied
	}
}

func (tx *snapshotTx) put(row rowKey, value []byte) error {
	tx.undone.note(tx.rows, row)
	tx.rows[row] = local{value: value, read: tx.rows[row].read, wrote: true}
	return nil
}

func (tx *snapshotTx) entries(s span, into *collector) error {
	if err := tx.merge(s, into); err != nil {
		return err
	}
	if into.err == nil && into.full() {
		s = s.upTo(into.entries[len(into.entries)-1].Key) // what lies beyond was not read
	}
	tx.spans = append(tx.spans, s) // an error, too, tells something of what is there
	if into.err != nil {
		return nil
	}
	return tx.charge(len(s.table) + len(s.low) + len(s.high))
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
	tx.h.mu.Lock()
	defer tx.h.mu.Unlock()
	tx.h.contended.pass(tx)
	tx.reader.pool.giveBack(tx.reader)
	tx.reader = nil
}

// bounds are for a statement that may run for long. It is stopped where the
// snapshot that it reads must go and is not the newest.
func (tx *snapshotTx) bounds(ctx context.Context) lite.Bounds {
	return lite.Bounds{Stop: func() bool { return ctx.Err() != nil || tx.mustMove.Load() && tx.behind() }}
}

// behind tells whether others have changed what the transaction sees, or, where
// it has not read with SQL, whether they have committed.
func (tx *snapshotTx) behind() bool {
	tx.h.mu.Lock()
	defer tx.h.mu.Unlock()
	changed := tx.seq != tx.h.applied
	if tx.all {
		_, changed = tx.changedBetween(tx.seq, tx.h.applied)
	}
	return changed || tx.epoch != tx.h.epoch || tx.h.closing
}
