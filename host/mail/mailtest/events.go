package mailtest

import (
	"context"
	"log/slog"
	"sync"

	"qvat/host/mail"
	"qvat/host/store"
)

// events are what has happened in a vat: a transaction that wrote has committed, a
// row of the outbox is done, or something was logged.
type events struct {
	mu   sync.Mutex
	next chan struct{} // closed by the next one
	read chan struct{} // closed by the next transaction, though it has only read
}

func (e *events) wait(c *chan struct{}) <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	if *c == nil {
		*c = make(chan struct{})
	}
	return *c
}

func (e *events) happened(all ...*chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range all {
		if *c != nil {
			close(*c)
			*c = nil
		}
	}
}

// NextCommit gives a channel that is closed when the vat's next transaction has
// committed, though it has only read.
func (v *Vat) NextCommit() <-chan struct{} { return v.events.wait(&v.events.read) }

// Until waits until something is so: it looks again each time that something has
// happened in the vat. There is no deadline but the test's own.
func (v *Vat) Until(so func() bool) { Until(so, v) }

// Until is that of vats, for something in several.
func Until(so func() bool, vats ...*Vat) {
	wake := make(chan struct{}, 1)
	for {
		over := make(chan struct{})
		for _, v := range vats {
			next := v.events.wait(&v.events.next)
			go func() {
				select {
				case <-next:
					select {
					case wake <- struct{}{}:
					default:
					}
				case <-over:
				}
			}()
		}
		done := so()
		if !done {
			<-wake
		}
		close(over)
		if done {
			return
		}
	}
}

// watched is a store that tells when something has happened.
type watched struct {
	mail.Store
	e *events
}

func (w watched) Begin(ctx context.Context) (store.Tx, error) {
	tx, err := w.Store.Begin(ctx)
	return &watchedTx{Tx: tx, e: w.e}, err
}

func (w watched) BeginExclusive(ctx context.Context) (store.Tx, error) {
	tx, err := w.Store.BeginExclusive(ctx)
	return &watchedTx{Tx: tx, e: w.e}, err
}

func (w watched) Ack(ctx context.Context, ids ...int64) error {
	err := w.Store.Ack(ctx, ids...)
	w.e.happened(&w.e.next)
	return err
}

// watchedTx notes whether it writes.
type watchedTx struct {
	store.Tx
	e     *events
	wrote bool
}

func (w *watchedTx) Set(ctx context.Context, table, key string, value []byte) error {
	w.wrote = true
	return w.Tx.Set(ctx, table, key, value)
}

func (w *watchedTx) Commit(ctx context.Context, r *store.Record) error {
	err := w.Tx.Commit(ctx, r)
	w.e.happened(&w.e.read)
	if w.wrote {
		w.e.happened(&w.e.next)
	}
	return err
}

// logged is a log whose lines are events.
type logged struct {
	slog.Handler
	e *events
}

func (l logged) Enabled(context.Context, slog.Level) bool { return true }

func (l logged) Handle(context.Context, slog.Record) error {
	l.e.happened(&l.e.next)
	return nil
}
