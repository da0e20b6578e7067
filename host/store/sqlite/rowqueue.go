package sqlite

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Transactions that read and write the same row at once cost more than they
// do: of those that overlap one commits, and the others' work is thrown away.
// So a row over which there was a conflict is taken in turns for a while: a
// transaction that reads it waits until the one before has committed or ended.
//
// That is only advice. Nothing depends on it but how much work is done twice:
// who has waited for Options.RowWait, perhaps in a circle, goes on without a
// turn, which also ends the turns for that row until there is another conflict.

const (
	// maxQueues is how many rows are taken in turns at most.
	maxQueues = 1024
	// quietTurns is after how many turns that nobody waited for they end.
	quietTurns = 256
)

// rowQueues are the rows that are taken in turns.
type rowQueues struct {
	mu   *sync.Mutex   // history's, which guards all of this
	wait time.Duration // Options.RowWait
	rows map[rowKey]*rowQueue
}

// rowQueue is whose turn it is with a row.
type rowQueue struct {
	holder   *snapshotTx     // nil when it is nobody's
	promised bool            // it is that of one who is about to wake up
	waiting  []chan struct{} // a channel is closed when the turn has come, or turns have ended
	quiet    int             // turns since somebody last waited
}

// add has a row taken in turns from now on. history.mu is held.
func (q *rowQueues) add(row rowKey) {
	if q.rows[row] != nil {
		return
	}
	for other, t := range q.rows { // order: which row's turns end, no transaction can tell: they are advice
		if len(q.rows) < maxQueues {
			break
		}
		if t.holder == nil && !t.promised {
			delete(q.rows, other)
		}
	}
	if len(q.rows) < maxQueues {
		q.rows[row] = &rowQueue{}
	}
}

// await returns when it is the transaction's turn with a row, or it need
// not wait any longer. history.mu is held, but not while it waits.
func (q *rowQueues) await(ctx context.Context, tx *snapshotTx, row rowKey) {
	t := q.rows[row]
	if t == nil {
		return
	}
	if t.holder == nil && !t.promised {
		q.take(tx, row, t)
		return
	}
	come := make(chan struct{})
	t.waiting = append(t.waiting, come)
	t.quiet = 0
	q.mu.Unlock()
	timer := time.NewTimer(q.wait)
	defer timer.Stop()
	late := false
	select {
	case <-come:
	case <-ctx.Done():
	case <-timer.C:
		late = true
	}
	q.mu.Lock()
	if q.rows[row] != t {
		return
	}
	i := slices.Index(t.waiting, come)
	switch {
	case i < 0: // it has come
		q.take(tx, row, t)
	case late:
		q.end(row, t)
	default:
		t.waiting = slices.Delete(t.waiting, i, i+1)
	}
}

// take gives a transaction its turn. history.mu is held.
func (q *rowQueues) take(tx *snapshotTx, row rowKey, t *rowQueue) {
	t.holder, t.promised = tx, false
	t.quiet++
	tx.turns = append(tx.turns, row)
}

// end has a row taken by everybody at once again. history.mu is held.
func (q *rowQueues) end(row rowKey, t *rowQueue) {
	delete(q.rows, row)
	for _, come := range t.waiting {
		close(come)
	}
}

// pass ends the transaction's turns. history.mu is held.
func (q *rowQueues) pass(tx *snapshotTx) {
	for _, row := range tx.turns {
		t := q.rows[row]
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
			delete(q.rows, row)
		}
	}
	tx.turns = nil
}
