package sqlite

import (
	"context"
	"slices"
	"time"
)

// Transactions that read and write the same row at once cost more than they
// do: of those that overlap one commits, and the others' work is thrown away.
// So a row over which there was a conflict is taken in turns for a while: a
// transaction that reads it waits until the one before has committed or ended.
//
// That is only advice. Nothing depends on it but how much work is done twice:
// who has waited for Options.TurnWait, perhaps in a circle, goes on without a
// turn, which also ends the turns for that row until there is another conflict.

const (
	// maxTurns is for how many rows there are turns at most.
	maxTurns = 1024
	// quietTurns is after how many turns that nobody waited for they end.
	quietTurns = 256
)

// turn is whose turn it is with a row. Store.mu guards it.
type turn struct {
	holder   *snapshotTx     // nil when it is nobody's
	promised bool            // it is that of one who is about to wake up
	waiting  []chan struct{} // a channel is closed when the turn has come, or turns have ended
	quiet    int             // turns since somebody last waited
}

// contend has a row taken in turns from now on. Store.mu is held.
func (s *Store) contend(row rowKey) {
	if s.turns[row] != nil {
		return
	}
	for other, t := range s.turns {
		if len(s.turns) < maxTurns {
			break
		}
		if t.holder == nil && !t.promised {
			delete(s.turns, other)
		}
	}
	if len(s.turns) < maxTurns {
		s.turns[row] = &turn{}
	}
}

// awaitTurn returns when it is the transaction's turn with a row, or it need
// not wait any longer. Store.mu is held, but not while it waits.
func (s *Store) awaitTurn(ctx context.Context, tx *snapshotTx, row rowKey) {
	t := s.turns[row]
	if t == nil {
		return
	}
	if t.holder == nil && !t.promised {
		s.take(tx, row, t)
		return
	}
	come := make(chan struct{})
	t.waiting = append(t.waiting, come)
	t.quiet = 0
	s.mu.Unlock()
	timer := time.NewTimer(s.o.TurnWait)
	defer timer.Stop()
	late := false
	select {
	case <-come:
	case <-ctx.Done():
	case <-timer.C:
		late = true
	}
	s.mu.Lock()
	if s.turns[row] != t {
		return
	}
	i := slices.Index(t.waiting, come)
	switch {
	case i < 0: // it has come
		s.take(tx, row, t)
	case late:
		s.endTurns(row, t)
	default:
		t.waiting = slices.Delete(t.waiting, i, i+1)
	}
}

// take gives a transaction its turn. Store.mu is held.
func (s *Store) take(tx *snapshotTx, row rowKey, t *turn) {
	t.holder, t.promised = tx, false
	t.quiet++
	tx.turns = append(tx.turns, row)
}

// endTurns has a row taken by everybody at once again. Store.mu is held.
func (s *Store) endTurns(row rowKey, t *turn) {
	delete(s.turns, row)
	for _, come := range t.waiting {
		close(come)
	}
}

// passTurns ends the transaction's turns. Store.mu is held.
func (s *Store) passTurns(tx *snapshotTx) {
	for _, row := range tx.turns {
		t := s.turns[row]
		if t == nil || t.holder != tx {
			continue
		}
		t.holder = nil
		switch {
		case len(t.waiting) > 0:
			t.promised = true
			close(t.waiting[0])
			t.waiting = slices.Delete(t.waiting, 0, 1)
		case t.quiet > quietTurns:
			delete(s.turns, row)
		}
	}
	tx.turns = nil
}
