package sqlite

import (
	"errors"
	"time"

	"qvat/host/store"
	"qvat/host/store/sqlite/lite"
)

// flushDelay is how long what nobody waits for (new programs, records of
// failures) may wait for a commit to be written with.
const flushDelay = 20 * time.Millisecond

// retryDelay is how long it waits after it could not be written.
const retryDelay = time.Second

// loan is how an exclusive transaction gets the writer, and gives it back.
type loan struct{ granted, returned chan struct{} }

// run is the committer: the one goroutine that writes. It ends when the store
// is closing and everything has been written that can be.
func (s *Store) run() {
	defer close(s.stopped)
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
		if b, closing := s.nextBatch(); b != nil {
			s.write(b)
			continue
		} else if closing {
			s.flush(true)
			return
		}
		select {
		case <-s.wake:
		case <-s.later:
			if s.choresFailed {
				flushIn(retryDelay)
			} else {
				flushIn(flushDelay)
			}
		case <-timer.C:
			armed = false
			if !s.flush(false) {
				flushIn(retryDelay)
			}
		case l := <-s.loans:
			for b, _ := s.nextBatch(); b != nil; b, _ = s.nextBatch() {
				s.write(b)
			}
			close(l.granted)
			<-l.returned
			s.maintain()
		}
	}
}

func (s *Store) wakeCommitter() { signal(s.wake) }

// flushLater asks the committer to write, soon, what nobody waits for.
func (s *Store) flushLater() { signal(s.later) }

// nextBatch seals the batch to write next, if there is one.
func (s *Store) nextBatch() (b *batch, closing bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return nil, s.closing
	}
	s.queue[0].sealed = true
	return s.queue[0], s.closing
}

// finalVersions gives the versions that a batch leaves, where it has several
// of a row.
func (s *Store) finalVersions(b *batch) []*version {
	s.mu.Lock()
	defer s.mu.Unlock()
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

// write writes a batch, with some of what nobody waits for.
func (s *Store) write(b *batch) {
	final := s.finalVersions(b)
	var side chores
	if !s.choresFailed {
		side = s.takeChores()
	}
	err := s.timed(func() error {
		return s.w.transaction(b.last, func() error {
			for _, v := range final {
				if err := s.w.rowVersion(v.row, v.value); err != nil {
					return err
				}
			}
			for _, c := range b.commits {
				if err := s.w.rest(c); err != nil {
					return err
				}
			}
			return s.w.chores(side)
		})
	})
	s.choresDone(side, err)
	if err != nil {
		s.flushLater()
	}
	s.finish(b, err)
	s.maintain()
}

// flush writes what nobody waits for, all of it if asked, and tells whether
// that could be done.
func (s *Store) flush(all bool) bool {
	for {
		side := s.takeChores()
		if side.empty() {
			return true
		}
		err := s.timed(func() error {
			return s.w.transaction(s.w.seq, func() error { return s.w.chores(side) })
		})
		s.choresDone(side, err)
		s.noteWrite(err)
		s.maintain()
		if err != nil {
			return false
		}
		if !all {
			s.flushLater() // there may be more
			return true
		}
	}
}

// timed runs a write and keeps count of it.
func (s *Store) timed(write func() error) error {
	start := time.Now()
	err := write()
	took := time.Since(start)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Writes++
	s.stats.WriteTime += took
	return err
}

// noteWrite logs that writing has begun to fail, and that it works again. The
// committer calls it, or an exclusive transaction that has the writer.
func (s *Store) noteWrite(err error) {
	switch {
	case err != nil && !s.writeFails:
		s.log.Error("the database cannot be written", "error", err)
	case err == nil && s.writeFails:
		s.log.Info("the database can be written again")
	}
	s.writeFails = err != nil
}

// finish tells those who wait for a batch what became of it. When it could not
// be written, everything that is not on the disk is undone: the batches after
// it may have read what it wrote.
func (s *Store) finish(b *batch, err error) {
	s.noteWrite(err)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.durable = b.last
		s.queue = s.queue[1:]
		s.stats.Commits += int64(len(b.commits))
		s.trim()
		s.announce(b)
		close(b.done)
		return
	}
	if errors.Is(err, store.ErrBroken) {
		s.broken = err
	}
	s.overlay.revert(s.durable)
	s.applied = s.durable
	s.epoch++ // transactions that may have seen what was undone conflict
	s.era++   // and no snapshot is used again
	failed := s.queue
	s.queue = nil
	for _, b := range failed {
		b.err = err
		s.stats.Failed += int64(len(b.commits))
		close(b.done)
	}
}

// announce tells the outbox's sender that there is something to send.
func (s *Store) announce(b *batch) {
	for _, c := range b.commits {
		if len(c.staged) > 0 {
			signal(s.stagedSignal)
			return
		}
	}
}

// maintain keeps memory and SQLite's log within their bounds. The committer
// calls it between batches.
func (s *Store) maintain() {
	err := s.retire()
	if oldest, over := s.overfull(); over {
		err = errors.Join(err, s.revoke(func(r *reader) bool { return r.pinned <= oldest }))
	}
	if s.w.logPages > s.w.logBound {
		err = errors.Join(err, s.emptyLog())
	}
	if err != nil {
		s.log.Error("the database's upkeep failed", "error", err)
	}
}

// overfull tells whether the overlay is above its bound for the sake of old
// snapshots, and the seq of the oldest.
func (s *Store) overfull() (oldest uint64, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trim()
	oldest = noPin
	for _, r := range s.readers {
		oldest = min(oldest, r.pinned)
	}
	return oldest, s.overlay.bytes > s.o.OverlayBytes && oldest < s.durable
}

// drainWait is how long commits wait for readers so that the log can be emptied.
const drainWait = 10 * time.Millisecond

// emptyLog moves SQLite's log into the database file, so that the next write
// begins it anew. It can do so when no snapshot is read from the log any more:
// while nothing is written, those that are opened after the log has been moved
// read the database file alone, so it is enough that older ones end. When some
// do not in time, the log grows for now; when it has grown fourfold, they
// conflict.
func (s *Store) emptyLog() error {
	bound, wait := int(s.o.LogBytes/pageSize), drainWait
	var err error
	if s.w.logPages > 4*bound {
		err = s.revoke(func(*reader) bool { return true })
		wait *= 10
	}
	done, cerr := s.w.c.Checkpoint()
	drained := s.drain(wait)
	if drained && !done {
		done, cerr = s.w.c.Checkpoint()
		drained = s.drain(wait)
	}
	if lite.IsBusy(cerr) { // another process reads; it will end too
		done, cerr = false, nil
	}
	if s.w.logBound = s.w.logPages + bound/2; done && drained {
		s.w.logPages, s.w.logBound = 0, bound
	}
	s.mu.Lock()
	s.stats.Checkpoints++
	s.mu.Unlock()
	return errors.Join(err, cerr)
}

// drain waits, for a time, for the snapshots that are open now to end, and tells
// whether they did.
func (s *Store) drain(wait time.Duration) bool {
	s.mu.Lock()
	s.era++
	s.mu.Unlock()
	if err := s.retire(); err != nil {
		s.log.Error("a snapshot cannot be closed", "error", err)
		return false
	}
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	for {
		s.mu.Lock()
		gone := s.oldEraGone()
		s.mu.Unlock()
		if gone {
			return true
		}
		select {
		case <-s.ended:
			if err := s.retire(); err != nil {
				return false
			}
		case <-deadline.C:
			return false
		}
	}
}

// oldEraGone tells whether no snapshot of an earlier era is open. Store.mu is held.
func (s *Store) oldEraGone() bool {
	for _, r := range s.readers {
		if r.pinned != noPin && r.era < s.era {
			return false
		}
	}
	return true
}
