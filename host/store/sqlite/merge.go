package sqlite

import (
	"context"
	"slices"

	"qvat/host/store"
	"qvat/host/store/sqlite/lite"
)

// layer is a row that stands over what SQLite has.
type layer struct {
	key   string
	value []byte // nil when it is not there
}

// layers gives the rows of a span that the overlay or the transaction itself
// has, in its order.
func (tx *snapshotTx) layers(s span) ([]layer, error) {
	tx.s.mu.Lock()
	if tx.epoch != tx.s.epoch {
		tx.s.mu.Unlock()
		return nil, store.ErrConflict
	}
	tx.advance()
	versions := tx.s.overlay.within(s, tx.seq)
	tx.s.mu.Unlock()
	found := make([]layer, 0, len(versions))
	for _, v := range versions {
		tx.seen = max(tx.seen, v.seq)
		if !tx.rows[v.row].wrote {
			found = append(found, layer{v.row.key, v.value})
		}
	}
	for row, l := range tx.rows {
		if l.wrote && row.table == s.table && s.holds(row.key) {
			found = append(found, layer{row.key, l.value})
		}
	}
	slices.SortFunc(found, func(a, b layer) int {
		if s.back {
			a, b = b, a
		}
		return compareKeys(a.key, b.key)
	})
	return found, nil
}

// merge gives the rows of a span, as the transaction sees them, to a collector.
func (tx *snapshotTx) merge(s span, into *collector) error {
	over, err := tx.layers(s)
	if err != nil {
		return err
	}
	// give passes on the layers before key, or all of them, and tells whether
	// the collector takes more.
	give := func(key string, last bool) bool {
		for len(over) > 0 && (last || s.precedes(over[0].key, key)) {
			l := over[0]
			over = over[1:]
			if l.value != nil && !into.add(l.key, l.value) {
				return false
			}
		}
		return true
	}
	more := true
	err = tx.reader.each(s, func(key string, value []byte) bool {
		if more = give(key, false); !more {
			return false
		}
		if len(over) > 0 && over[0].key == key {
			return true // the layer stands for it, and is given with the next key
		}
		more = into.add(key, value)
		return more
	})
	if err == nil && more {
		give("", true)
	}
	return err
}

func (tx *snapshotTx) Count(ctx context.Context, table string) (n int64, err error) {
	if err := tx.enter(ctx); err != nil {
		return 0, err
	}
	defer tx.leave(&err)
	if err := tx.o.checkRow(table, ""); err != nil {
		return 0, err
	}
	whole := span{table: table}
	over, err := tx.layers(whole)
	if err != nil {
		return 0, err
	}
	tx.reader.c.Guard(tx.bounds(ctx))
	n, err = tx.reader.count(table)
	tx.reader.c.Unguard()
	if err != nil {
		return 0, stopped(ctx, err)
	}
	for _, l := range over {
		below, err := tx.reader.value(rowKey{table, l.key})
		switch {
		case err != nil:
			return 0, err
		case below == nil && l.value != nil:
			n++
		case below != nil && l.value == nil:
			n--
		}
	}
	tx.spans = append(tx.spans, whole)
	return n, nil
}

// stopped says why a guard stopped a statement; other errors stay as they are.
func stopped(ctx context.Context, err error) error {
	if !lite.IsInterrupted(err) {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return store.ErrConflict
}
