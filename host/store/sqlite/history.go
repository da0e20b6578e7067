package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"qvat/host/store"
)

// history is what has been committed since the store was opened, as far as it is
// still needed: what waits to be written, and what old snapshots must not see.
type history struct {
	o *Options
	// submitted wakes the committer; staged is of store.Outbox's OutboxSignal.
	submitted, staged chan struct{}
	closed            chan struct{} // closed when the store is closing

	// mu guards what follows, the links between versions, batches until they are
	// sealed, and what pool and reader say. It is never held during I/O. A
	// transaction's own lock comes before it.
	mu        sync.Mutex
	overlay   overlay
	queue     []*batch      // the first is being written when it is sealed
	applied   uint64        // the newest commit
	durable   uint64        // the newest commit that is on the disk
	epoch     uint64        // raised when commits were undone
	resume    chan struct{} // not nil while commits must wait; closed when they need not
	contended rowQueues
	closing   bool
	broken    error
	stats     store.Stats
}

// commit is what one transaction adds to a batch.
type commit struct {
	change
	staged []staged
	acks   []int64 // outbox rows that are done with
}

// batch is the commits that are written in one SQLite transaction, with one
// fsync. history.mu guards it until it is sealed.
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

// usable says why no more can be done, if so. history.mu is held.
func (h *history) usable() error {
	if h.closing {
		return store.ErrClosed
	}
	return h.broken
}

// submit gives a commit its seq and puts it into a batch, if check allows that.
// It waits while a transaction is exclusive. history.mu is held during check.
func (h *history) submit(ctx context.Context, c *commit, check func() error) (*batch, error) {
	for {
		h.mu.Lock()
		if err := h.usable(); err != nil {
			h.mu.Unlock()
			return nil, err
		}
		resume := h.resume
		if resume == nil {
			break
		}
		h.mu.Unlock()
		select {
		case <-resume:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for an exclusive transaction to end: %w", ctx.Err())
		}
	}
	defer h.mu.Unlock()
	if err := check(); err != nil {
		return nil, err
	}
	b := h.openBatch()
	h.apply(c, b)
	signal(h.submitted)
	return b, nil
}

// openBatch gives the batch that takes the next commit. history.mu is held.
func (h *history) openBatch() *batch {
	if n := len(h.queue); n > 0 {
		b := h.queue[n-1]
		if !b.sealed && len(b.commits) < h.o.BatchCommits && b.bytes < maxBatchBytes {
			return b
		}
	}
	b := &batch{done: make(chan struct{})}
	h.queue = append(h.queue, b)
	return b
}

// apply gives a commit its seq, shows its changes to transactions that begin
// from now on, and puts it into a batch. history.mu is held.
func (h *history) apply(c *commit, b *batch) {
	before := h.overlay.bytes
	h.applied++
	c.seq = h.applied
	h.overlay.push(c.change)
	b.commits = append(b.commits, c)
	b.last = c.seq
	b.bytes += h.overlay.bytes - before
	for _, row := range c.staged {
		b.bytes += int64(len(row.payload))
	}
}

// batchOf gives the batch that a commit is waiting in, or nil when it is on the
// disk. history.mu is held.
func (h *history) batchOf(seq uint64) *batch {
	if seq <= h.durable {
		return nil
	}
	for _, b := range h.queue {
		if b.last >= seq {
			return b
		}
	}
	return nil
}

// nextBatch seals the batch to write next, if there is one.
func (h *history) nextBatch() (b *batch, closing bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.queue) == 0 {
		return nil, h.closing
	}
	h.queue[0].sealed = true
	return h.queue[0], h.closing
}

// finalVersions gives the versions that a batch leaves, where it has several
// of a row.
func (h *history) finalVersions(b *batch) []*version {
	h.mu.Lock()
	defer h.mu.Unlock()
	var final []*version
	for _, c := range b.commits {
		for _, v := range c.versions {
			if v.newer == nil || v.newer.seq > b.last {
				final = append(final, v)
			}
		}
	}
	return final
}

// written notes that a batch is on the disk. history.mu is held.
func (h *history) written(b *batch) {
	h.durable = b.last
	h.queue = h.queue[1:]
	h.stats.Commits += int64(len(b.commits))
	for _, c := range b.commits {
		if len(c.staged) > 0 {
			signal(h.staged)
			break
		}
	}
	close(b.done)
}

// undo takes back everything that is not on the disk, since a batch could not be
// written: the batches after it may have read what it wrote. history.mu is held.
func (h *history) undo(err error) {
	if errors.Is(err, store.ErrBroken) {
		h.broken = err
	}
	h.overlay.revert(h.durable)
	h.applied = h.durable
	h.epoch++ // transactions that may have seen what was undone conflict
	failed := h.queue
	h.queue = nil
	for _, b := range failed {
		b.err = err
		h.stats.Failed += int64(len(b.commits))
		close(b.done)
	}
}
