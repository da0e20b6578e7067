package sqlite

import (
	"context"

	"qvat/host/store"
	"qvat/host/store/sqlite/statement"
)

func (tx *snapshotTx) query(ctx context.Context, text string, params []any) (*store.Rows, error) {
	for row, l := range tx.rows { // order: any one will do
		if l.wrote && !store.Own(row.table) {
			return nil, store.ErrExclusive
		}
	}
	if err := tx.catchUp(ctx); err != nil {
		return nil, err
	}
	tx.all = true // an error, too, tells something of what is there
	q := statement.Statement{Conn: tx.reader.c, Text: text, Params: params, Stop: tx.bounds(ctx).Stop}
	rows, _, err := q.Run(tx.o.statementBounds())
	return rows, stopped(ctx, err)
}

// catchUp gives the transaction a snapshot that SQLite has in full, since SQL
// sees nothing of the overlay. If what it has read is still so, it is as if it
// had begun only now.
func (tx *snapshotTx) catchUp(ctx context.Context) error {
	h := tx.h
	h.mu.Lock()
	if tx.epoch != h.epoch {
		h.mu.Unlock()
		return store.ErrConflict
	}
	if tx.reader.pinned == tx.seq {
		h.mu.Unlock()
		return nil
	}
	b := h.batchOf(tx.seq)
	h.mu.Unlock()
	if b != nil {
		select {
		case <-b.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if b.err != nil {
			return store.ErrConflict
		}
	}
	return tx.reopen()
}
