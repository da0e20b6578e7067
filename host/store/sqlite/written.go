package sqlite

import (
	"unicode/utf8"

	"qvat/host/store"
)

// keptRecord gives a record that the caller's later changes to r do not touch; the
// bytes that it points at must stay as they are.
func keptRecord(r *store.Record) *store.Record {
	if r == nil {
		return nil
	}
	c := *r
	return &c
}

const recordOverhead = 256

func recordBytes(r *store.Record) int64 {
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
		return &store.LimitError{Limit: "a staged payload's bytes", Max: int64(w.o.ValueBytes)}
	case len(w.staged) >= min(w.o.TxStaged, maxStaged):
		return &store.LimitError{Limit: "staged rows of a transaction", Max: int64(min(w.o.TxStaged, maxStaged))}
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
		return &store.LimitError{Limit: "a transaction's bytes", Max: w.o.TxBytes}
	}
	w.bytes += int64(n) + versionOverhead
	return nil
}

// checkRow checks the name of a row, and of a table when key is "".
func (o *Options) checkRow(table, key string) error {
	switch {
	case len(table) > o.TableBytes:
		return &store.LimitError{Limit: "a table name's bytes", Max: int64(o.TableBytes)}
	case len(key) > o.KeyBytes:
		return &store.LimitError{Limit: "a key's bytes", Max: int64(o.KeyBytes)}
	case !utf8.ValidString(table) || !utf8.ValidString(key):
		return store.ErrName
	}
	return nil
}

// checkRecord checks what a commit is to keep.
func (o *Options) checkRecord(r *store.Record) error {
	if r != nil && (len(r.Result) > o.ValueBytes || int64(len(r.Recorded)) > o.TxBytes) {
		return &store.LimitError{Limit: "a record's bytes", Max: int64(o.ValueBytes)}
	}
	return nil
}

// limit gives how many entries a query may be answered with.
func (o *Options) limit(q store.EntriesQuery) (int, error) {
	if q.Limit < 0 || q.Limit > o.EntryCount {
		return 0, &store.LimitError{Limit: "entries at a time", Max: int64(o.EntryCount)}
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
	entries []store.Entry
	bytes   int
	err     error
}

// add takes an entry and tells whether there may be another.
func (c *collector) add(key string, value []byte) bool {
	c.bytes += len(key) + len(value)
	if c.bytes > c.o.AnswerBytes {
		c.err = &store.LimitError{Limit: "an answer's bytes", Max: int64(c.o.AnswerBytes)}
		return false
	}
	c.entries = append(c.entries, store.Entry{Key: key, Value: value})
	return !c.full()
}

func (c *collector) full() bool { return len(c.entries) >= c.limit }
