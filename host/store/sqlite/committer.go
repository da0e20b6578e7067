package sqlite

import (
	"log/slog"
	"sync/atomic"
	"time"
)

// flushDelay is how long what nobody waits for (new programs, records of
// failures) may wait for a commit to be written with.
const flushDelay = 20 * time.Millisecond

// retryDelay is how long it waits after it could not be written.
const retryDelay = time.Second

// committer is the one goroutine that writes, and what it knows. Whoever has the
// writer, which is an exclusive transaction at times, has all of it that is not a
// channel.
type committer struct {
	o          *Options
	log        *slog.Logger
	history    *history
	pool       *pool
	background *background
	leases     chan *writerLease
	stopped    chan struct{} // closed when it has ended

	w                *writer
	backgroundFailed bool         // background writes are written alone until they can be
	failing          bool         // the last write failed
	checkpoints      atomic.Int64 // times that emptying the log was tried
}

// writerLease is how an exclusive transaction gets the writer, and gives it back.
type writerLease struct{ granted, returned chan struct{} }

// run is the committer: the one goroutine that writes. It ends when the store
// is closing and everything has been written that can be.
func (c *committer) run() {
	defer close(c.stopped)
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	armed := false
	flushIn := func(d time.Duration) {
		if !armed { // others that come meanwhile do not put it off
			timer.Reset(d)
			armed = true
		}
	}
	for {
		if b, closing := c.history.nextBatch(); b != nil {
			c.write(b)
			continue
		} else if closing {
			c.flush(true)
			return
		}
		select {
		case <-c.history.submitted:
		case <-c.background.waits:
			if c.backgroundFailed {
				flushIn(retryDelay)
			} else {
				flushIn(flushDelay)
			}
		case <-timer.C:
			armed = false
			if !c.flush(false) {
				flushIn(retryDelay)
			}
		case l := <-c.leases:
			for b, _ := c.history.nextBatch(); b != nil; b, _ = c.history.nextBatch() {
				c.write(b)
			}
			close(l.granted)
			<-l.returned
			c.maintain()
		}
	}
}

// write writes a batch, with some of what nobody waits for.
func (c *committer) write(b *batch) {
	final := c.history.finalVersions(b)
	var side backgroundWrites
	if !c.backgroundFailed {
		side = c.background.take()
	}
	err := c.timed(func() error {
		return c.w.transaction(b.last, func() error {
			for _, v := range final {
				if err := c.w.rowVersion(v.row, v.value); err != nil {
					return err
				}
			}
			for _, commit := range b.commits {
				if err := c.w.rest(commit); err != nil {
					return err
				}
			}
			return c.w.background(side)
		})
	})
	c.backgroundDone(side, err)
	if err != nil {
		c.background.signal()
	}
	c.finish(b, err)
	c.maintain()
}

// flush writes what nobody waits for, all of it if asked, and tells whether
// that could be done.
func (c *committer) flush(all bool) bool {
	for {
		side := c.background.take()
		if side.empty() {
			return true
		}
		err := c.timed(func() error {
			return c.w.transaction(c.w.seq, func() error { return c.w.background(side) })
		})
		c.backgroundDone(side, err)
		c.noteWrite(err)
		c.maintain()
		if err != nil {
			return false
		}
		if !all {
			c.background.signal() // there may be more
			return true
		}
	}
}

// backgroundDone notes what became of background writes.
func (c *committer) backgroundDone(side backgroundWrites, err error) {
	if !side.empty() {
		c.backgroundFailed = err != nil
		c.background.done(side, err)
	}
}

// timed runs a write and keeps count of it.
func (c *committer) timed(write func() error) error {
	start := time.Now()
	err := write()
	took := time.Since(start)
	c.history.mu.Lock()
	defer c.history.mu.Unlock()
	c.history.stats.Writes++
	c.history.stats.WriteTime += took
	return err
}

// noteWrite logs that writing has begun to fail, and that it works again. The
// committer calls it, or an exclusive transaction that has the writer.
func (c *committer) noteWrite(err error) {
	switch {
	case err != nil && !c.failing:
		c.log.Error("the database cannot be written", "error", err)
	case err == nil && c.failing:
		c.log.Info("the database can be written again")
	}
	c.failing = err != nil
}

// finish tells those who wait for a batch what became of it.
func (c *committer) finish(b *batch, err error) {
	c.noteWrite(err)
	c.history.mu.Lock()
	defer c.history.mu.Unlock()
	if err == nil {
		c.history.written(b)
		c.pool.trim()
		return
	}
	c.history.undo(err)
	c.pool.era++ // no snapshot is used again
}
