package host

import (
	"context"

	"qvat/host/powers"
	"qvat/host/store"
)

// effects is a transaction that notes whether it has any.
type effects struct {
	store.Tx
	exclusive bool
	any       bool
	files     bool // among them changes of files
}

func (e *effects) Set(ctx context.Context, table, key string, value []byte) error {
	e.any = true
	return e.Tx.Set(ctx, table, key, value)
}

func (e *effects) Delete(ctx context.Context, table, key string) (bool, error) {
	e.any = true
	return e.Tx.Delete(ctx, table, key)
}

func (e *effects) Stage(kind string, payload []byte) error {
	e.any = true
	e.files = e.files || kind == powers.OutboxFiles
	return e.Tx.Stage(kind, payload)
}

// SQL gives SQL that notes the same: what writes runs in an exclusive transaction
// alone.
func (e *effects) SQL() store.SQL {
	e.any = e.any || e.exclusive
	return e.Tx.SQL()
}
