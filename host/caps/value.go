package caps

import (
	"context"
	"slices"
)

// valueKind is JSON that an agent has stored.
var valueKind = Kind{Type: TypeValue, Look: lookValue, Extra: contentBytes, Clear: clearContent}

func lookValue(ctx context.Context, x *Txn, id ID, _ Formula, t *Thing) error {
	value, _, err := x.o.Tx.Get(ctx, tableValue, id.key())
	t.Value = slices.Clone(value)
	return err
}

// SetContent writes what a new thing is beside its formula, one JSON text, at
// payer's cost. It fails with Full when that one has no room.
func (x *Txn) SetContent(ctx context.Context, payer *Agent, id ID, content []byte) error {
	if err := x.charge(ctx, payer.Number, int64(len(content))); err != nil {
		return err
	}
	return x.o.Tx.Set(ctx, tableValue, id.key(), content)
}

// contentBytes is what SetContent has charged.
func contentBytes(ctx context.Context, x *Txn, id ID) (int64, error) {
	content, _, err := x.o.Tx.Get(ctx, tableValue, id.key())
	return int64(len(content)), err
}

// clearContent removes what SetContent has written.
func clearContent(ctx context.Context, x *Txn, id ID) error {
	_, err := x.Drop(ctx, tableValue, id.key())
	return err
}
