package sqlite

import (
	"context"
	"errors"
	"fmt"

	"qvat/host/store"
)

// staleAfter is by how many commits a reader's snapshot may lie behind when it
// is used again. Opening one costs a few microseconds, keeping versions for it
// costs memory.
const staleAfter = 256

// lease gives a transaction a reader with an open snapshot, and the seq that it
// sees: the snapshot with the overlay over it.
func (s *Store) lease(ctx context.Context, tx *snapshotTx) error {
	select {
	case s.slots <- struct{}{}:
	default:
		select {
		case s.slots <- struct{}{}:
		case <-s.closed:
			return store.ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("wait for another transaction to end: %w", ctx.Err())
		}
	}
	s.mu.Lock()
	if err := s.usable(); err != nil {
		s.mu.Unlock()
		<-s.slots
		return err
	}
	var r *reader
	if n := len(s.idle); n > 0 {
		r = s.idle[n-1]
		s.idle = s.idle[:n-1]
		if !s.stale(r) {
			s.give(r, tx)
			s.mu.Unlock()
			return nil
		}
	}
	s.mu.Unlock()
	r, err := s.fresh(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		err = s.usable()
	}
	if err != nil {
		s.giveBack(r)
		return fmt.Errorf("open a snapshot: %w", err)
	}
	s.give(r, tx)
	return nil
}

// give makes a reader the transaction's own. Store.mu is held.
func (s *Store) give(r *reader, tx *snapshotTx) {
	r.tx = tx
	tx.reader, tx.seq, tx.epoch = r, s.applied, s.epoch
}

// giveBack takes a reader back, or its slot alone when r is nil. Store.mu is held.
func (s *Store) giveBack(r *reader) {
	if r != nil {
		r.tx = nil
		if r.open && !r.c.InTransaction() { // an error of the disk's has ended it
			r.open, r.pinned = false, noPin
		}
		s.idle = append(s.idle, r)
		if r.era < s.era {
			signal(s.ended)
		}
	}
	<-s.slots
}

// fresh opens a new snapshot on a reader that nobody else uses, or on a new one.
func (s *Store) fresh(r *reader) (*reader, error) {
	if r == nil {
		made, err := s.newReader()
		if err != nil {
			return nil, err
		}
		r = made
		s.mu.Lock()
		s.readers = append(s.readers, r)
		s.mu.Unlock()
	}
	s.mu.Lock()
	r.pinned, r.era = s.durable, s.era // the new snapshot will be at this seq at least
	s.mu.Unlock()
	seq, err := r.openSnapshot()
	if err != nil {
		err = errors.Join(err, r.closeSnapshot())
		seq = noPin
	}
	s.mu.Lock()
	r.pinned = seq
	s.mu.Unlock()
	return r, err
}

// stale tells whether a reader's snapshot is too old to begin a transaction on.
func (s *Store) stale(r *reader) bool {
	return r.pinned == noPin || r.era != s.era || s.applied-r.pinned > staleAfter ||
		s.overlay.bytes > s.o.OverlayBytes/4 && r.pinned < s.durable
}

// retire closes the stale snapshots of idle readers, so that neither the
// overlay nor the log keeps anything for them. The committer calls it.
func (s *Store) retire() error {
	s.mu.Lock()
	var stale []*reader
	kept := s.idle[:0]
	for _, r := range s.idle {
		if r.pinned != noPin && s.stale(r) {
			stale = append(stale, r)
		} else {
			kept = append(kept, r)
		}
	}
	s.idle = kept
	s.mu.Unlock()
	if len(stale) == 0 {
		return nil
	}
	var err error
	for _, r := range stale {
		err = errors.Join(err, r.closeSnapshot())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range stale {
		r.pinned = noPin
	}
	// Readers with an open snapshot stay on top, to be used first.
	s.idle = append(stale, s.idle...)
	s.trim()
	return err
}

// trim forgets what no snapshot needs any more. Store.mu is held.
func (s *Store) trim() {
	floor := s.durable
	for _, r := range s.readers {
		floor = min(floor, r.pinned)
	}
	s.overlay.trim(floor)
}

// revoke ends the transactions on the oldest snapshots, those for which old
// answers true: they conflict from now on. One that is in the middle of a call
// ends when the call does.
func (s *Store) revoke(old func(*reader) bool) error {
	s.mu.Lock()
	var victims []*snapshotTx
	for _, r := range s.readers {
		if r.tx != nil && old(r) {
			victims = append(victims, r.tx)
		}
	}
	s.stats.Revoked += int64(len(victims))
	s.mu.Unlock()
	var err error
	for _, tx := range victims {
		tx.revoked.Store(true)
		if tx.mu.TryLock() {
			err = errors.Join(err, tx.dropIfRevoked())
			tx.mu.Unlock()
		}
	}
	return err
}
