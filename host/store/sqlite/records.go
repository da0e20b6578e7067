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

// RecordFailure is store.Records'.
func (s *Store) RecordFailure(ctx context.Context, r store.Record) error {
	if err := s.o.checkRecord(&r); err != nil {
		return err
	}
	if err := s.usable(); err != nil {
		return err
	}
	return s.background.addFailure(ctx, &r)
}

// FindRecord is store.Records'.
func (s *Store) FindRecord(ctx context.Context, id chains.Hash) (r store.Record, ok bool, err error) {
	h := s.history
	h.mu.Lock()
	if err := h.usable(); err != nil {
		h.mu.Unlock()
		return store.Record{}, false, err
	}
	c, inMemory := h.overlay.records[id]
	b := h.batchOf(c.seq)
	h.mu.Unlock()
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
	return s.reads.record(id)
}

// Failures is store.Records'.
func (s *Store) Failures(ctx context.Context, n int) ([]store.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.reads.failed(n)
}

// recordColumns are the columns of a record, in the order of scanRecord.
const recordColumns = "id, at, outcome, result, fuel, memory, micros, recorded"

func scanRecord(s *lite.Stmt) store.Record {
	return store.Record{
		ID: chains.Hash(s.ColumnBytes(0)), At: s.ColumnInt(1), Outcome: s.ColumnText(2), Result: s.ColumnBytes(3),
		Fuel: s.ColumnInt(4), Memory: s.ColumnInt(5), Micros: s.ColumnInt(6), Recorded: s.ColumnBytes(7),
	}
}

// Outbox is store.Outbox's.
func (s *Store) Outbox(ctx context.Context, after int64, n int, kinds ...string) (rows []store.Outgoing, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(kinds) == 0 {
		return s.reads.outgoing(after, n)
	}
	for _, kind := range kinds {
		of, err := s.reads.outgoingOf(kind, after, n)
		if err != nil {
			return nil, err
		}
		rows = append(rows, of...)
	}
	slices.SortFunc(rows, func(a, b store.Outgoing) int { return cmp.Compare(a.ID, b.ID) })
	return rows[:min(n, len(rows))], nil
}

// OutboxKinds is store.Outbox's.
func (s *Store) OutboxKinds(ctx context.Context) (kinds []string, err error) {
	for after := ""; ; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if after, err = s.reads.kindAfter(after); err != nil || after == "" {
			return kinds, err
		}
		kinds = append(kinds, after)
	}
}

// OutboxSignal is store.Outbox's.
func (s *Store) OutboxSignal() <-chan struct{} { return s.history.staged }

// Ack is store.Outbox's.
func (s *Store) Ack(ctx context.Context, ids ...int64) error {
	if len(ids) == 0 {
		return nil
	}
	b, err := s.history.submit(ctx, &commit{acks: append([]int64{}, ids...)}, func() error { return nil })
	if err != nil {
		return err
	}
	<-b.done
	return b.err
}
