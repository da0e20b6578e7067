package sqlite

import (
	"context"
	"fmt"

	"qvat/host/store"
)

func (tx *snapshotTx) Commit(ctx context.Context, r *store.Record) (err error) {
	if err := tx.enter(ctx); err != nil {
		tx.Rollback()
		return err
	}
	defer tx.mu.Unlock()
	defer tx.finish()
	if err := tx.o.checkRecord(r); err != nil {
		return err
	}
	c := tx.collect(r)
	if len(c.versions) == 0 && len(c.staged) == 0 && r == nil {
		return tx.awaitDurable()
	}
	if r != nil && r.Once {
		known, err := tx.reader.committed(r)
		if err != nil {
			return fmt.Errorf("look for the message's record: %w", err)
		}
		if known {
			return store.ErrDuplicate
		}
	}
	b, err := tx.h.submit(ctx, c, func() error { return tx.check(c) })
	if err != nil {
		return err
	}
	tx.finish() // others may use its reader while it waits for the disk
	<-b.done
	return b.err
}

// collect makes a commit of what the transaction wrote.
func (tx *snapshotTx) collect(r *store.Record) *commit {
	c := &commit{change: change{record: keptRecord(r)}, staged: tx.staged}
	for row, l := range tx.rows { // order: sorted below
		if l.wrote {
			c.versions = append(c.versions, &version{row: row, value: l.value})
		}
	}
	c.sort()
	return c
}

// check decides whether the transaction can commit now. history.mu is held.
//
// One that writes rows, or stages what others will see in the order of commits,
// must have read what is still so: then it is as if it had run just now. One
// that only keeps a record is as if it had run when its snapshot was taken.
func (tx *snapshotTx) check(c *commit) error {
	h := tx.h
	if tx.epoch != h.epoch {
		return store.ErrConflict
	}
	if c.record != nil && c.record.Once {
		if _, known := h.overlay.records[c.record.ID]; known {
			return store.ErrDuplicate
		}
	}
	if len(c.versions) == 0 && len(c.staged) == 0 {
		return nil
	}
	if row, changed := tx.changedBetween(tx.seq, h.applied); changed {
		h.stats.Conflicts++
		if l := tx.rows[row]; l.read && l.wrote {
			h.contended.add(row)
		}
		return store.ErrConflict
	}
	return nil
}

// changedBetween tells whether a commit above one seq, and up to the other,
// changed what the transaction read, and the first row that it changed of that,
// if it was a row. history.mu is held.
func (tx *snapshotTx) changedBetween(above, upTo uint64) (row rowKey, changed bool) {
	if above == upTo || len(tx.rows) == 0 && len(tx.spans) == 0 && !tx.all {
		return rowKey{}, false
	}
	for _, c := range tx.h.overlay.since(above) {
		if c.seq > upTo {
			break
		}
		if tx.all && c.anything {
			return rowKey{}, true
		}
		for _, v := range c.versions {
			if tx.all && !store.Own(v.row.table) || tx.rows[v.row].read || tx.spanned(v.row) {
				return v.row, true
			}
		}
	}
	return rowKey{}, false
}

func (tx *snapshotTx) spanned(row rowKey) bool {
	for _, s := range tx.spans {
		if s.table == row.table && s.holds(row.key) {
			return true
		}
	}
	return false
}

// awaitDurable ends the transaction, and returns when all that it has read is on
// the disk.
func (tx *snapshotTx) awaitDurable() error {
	h := tx.h
	h.mu.Lock()
	if tx.epoch != h.epoch {
		h.mu.Unlock()
		return store.ErrConflict
	}
	b := h.batchOf(tx.seen)
	h.mu.Unlock()
	if b == nil {
		return nil
	}
	tx.finish()
	<-b.done
	if b.err != nil {
		return store.ErrConflict // what it read has never been; it may well succeed on what is
	}
	return nil
}
