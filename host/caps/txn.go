package caps

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"qvat/host/store"
)

// TxnOptions say what a [Txn] is made of. Tx must be set.
type TxnOptions struct {
	// Tx is the transaction of the store, which its owner commits.
	Tx store.Tx
	// At is when it happens, for all that depends on time.
	At time.Time
	// Chance gives 32 bytes that nobody can guess, each time others; nil: the
	// system's. Its error ends what asked for them.
	Chance func() ([32]byte, error)
	// Accounts is who counts what agents pay; nil: nothing is counted.
	Accounts Accounts
	// After is what went before in the same transaction of the store, whose agents
	// are known; nil: nothing.
	After *Txn
}

// Txn is what is done with what is held, in one transaction. It is for one
// goroutine. After an error the store's transaction, or the savepoint around what
// failed, must be rolled back, and the Txn be left.
type Txn struct {
	k      *Keeper
	o      TxnOptions
	agents map[string]*Agent // those that it has made or read, by number
	topics []string          // to be notified after the commit
}

// Txn begins one.
func (k *Keeper) Txn(o TxnOptions) *Txn {
	if o.Chance == nil {
		o.Chance = chance
	}
	x := &Txn{k: k, o: o, agents: map[string]*Agent{}}
	if o.After != nil {
		x.agents, x.o.After = maps.Clone(o.After.agents), nil
	}
	return x
}

// chance gives 32 bytes of the system's.
func chance() (n [32]byte, _ error) {
	rand.Read(n[:]) //nolint:errcheck // it never fails
	return n, nil
}

// Time is when the transaction happens.
func (x *Txn) Time() time.Time { return x.o.At }

// Millis is the same in milliseconds since 1970.
func (x *Txn) Millis() int64 { return x.o.At.UnixMilli() }

// Random gives a number that nobody can guess.
func (x *Txn) Random() (Number, error) {
	n, err := x.o.Chance()
	if err != nil {
		return Number{}, fmt.Errorf("draw a number: %w", err)
	}
	return n, nil
}

// NotifyLater has a topic be notified after the commit.
func (x *Txn) NotifyLater(topic string) { x.topics = append(x.topics, topic) }

// Find reads a row into v and tells whether it is there.
func (x *Txn) Find(ctx context.Context, table, key string, v any) (bool, error) {
	b, ok, err := x.o.Tx.Get(ctx, table, key)
	if err != nil || !ok {
		return false, err
	}
	return true, DecodeRow(table, key, b, v)
}

// DecodeRow reads a row's value. That it does not fit is damage.
func DecodeRow(table, key string, b []byte, v any) error {
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("row %s of %s is damaged: %w", key, table, err)
	}
	return nil
}

// Put writes a row.
func (x *Txn) Put(ctx context.Context, table, key string, v any) error {
	b, err := EncodeJSON(v)
	if err != nil {
		return fmt.Errorf("write row %s of %s: %w", key, table, err)
	}
	return x.o.Tx.Set(ctx, table, key, b)
}

// present is the value of rows that are only there.
var present = []byte("1")

// mark writes a row that is only there.
func (x *Txn) mark(ctx context.Context, table, key string) error {
	return x.o.Tx.Set(ctx, table, key, present)
}

// Drop removes a row and tells whether it was there.
func (x *Txn) Drop(ctx context.Context, table, key string) (bool, error) {
	return x.o.Tx.Delete(ctx, table, key)
}

// PageRows is how many rows are read at a time.
const PageRows = 64

// Each gives the rows of a table that q asks for, q.Limit of them at a time (0:
// PageRows), until give has enough or fails. Rows that give writes or removes are
// seen or not.
func (x *Txn) Each(ctx context.Context, table string, q store.EntriesQuery, give func(key string, value []byte) (more bool, err error)) error {
	if q.Limit == 0 {
		q.Limit = PageRows
	}
	for {
		entries, err := x.o.Tx.Entries(ctx, table, q)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if more, err := give(e.Key, e.Value); err != nil || !more {
				return err
			}
		}
		if len(entries) < q.Limit {
			return nil
		}
		if last := entries[len(entries)-1].Key; q.Reverse {
			q.Before = last
		} else {
			q.After = last
		}
	}
}
