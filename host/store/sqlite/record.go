package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"qvat/chains"
	"qvat/host/store"
	"qvat/host/store/sqlite/lite"
)

// chores are what is to be written and nobody waits for.
type chores struct {
	failures []*store.Record
	programs programWork
}

func (c chores) empty() bool { return len(c.failures) == 0 && c.programs.empty() }

// takeChores takes what there is to write, within the bounds of one batch.
func (s *Store) takeChores() chores {
	work := s.programs.take()
	s.mu.Lock()
	defer s.mu.Unlock()
	failures := s.failures
	s.failures = nil
	if len(failures) > 0 {
		close(s.taken)
		s.taken = make(chan struct{})
	}
	return chores{failures, work}
}

// choresDone takes note of what became of them.
func (s *Store) choresDone(c chores, err error) {
	if c.empty() {
		return
	}
	s.choresFailed = err != nil
	s.programs.done(c.programs, err)
	if err == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(c.failures, s.failures...)
}

func (w *writer) chores(c chores) error {
	for _, r := range c.failures {
		w.failures++
		if err := w.keep(r, w.failure, w.failures, w.forgetFailures, int64(w.o.Failures)); err != nil {
			return err
		}
	}
	return w.programs(c.programs)
}

// maxFailures is how many records of failures wait to be written at most.
const maxFailures = 1024

// RecordFailure keeps the record of a message that failed, and was rolled back.
// It does not wait for the disk, unless many such records do: the record is
// written some milliseconds later, and is lost if the process is killed before.
// ctx bounds the wait.
func (s *Store) RecordFailure(ctx context.Context, r store.Record) error {
	if err := s.o.checkRecord(&r); err != nil {
		return err
	}
	for {
		s.mu.Lock()
		if err := s.usable(); err != nil {
			s.mu.Unlock()
			return err
		}
		if len(s.failures) < maxFailures {
			s.failures = append(s.failures, &r)
			s.mu.Unlock()
			s.flushLater()
			return nil
		}
		room := s.taken
		s.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return fmt.Errorf("wait for records of failures to be written: %w", ctx.Err())
		case <-s.closed:
			return store.ErrClosed
		}
	}
}

// FindRecord gives the record of a message that has committed, if it is among
// the newest Options.Records. What it gives is on the disk: it waits for a
// commit that is under way.
func (s *Store) FindRecord(ctx context.Context, id chains.Hash) (r store.Record, ok bool, err error) {
	s.mu.Lock()
	if err := s.usable(); err != nil {
		s.mu.Unlock()
		return store.Record{}, false, err
	}
	c, inMemory := s.overlay.records[id]
	b := s.batchOf(c.seq)
	s.mu.Unlock()
	if b != nil {
		select {
		case <-b.done:
		case <-ctx.Done():
			return store.Record{}, false, fmt.Errorf("wait for the message's commit: %w", ctx.Err())
		}
		inMemory = b.err == nil
	}
	if inMemory {
		r = *c.record
		r.Once = false
		return r, true, nil
	}
	return s.service.record(id)
}

// Failures gives the records of the newest messages that failed, the newest
// first, n at most.
func (s *Store) Failures(ctx context.Context, n int) ([]store.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.service.failed(n)
}

// recordColumns are the columns of a record, in the order of scanRecord.
const recordColumns = "id, at, outcome, result, fuel, memory, micros, recorded"

func scanRecord(s *lite.Stmt) store.Record {
	return store.Record{
		ID: chains.Hash(s.ColumnBytes(0)), At: s.ColumnInt(1), Outcome: s.ColumnText(2), Result: s.ColumnBytes(3),
		Fuel: s.ColumnInt(4), Memory: s.ColumnInt(5), Micros: s.ColumnInt(6), Recorded: s.ColumnBytes(7),
	}
}

// Outbox gives rows of the outbox with an id above after, in the order of their
// commits, n at most; those of the kinds alone, where some are given. They are on
// the disk. Rows of other kinds cost nothing.
func (s *Store) Outbox(ctx context.Context, after int64, n int, kinds ...string) (rows []store.Outgoing, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(kinds) == 0 {
		return s.service.outgoing(after, n)
	}
	for _, kind := range kinds {
		of, err := s.service.outgoingOf(kind, after, n)
		if err != nil {
			return nil, err
		}
		rows = append(rows, of...)
	}
	slices.SortFunc(rows, func(a, b store.Outgoing) int { return cmp.Compare(a.ID, b.ID) })
	return rows[:min(n, len(rows))], nil
}

// OutboxKinds gives the kinds of the rows that are in the outbox, sorted.
func (s *Store) OutboxKinds(ctx context.Context) (kinds []string, err error) {
	for after := ""; ; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if after, err = s.service.kindAfter(after); err != nil || after == "" {
			return kinds, err
		}
		kinds = append(kinds, after)
	}
}

// OutboxSignal receives something when rows have come to the outbox since it
// last did. It is for one receiver.
func (s *Store) OutboxSignal() <-chan struct{} { return s.stagedSignal }

// Ack removes rows from the outbox, and returns when that is on the disk. Those
// that are not there do not matter.
func (s *Store) Ack(ctx context.Context, ids ...int64) error {
	if len(ids) == 0 {
		return nil
	}
	b, err := s.submit(ctx, &commit{acks: append([]int64{}, ids...)}, func() error { return nil })
	if err != nil {
		return err
	}
	<-b.done
	return b.err
}
