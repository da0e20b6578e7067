package sqlite

import (
	"errors"
	"time"

	"qvat/host/store/sqlite/lite"
)

// maintain keeps memory and SQLite's log within their bounds. The committer
// calls it between batches.
func (c *committer) maintain() {
	err := c.pool.retire()
	if oldest, over := c.overfull(); over {
		err = errors.Join(err, c.pool.moveOn(func(r *reader) bool { return r.pinned <= oldest }))
	}
	if c.w.logPages > c.w.logBound {
		err = errors.Join(err, c.emptyLog())
	}
	if err != nil {
		c.log.Error("the database's upkeep failed", "error", err)
	}
}

// overfull tells whether the overlay is above its bound for the sake of old
// snapshots, and the seq of the oldest.
func (c *committer) overfull() (oldest uint64, over bool) {
	h := c.history
	h.mu.Lock()
	defer h.mu.Unlock()
	c.pool.trim()
	oldest = c.pool.oldest()
	return oldest, h.overlay.bytes > c.o.OverlayBytes && oldest < h.durable
}

// drainWait is how long commits wait for readers so that the log can be emptied.
const drainWait = 10 * time.Millisecond

// emptyLog moves SQLite's log into the database file, so that the next write
// begins it anew. It can do so when no snapshot is read from the log any more:
// while nothing is written, those that are opened after the log has been moved
// read the database file alone, so it is enough that older ones end. When some
// do not in time, the log grows for now; when it has grown fourfold, they have to
// move.
func (c *committer) emptyLog() error {
	bound := int(c.o.LogBytes / pageSize)
	move := c.w.logPages > 4*bound
	done, err := c.w.c.Checkpoint()
	drained := c.drain(move)
	if drained && !done {
		done, err = c.w.c.Checkpoint()
		drained = c.drain(move)
	}
	if lite.IsBusy(err) { // another process reads; it will end too
		done, err = false, nil
	}
	if c.w.logBound = c.w.logPages + bound/2; done && drained {
		c.w.logPages, c.w.logBound = 0, bound
	}
	c.checkpoints.Add(1)
	return err
}

// drain waits, for a time, for the snapshots that are open now to end, and tells
// whether they did. If move, their transactions move to new ones instead, which
// each does at once, or when the call ends that it is in.
func (c *committer) drain(move bool) bool {
	wait := drainWait
	err := c.pool.newEra()
	if move {
		wait *= 10
		err = errors.Join(err, c.pool.moveOn(func(r *reader) bool { return r.era < c.pool.era }))
	}
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	for {
		if err != nil {
			c.log.Error("a snapshot cannot be closed", "error", err)
			return false
		}
		if c.pool.ofThisEra() {
			return true
		}
		select {
		case <-c.pool.ended:
			err = c.pool.retire()
		case <-deadline.C:
			return false
		}
	}
}
