package sqlite

import (
	"context"
	"fmt"

	"qvat/host/store"
)

// commit is what one transaction adds to a batch.
type commit struct {
	change
	staged []staged
	acks   []int64 // outbox rows that are done with
}

// batch is the commits that are written in one SQLite transaction, with one
// fsync. Store.mu guards it until it is sealed.
type batch struct {
	commits []*commit
	last    uint64 // seq of the last commit
	bytes   int64
	sealed  bool
	done    chan struct{} // closed when err is known
	err     error
}

// maxBatchBytes bounds what is written with one fsync, within one commit.
const maxBatchBytes = 4 << 20

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
		return tx.s.settled(tx)
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
	b, err := tx.s.submit(ctx, c, func() error { return tx.check(c) })
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
	for row, l := range tx.rows {
		if l.wrote {
			c.versions = append(c.versions, &version{row: row, value: l.value})
		}
	}
	return c
}

// check decides whether the transaction can commit now. Store.mu is held.
//
// One that writes rows, or stages what others will see in the order of commits,
// must have read what is still so: then it is as if it had run just now. One
// that only keeps a record is as if it had run when its snapshot was taken.
func (tx *snapshotTx) check(c *commit) error {
	s := tx.s
	if tx.revoked.Load() || tx.epoch != s.epoch {
		return store.ErrConflict
	}
	if c.record != nil && c.record.Once {
		if _, known := s.overlay.records[c.record.ID]; known {
			return store.ErrDuplicate
		}
	}
	if len(c.versions) == 0 && len(c.staged) == 0 {
		return nil
	}
	if row, changed := tx.changedBetween(tx.seq, s.applied); changed {
		s.stats.Conflicts++
		if l := tx.rows[row]; l.read && l.wrote {
			s.contend(row)
		}
		return store.ErrConflict
	}
	return nil
}

// changedBetween tells whether a commit above one seq, and up to the other,
// changed what the transaction read, and the first row that it changed of that,
// if it was a row. Store.mu is held.
func (tx *snapshotTx) changedBetween(above, upTo uint64) (row rowKey, changed bool) {
	if above == upTo || len(tx.rows) == 0 && len(tx.spans) == 0 && !tx.all {
		return rowKey{}, false
	}
	for _, c := range tx.s.overlay.since(above) {
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

// submit gives a commit its seq and puts it into a batch, if check allows that.
// It waits while a transaction is exclusive. Store.mu is held during check.
func (s *Store) submit(ctx context.Context, c *commit, check func() error) (*batch, error) {
	for {
		s.mu.Lock()
		if err := s.usable(); err != nil {
			s.mu.Unlock()
			return nil, err
		}
		held := s.held
		if held == nil {
			break
		}
		s.mu.Unlock()
		select {
		case <-held:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for an exclusive transaction to end: %w", ctx.Err())
		}
	}
	defer s.mu.Unlock()
	if err := check(); err != nil {
		return nil, err
	}
	b := s.openBatch()
	s.apply(c, b)
	s.wakeCommitter()
	return b, nil
}

// openBatch gives the batch that takes the next commit. Store.mu is held.
func (s *Store) openBatch() *batch {
	if n := len(s.queue); n > 0 {
		b := s.queue[n-1]
		if !b.sealed && len(b.commits) < s.o.BatchCommits && b.bytes < maxBatchBytes {
			return b
		}
	}
	b := &batch{done: make(chan struct{})}
	s.queue = append(s.queue, b)
	return b
}

// apply gives a commit its seq, shows its changes to transactions that begin
// from now on, and puts it into a batch. Store.mu is held.
func (s *Store) apply(c *commit, b *batch) {
	before := s.overlay.bytes
	s.applied++
	c.seq = s.applied
	s.overlay.push(c.change)
	b.commits = append(b.commits, c)
	b.last = c.seq
	b.bytes += s.overlay.bytes - before
	for _, row := range c.staged {
		b.bytes += int64(len(row.payload))
	}
}

// settled returns when all that a transaction has read is on the disk.
func (s *Store) settled(tx *snapshotTx) error {
	s.mu.Lock()
	if tx.epoch != s.epoch {
		s.mu.Unlock()
		return store.ErrConflict
	}
	b := s.batchOf(tx.seen)
	s.mu.Unlock()
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

// batchOf gives the batch that a commit is waiting in, or nil when it is on the
// disk. Store.mu is held.
func (s *Store) batchOf(seq uint64) *batch {
	if seq <= s.durable {
		return nil
	}
	for _, b := range s.queue {
		if b.last >= seq {
			return b
		}
	}
	return nil
}
