package store

import (
	"context"
	"unicode/utf8"

	"qvat/chains"
)

// Tx is one message's transaction. It sees one state of the store, which is that
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
	// SQL runs one statement; see [Rows] for what it may do and answer. It
	// fails with ErrExclusive when it writes, or when the transaction has
	// written, unless the transaction is exclusive.
	SQL(ctx context.Context, text string, params []any) (*Rows, error)
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
	Limit  int    // how many at most; 0 is Options.EntryCount, above which it fails
	// Reverse gives the entries from the last to the first.
	Reverse bool
}

// Entry is a row of a table. The caller must not change the value.
type Entry struct {
	Key   string
	Value []byte
}

// Record is what is kept of a message.
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

	// Once, which is not kept, makes Commit fail with ErrDuplicate when a
	// message with this id has committed, as far back as records are kept.
	Once bool
}

// kept gives a record that the caller's later changes to r do not touch; the
// bytes that it points at must stay as they are.
func (r *Record) kept() *Record {
	if r == nil {
		return nil
	}
	c := *r
	return &c
}

const recordOverhead = 256

func (r *Record) bytes() int64 {
	return int64(len(r.Outcome)+len(r.Result)+len(r.Recorded)) + recordOverhead
}

// staged is a row for the outbox.
type staged struct {
	kind    string
	payload []byte
}

// written is what a transaction of either kind has collected to commit, and
// what bounds it.
type written struct {
	o      *Options
	staged []staged
	bytes  int64
}

// Stage is [Tx.Stage].
func (w *written) stage(kind string, payload []byte) error {
	switch {
	case len(payload) > w.o.ValueBytes:
		return &LimitError{"a staged payload's bytes", int64(w.o.ValueBytes)}
	case len(w.staged) >= min(w.o.TxStaged, maxStaged):
		return &LimitError{"staged rows of a transaction", int64(min(w.o.TxStaged, maxStaged))}
	}
	if err := w.charge(len(kind) + len(payload)); err != nil {
		return err
	}
	w.staged = append(w.staged, staged{kind, append([]byte{}, payload...)})
	return nil
}

// charge counts n bytes against the transaction's bound.
func (w *written) charge(n int) error {
	if w.bytes+int64(n) > w.o.TxBytes {
		return &LimitError{"a transaction's bytes", w.o.TxBytes}
	}
	w.bytes += int64(n) + versionOverhead
	return nil
}

// checkRow checks the name of a row, and of a table when key is "".
func (o *Options) checkRow(table, key string) error {
	switch {
	case len(table) > o.TableBytes:
		return &LimitError{"a table name's bytes", int64(o.TableBytes)}
	case len(key) > o.KeyBytes:
		return &LimitError{"a key's bytes", int64(o.KeyBytes)}
	case !utf8.ValidString(table) || !utf8.ValidString(key):
		return ErrName
	}
	return nil
}

// checkRecord checks what a commit is to keep.
func (o *Options) checkRecord(r *Record) error {
	if r != nil && (len(r.Result) > o.ValueBytes || int64(len(r.Recorded)) > o.TxBytes) {
		return &LimitError{"a record's bytes", int64(o.ValueBytes)}
	}
	return nil
}

// limit gives how many entries a query may be answered with.
func (o *Options) limit(q EntriesQuery) (int, error) {
	if q.Limit < 0 || q.Limit > o.EntryCount {
		return 0, &LimitError{"entries at a time", int64(o.EntryCount)}
	}
	if q.Limit == 0 {
		return o.EntryCount, nil
	}
	return q.Limit, nil
}

// collector gathers entries within a transaction's bounds.
type collector struct {
	o       *Options
	limit   int
	entries []Entry
	bytes   int
	err     error
}

// add takes an entry and tells whether there may be another.
func (c *collector) add(key string, value []byte) bool {
	c.bytes += len(key) + len(value)
	if c.bytes > c.o.AnswerBytes {
		c.err = &LimitError{"an answer's bytes", int64(c.o.AnswerBytes)}
		return false
	}
	c.entries = append(c.entries, Entry{key, value})
	return !c.full()
}

func (c *collector) full() bool { return len(c.entries) >= c.limit }
