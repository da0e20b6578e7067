package sqlite

import (
	"context"
	"errors"
	"fmt"

	"qvat/host/store/sqlite/sqlitetest"
)

// Upkeep counts what keeps memory and SQLite's log within their bounds.
type Upkeep struct {
	Checkpoints int64 // times that emptying the log was tried
	Lost        int64 // transactions that lost a conflict because they had to move
}

// Upkeep gives the store's counts.
func (s *Store) Upkeep() Upkeep {
	s.history.mu.Lock()
	defer s.history.mu.Unlock()
	return Upkeep{Checkpoints: s.committer.checkpoints.Load(), Lost: s.pool.lost}
}

// Check checks the database file, and what must hold between it and memory, while
// nothing is written.
func (s *Store) Check(ctx context.Context) error {
	tx, err := s.BeginExclusive(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	synchronous, err := queryInt(s.committer.w.c, "PRAGMA synchronous")
	if err == nil && synchronous != 2 {
		err = fmt.Errorf("commits are synchronised by %d, not 2", synchronous)
	}
	return errors.Join(err, sqlitetest.Check(s.o.Path), s.history.check())
}

// check checks the overlay, at a moment when everything is on the disk.
func (h *history) check() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.applied != h.durable || len(h.queue) != 0 {
		return fmt.Errorf("commits up to %d, on the disk up to %d, %d batches wait", h.applied, h.durable, len(h.queue))
	}
	var bytes int64
	count, last := 0, uint64(0)
	for _, c := range h.overlay.log {
		if c.seq <= last {
			return fmt.Errorf("commit %d comes after %d", c.seq, last)
		}
		last = c.seq
		for _, v := range c.versions {
			count++
			bytes += v.bytes()
			if v.older != nil && (v.older.newer != v || v.older.seq >= v.seq) {
				return fmt.Errorf("the versions of a row are out of order at commit %d", v.seq)
			}
			if v.newer == nil && h.overlay.tables[v.row.table][v.row.key] != v {
				return fmt.Errorf("a row's newest version, of commit %d, is not found", v.seq)
			}
		}
		if c.record != nil {
			bytes += recordBytes(c.record)
		}
	}
	if count != h.overlay.count || bytes != h.overlay.bytes {
		return fmt.Errorf("the overlay counts %d versions, %d bytes; there are %d, %d", h.overlay.count, h.overlay.bytes, count, bytes)
	}
	return nil
}
