// Package store is the contract of a vat's database: rows that programs read and
// write, the records of invocations, the outbox, and the programs themselves.
// Package sqlite is the one that a vat has by itself; package storetest holds
// what each must pass.
//
// What every store promises:
//
//   - Each transaction ([Tx]) sees one state, whatever happens meanwhile, and
//     the transactions that commit are as if they had run one after the other.
//     One that would break this fails with [ErrConflict] and is run again:
//     [Update] and [Rerun] do that.
//   - When Commit returns without an error, all that the transaction did, and
//     all that it had read, is on the disk. When it returns an error, or the
//     process is killed before it returns, all of it is there or none.
//   - Rows of tables whose names begin with [OwnPrefix] are the vat's own: no
//     program names them, and no SQL sees them.
package store

import (
	"context"
	"errors"
	"strings"

	"qvat/chains"
)

// Transactions opens transactions. Most callers use [Update].
type Transactions interface {
	// Begin opens a transaction on the newest state. It waits while as many are
	// open as may be; ctx bounds that.
	Begin(ctx context.Context) (Tx, error)
	// BeginExclusive opens a transaction that no other can conflict with. It
	// waits for the exclusive transactions before it, and for what is being
	// written; commits of others wait until it ends, so it should be short. It is
	// for what lost too often, or for SQL that writes.
	BeginExclusive(ctx context.Context) (Tx, error)
}

// Records is what is kept of invocations.
type Records interface {
	// FindRecord gives the record of an invocation that has committed, as far
	// back as records are kept. What it gives is on the disk: it waits for a
	// commit that is under way; ctx bounds that.
	FindRecord(ctx context.Context, id chains.Hash) (r Record, ok bool, err error)
	// RecordFailure keeps the record of an invocation that failed, and was rolled
	// back. It does not wait for the disk, unless many such records do: the record
	// is written some milliseconds later, and is lost if the process is killed
	// before. ctx bounds the wait.
	RecordFailure(ctx context.Context, r Record) error
	// Failures gives the records of the newest invocations that failed, the newest
	// first, n at most.
	Failures(ctx context.Context, n int) ([]Record, error)
}

// Outbox is what transactions have staged, until it is acknowledged.
type Outbox interface {
	// Outbox gives rows with an id above after, in the order of their commits, n
	// at most; those of the kinds alone, where some are given. They are on the
	// disk. Rows of other kinds cost nothing.
	Outbox(ctx context.Context, after int64, n int, kinds ...string) ([]Outgoing, error)
	// OutboxKinds gives the kinds of the rows that are there, sorted.
	OutboxKinds(ctx context.Context) ([]string, error)
	// OutboxSignal receives something when rows have come since it last did. It is
	// for one receiver.
	OutboxSignal() <-chan struct{}
	// Ack removes rows, and returns when that is on the disk. Those that are not
	// there do not matter.
	Ack(ctx context.Context, ids ...int64) error
}

// Tx is a transaction. It sees one state of the store, which is that
// of its first read or a later one in which all that it has read is the same,
// and what it wrote itself. Nobody sees what it wrote until it has committed,
// and then all of it at once. Its calls may come from any goroutine; they are
// served one at a time.
//
// A call that fails has done nothing. After a [*LimitError], a [*SQLError] or
// [ErrName] the transaction can go on; after any other error it cannot commit.
// Every transaction ends with Commit or Rollback.
type Tx interface {
	// Get reads a row. ok is false when it is not there. The caller must not
	// change the value.
	Get(ctx context.Context, table, key string) (value []byte, ok bool, err error)
	// Has tells whether a row is there.
	Has(ctx context.Context, table, key string) (bool, error)
	// Set writes a row. The value is one JSON text, which the caller has
	// checked; the store takes a copy.
	Set(ctx context.Context, table, key string, value []byte) error
	// Delete removes a row and tells whether it was there.
	Delete(ctx context.Context, table, key string) (existed bool, err error)
	// Entries gives rows of a table in the byte order of their keys, or in the
	// reverse of that.
	Entries(ctx context.Context, table string, q EntriesQuery) ([]Entry, error)
	// Count counts the rows of a table. It takes time in proportion to them.
	Count(ctx context.Context, table string) (int64, error)
	// SQL gives the transaction's SQL; nil where the store has none.
	SQL() SQL
	// Savepoint runs work, and takes back what it has written and staged when it
	// fails: the transaction can go on as if work had only read. It gives work's
	// error. When it cannot be taken back, the transaction cannot commit. It
	// nests; work's calls are its own goroutine's.
	Savepoint(ctx context.Context, work func() error) error
	// Stage adds a row to the outbox, which is there when the transaction has
	// committed. The store takes a copy of the payload.
	Stage(kind string, payload []byte) error
	// Commit makes the transaction's writes, staged rows and record last, and
	// returns when they are on the disk. When the transaction wrote nothing
	// and r is nil, it returns when all that the transaction has read is on
	// the disk. After an error nothing was kept: [ErrConflict] (run it again),
	// [ErrDuplicate] (answer from the record), a [*WriteError], [ErrBroken],
	// or ctx's.
	//
	// ctx bounds the wait for an exclusive transaction to end. It does not
	// bound the write: once that is under way, Commit answers what became of
	// it. The transaction is over when Commit returns, whatever it returns.
	Commit(ctx context.Context, r *Record) error
	// Rollback ends the transaction without a trace. It does nothing when the
	// transaction is over, so it can be deferred.
	Rollback()
}

// EntriesQuery says which entries of a table to give.
type EntriesQuery struct {
	Prefix string // keys that begin with it
	After  string // keys above it; "" is no bound
	Before string // keys below it; "" is no bound
	Limit  int    // how many at most; 0 is all that the store allows, above which it fails
	// Reverse gives the entries from the last to the first.
	Reverse bool
}

// Entry is a row of a table. The caller must not change the value.
type Entry struct {
	Key   string
	Value []byte
}

// Record is what is kept of an invocation.
type Record struct {
	ID      chains.Hash
	At      int64  // when it arrived, in microseconds since 1970
	Outcome string // "" or a code of docs/ERRORS.md
	Result  []byte // JSON; nil is undefined
	Fuel    int64
	Memory  int64 // bytes
	Micros  int64 // how long it ran
	// Recorded is what the message was told by the clock, by chance and by the
	// network, in a form of the powers' own, so that it can be run again.
	Recorded []byte

	// Once, which is not kept, makes Commit fail with ErrDuplicate when an
	// invocation with this id has committed, as far back as records are kept.
	Once bool
}

// SQL is what a store may offer beside rows: statements in its own dialect, under
// its own policy of what they may touch.
type SQL interface {
	// Query runs one statement; the store says what it may do and answer. It
	// fails with [ErrExclusive] when it writes, or when the transaction has
	// written, unless the transaction is exclusive; with a [*SQLError] when the
	// statement is at fault.
	Query(ctx context.Context, text string, params []any) (*Rows, error)
}

// Rows is the answer to a statement. Its values are what JSON can carry: nil,
// int64, float64 and string.
type Rows struct {
	Columns []string
	Rows    [][]any
}

// Outgoing is a row of the outbox.
type Outgoing struct {
	ID      int64 // above those of all earlier commits; never used again
	Kind    string
	Payload []byte
}

// OwnPrefix is how the names of the vat's own tables begin. They are rows like
// others, in the same transactions, but programs do not name them and SQL does
// not see them.
const OwnPrefix = "qvat:"

// Own tells whether a table is one of the vat's own.
func Own(table string) bool { return strings.HasPrefix(table, OwnPrefix) }

// sharedTries is how often a transaction is run beside others before it gets the
// store to itself.
const sharedTries = 12

// Rerun calls attempt until it neither loses a conflict nor asks for a
// transaction of its own. exclusive says which of [Transactions] the attempt is
// to open: after sharedTries conflicts, or [ErrExclusive], one that no other can
// conflict with. Whatever else attempt returns, Rerun returns.
func Rerun(attempt func(exclusive bool) error) error {
	alone := false
	for n := 1; ; n++ {
		err := attempt(alone || n > sharedTries)
		switch {
		case errors.Is(err, ErrConflict):
		case errors.Is(err, ErrExclusive):
			alone = true
		default:
			return err
		}
	}
}

// Open opens a transaction of either kind.
func Open(ctx context.Context, s Transactions, exclusive bool) (Tx, error) {
	if exclusive {
		return s.BeginExclusive(ctx)
	}
	return s.Begin(ctx)
}

// Update runs work in a transaction and commits that, with no record; again when
// it lost a conflict. After an error, which is work's or Commit's, nothing was
// kept. work may run several times: what it leaves outside the transaction, it
// sets anew each time.
func Update(ctx context.Context, s Transactions, work func(Tx) error) error {
	return Rerun(func(exclusive bool) error {
		tx, err := Open(ctx, s, exclusive)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if err := work(tx); err != nil {
			return err
		}
		return tx.Commit(ctx, nil)
	})
}
