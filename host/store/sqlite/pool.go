package sqlite

import (
	"context"
	"errors"
	"fmt"

	"qvat/host/store"
	"qvat/host/store/sqlite/lite"
)

// staleAfter is by how many commits a reader's snapshot may lie behind when it
// is used again. Opening one costs a few microseconds, keeping versions for it
// costs memory.
const staleAfter = 256

// pool is the connections that read, and the snapshots that are open on them.
type pool struct {
	h       *history
	slots   chan struct{} // holds a token for each reader in use
	ended   chan struct{} // a snapshot of an earlier era has been given back or moved
	connect func() (*lite.Conn, error)

	// history.mu guards what follows.
	era     uint64 // raised when no snapshot before may be used again
	readers []*reader
	idle    []*reader // those that nobody uses, the next to use last
	lost    int64     // transactions that lost a conflict because they had to move
}

// lease gives a transaction a reader with an open snapshot, and the seq that it
// sees: the snapshot with the overlay over it.
func (p *pool) lease(ctx context.Context, tx *snapshotTx) error {
	select {
	case p.slots <- struct{}{}:
	default:
		select {
		case p.slots <- struct{}{}:
		case <-p.h.closed:
			return store.ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("wait for another transaction to end: %w", ctx.Err())
		}
	}
	p.h.mu.Lock()
	if err := p.h.usable(); err != nil {
		p.h.mu.Unlock()
		<-p.slots
		return err
	}
	var r *reader
	if n := len(p.idle); n > 0 {
		r = p.idle[n-1]
		p.idle = p.idle[:n-1]
		if !p.stale(r) {
			p.give(r, tx)
			p.h.mu.Unlock()
			return nil
		}
	}
	p.h.mu.Unlock()
	r, err := p.fresh(r)
	p.h.mu.Lock()
	defer p.h.mu.Unlock()
	if err == nil {
		err = p.h.usable()
	}
	if err != nil {
		p.giveBack(r)
		return fmt.Errorf("open a snapshot: %w", err)
	}
	p.give(r, tx)
	return nil
}

// give makes a reader the transaction's own. history.mu is held.
func (p *pool) give(r *reader, tx *snapshotTx) {
	r.tx = tx
	tx.reader, tx.seq, tx.epoch = r, p.h.applied, p.h.epoch
}

// giveBack takes a reader back, or its slot alone when r is nil. history.mu is held.
func (p *pool) giveBack(r *reader) {
	if r != nil {
		r.tx = nil
		if r.open && !r.c.InTransaction() { // an error of the disk's has ended it
			r.open, r.pinned = false, noPin
		}
		p.idle = append(p.idle, r)
		if r.era < p.era {
			signal(p.ended)
		}
	}
	<-p.slots
}

// fresh opens a new snapshot on a reader that nobody else uses, or on a new one.
func (p *pool) fresh(r *reader) (*reader, error) {
	if r == nil {
		made, err := p.newReader()
		if err != nil {
			return nil, err
		}
		r = made
		p.h.mu.Lock()
		p.readers = append(p.readers, r)
		p.h.mu.Unlock()
	}
	p.h.mu.Lock()
	r.pinned, r.era = p.h.durable, p.era // the new snapshot will be at this seq at least
	p.h.mu.Unlock()
	seq, err := r.openSnapshot()
	if err != nil {
		err = errors.Join(err, r.closeSnapshot())
		seq = noPin
	}
	p.h.mu.Lock()
	r.pinned = seq
	p.h.mu.Unlock()
	return r, err
}

// stale tells whether a reader's snapshot is too old to begin a transaction on.
func (p *pool) stale(r *reader) bool {
	return r.pinned == noPin || r.era != p.era || p.h.applied-r.pinned > staleAfter ||
		p.h.overlay.bytes > p.h.o.OverlayBytes/4 && r.pinned < p.h.durable
}

// retire closes the stale snapshots of idle readers, so that neither the
// overlay nor the log keeps anything for them. The committer calls it.
func (p *pool) retire() error {
	p.h.mu.Lock()
	var stale []*reader
	kept := p.idle[:0]
	for _, r := range p.idle {
		if r.pinned != noPin && p.stale(r) {
			stale = append(stale, r)
		} else {
			kept = append(kept, r)
		}
	}
	p.idle = kept
	p.h.mu.Unlock()
	if len(stale) == 0 {
		return nil
	}
	var err error
	for _, r := range stale {
		err = errors.Join(err, r.closeSnapshot())
	}
	p.h.mu.Lock()
	defer p.h.mu.Unlock()
	for _, r := range stale {
		r.pinned = noPin
	}
	// Readers with an open snapshot stay on top, to be used first.
	p.idle = append(stale, p.idle...)
	p.trim()
	return err
}

// trim forgets what no snapshot needs any more. history.mu is held.
func (p *pool) trim() {
	p.h.overlay.trim(min(p.h.durable, p.oldest()))
}

// moveOn has the transactions on old snapshots, those for which old answers true,
// move to new ones, or lose a conflict where what they have read has changed: see
// snapshotTx.ready. One that is in the middle of a call does so when the call
// ends. A transaction that has just begun loses nothing by it.
func (p *pool) moveOn(old func(*reader) bool) error {
	p.h.mu.Lock()
	var held []*snapshotTx
	for _, r := range p.readers {
		if r.tx != nil && old(r) {
			held = append(held, r.tx)
		}
	}
	p.h.mu.Unlock()
	var err error
	for _, tx := range held {
		tx.mustMove.Store(true)
		if !tx.mu.TryLock() {
			continue
		}
		if merr := tx.ready(); !errors.Is(merr, store.ErrConflict) {
			err = errors.Join(err, merr)
		}
		tx.mu.Unlock()
	}
	return err
}

// oldest gives the seq of the oldest snapshot; noPin when none is open.
// history.mu is held.
func (p *pool) oldest() uint64 {
	oldest := uint64(noPin)
	for _, r := range p.readers {
		oldest = min(oldest, r.pinned)
	}
	return oldest
}

// newEra has no snapshot used again that is open now.
func (p *pool) newEra() error {
	p.h.mu.Lock()
	p.era++
	p.h.mu.Unlock()
	return p.retire()
}

// ofThisEra tells whether no snapshot of an earlier era is open.
func (p *pool) ofThisEra() bool {
	p.h.mu.Lock()
	defer p.h.mu.Unlock()
	for _, r := range p.readers {
		if r.pinned != noPin && r.era < p.era {
			return false
		}
	}
	return true
}

// close closes every connection. No transaction is open, and none begins.
func (p *pool) close() (err error) {
	for _, r := range p.readers {
		err = errors.Join(err, r.closeSnapshot(), r.close())
	}
	return err
}
