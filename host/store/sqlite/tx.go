package sqlite

import (
	"context"
	"errors"
	"sync"

	"qvat/host/store"
)

// tx is what transactions of either kind are: calls that are served one at a time,
// within bounds, and what has been collected to commit.
type tx struct {
	view view // how this kind reads and writes

	mu  sync.Mutex // guards what follows, and the view
	err error      // why it cannot go on; store.ErrOver when it is over
	written
}

// view is one kind of transaction. Its calls are made with tx.mu held.
type view interface {
	// ready tells whether the transaction can go on where no call has failed.
	ready() error
	// left is called when a call has ended, without tx.mu.
	left()
	// broken tells whether an error has ended it, although others would not.
	broken() bool
	value(ctx context.Context, row rowKey) ([]byte, error)
	// put writes a row; nil deletes it.
	put(row rowKey, value []byte) error
	entries(s span, into *collector) error
	count(ctx context.Context, table string) (int64, error)
	query(ctx context.Context, text string, params []any) (*store.Rows, error)
}

// survivable tells whether a transaction can go on after an error.
func survivable(err error) bool {
	var limit *store.LimitError
	var sql *store.SQLError
	return errors.As(err, &limit) || errors.As(err, &sql) || errors.Is(err, store.ErrName)
}

// enter locks a transaction for one call.
func (tx *tx) enter(ctx context.Context) error {
	tx.mu.Lock()
	if err := tx.view.ready(); err != nil {
		tx.err = err
	}
	if tx.err == nil {
		tx.err = ctx.Err()
	}
	err := tx.err
	if err != nil {
		tx.mu.Unlock()
	}
	return err
}

// leave unlocks it. An error after which it cannot go on stays.
func (tx *tx) leave(err *error) {
	if *err == nil {
		*err = tx.view.ready()
	}
	if *err != nil && tx.err == nil && (!survivable(*err) || tx.view.broken()) {
		tx.err = *err
	}
	tx.mu.Unlock()
	tx.view.left()
}

func (tx *tx) Get(ctx context.Context, table, key string) (value []byte, ok bool, err error) {
	if err := tx.enter(ctx); err != nil {
		return nil, false, err
	}
	defer tx.leave(&err)
	value, err = tx.view.value(ctx, rowKey{table, key})
	return value, value != nil, err
}

func (tx *tx) Has(ctx context.Context, table, key string) (bool, error) {
	_, ok, err := tx.Get(ctx, table, key)
	return ok, err
}

func (tx *tx) Set(ctx context.Context, table, key string, value []byte) (err error) {
	if err := tx.enter(ctx); err != nil {
		return err
	}
	defer tx.leave(&err)
	if len(value) > tx.o.ValueBytes {
		return &store.LimitError{Limit: "a value's bytes", Max: int64(tx.o.ValueBytes)}
	}
	if err := tx.o.checkRow(table, key); err != nil {
		return err
	}
	if err := tx.charge(len(table) + len(key) + len(value)); err != nil {
		return err
	}
	return tx.view.put(rowKey{table, key}, append([]byte{}, value...))
}

func (tx *tx) Delete(ctx context.Context, table, key string) (existed bool, err error) {
	if err := tx.enter(ctx); err != nil {
		return false, err
	}
	defer tx.leave(&err)
	row := rowKey{table, key}
	value, err := tx.view.value(ctx, row)
	if err != nil || value == nil {
		return false, err
	}
	return true, tx.view.put(row, nil)
}

func (tx *tx) Entries(ctx context.Context, table string, q store.EntriesQuery) (_ []store.Entry, err error) {
	if err := tx.enter(ctx); err != nil {
		return nil, err
	}
	defer tx.leave(&err)
	if err := tx.o.checkRow(table, ""); err != nil {
		return nil, err
	}
	limit, err := tx.o.limit(q)
	if err != nil {
		return nil, err
	}
	into := &collector{o: tx.o, limit: limit}
	if err := errors.Join(tx.view.entries(spanOf(table, q), into), into.err); err != nil {
		return nil, err
	}
	return into.entries, nil
}

func (tx *tx) Count(ctx context.Context, table string) (n int64, err error) {
	if err := tx.enter(ctx); err != nil {
		return 0, err
	}
	defer tx.leave(&err)
	if err := tx.o.checkRow(table, ""); err != nil {
		return 0, err
	}
	return tx.view.count(ctx, table)
}

// SQL is store.Tx's: the transaction itself.
func (tx *tx) SQL() store.SQL { return tx }

func (tx *tx) Query(ctx context.Context, text string, params []any) (_ *store.Rows, err error) {
	if err := tx.enter(ctx); err != nil {
		return nil, err
	}
	defer tx.leave(&err)
	return tx.view.query(ctx, text, params)
}

func (tx *tx) Stage(kind string, payload []byte) (err error) {
	if err := tx.enter(context.Background()); err != nil {
		return err
	}
	defer tx.leave(&err)
	return tx.stage(kind, payload)
}
