// Package storetest is what every kind of transaction on every kind of store
// must pass: run it over each.
package storetest

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"qvat/host/store"
)

// Store is what a store is to the suite.
type Store interface {
	store.Transactions
	store.Records
	store.Outbox
	// Check fails when what the store holds is not whole.
	Check(ctx context.Context) error
	Close() error
}

// Subject is a store, as it is to be opened, and a kind of transaction on it.
type Subject struct {
	// Open opens the store that lies at a path, or makes it there.
	Open func(ctx context.Context, path string) (Store, error)
	// Exclusive has the suite use transactions that no other can conflict with.
	Exclusive bool
	// Alone says that one transaction is open at a time.
	Alone bool
}

// Run runs the suite.
func Run(t *testing.T, subject Subject) {
	run(t, subject, false, map[string]func(*env){
		"writes are seen by itself":       ownWrites,
		"rollback leaves nothing":         rollback,
		"what is committed stays":         reopen,
		"deleting":                        deleting,
		"names are bytes":                 names,
		"entries":                         entries,
		"entries see its own writes":      entriesOwn,
		"counting":                        counting,
		"limits":                          limits,
		"an error leaves it usable":       survives,
		"a transaction that is over":      over,
		"a context that has ended":        ended,
		"records":                         records,
		"at most once":                    once,
		"the outbox":                      outbox,
		"nothing staged without a commit": unstaged,
		"a savepoint takes back":          savepoints,
		"a savepoint reads nothing":       savepointBlind,
		"SQL reads rows":                  sqlReads,
		"SQL's values":                    sqlValues,
		"values do not alias":             aliasing,
		"SQL sees nothing of the vat's":   sqlOwn,
	})
	run(t, subject, true, map[string]func(*env){
		"own tables: writes are seen by itself":  ownWrites,
		"own tables: rollback leaves nothing":    rollback,
		"own tables: what is committed stays":    reopen,
		"own tables: deleting":                   deleting,
		"own tables: names are bytes":            names,
		"own tables: entries":                    entries,
		"own tables: entries see its own writes": entriesOwn,
		"own tables: counting":                   counting,
		"own tables: a savepoint takes back":     savepoints,
		"own tables: an error leaves it usable":  survives,
		"own tables: a transaction that is over": over,
		"own tables: a context that has ended":   ended,
		"own tables: values do not alias":        aliasing,
	})
}

// ownTx is a transaction in which every table is one of the vat's own.
type ownTx struct{ store.Tx }

func (tx ownTx) Get(ctx context.Context, table, key string) ([]byte, bool, error) {
	return tx.Tx.Get(ctx, store.OwnPrefix+table, key)
}

func (tx ownTx) Has(ctx context.Context, table, key string) (bool, error) {
	return tx.Tx.Has(ctx, store.OwnPrefix+table, key)
}

func (tx ownTx) Set(ctx context.Context, table, key string, value []byte) error {
	return tx.Tx.Set(ctx, store.OwnPrefix+table, key, value)
}

func (tx ownTx) Delete(ctx context.Context, table, key string) (bool, error) {
	return tx.Tx.Delete(ctx, store.OwnPrefix+table, key)
}

func (tx ownTx) Entries(ctx context.Context, table string, q store.EntriesQuery) ([]store.Entry, error) {
	return tx.Tx.Entries(ctx, store.OwnPrefix+table, q)
}

func (tx ownTx) Count(ctx context.Context, table string) (int64, error) {
	return tx.Tx.Count(ctx, store.OwnPrefix+table)
}

func run(t *testing.T, subject Subject, own bool, tests map[string]func(*env)) {
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := &env{T: t, subject: subject, own: own, path: filepath.Join(t.TempDir(), "vat.db")}
			e.open()
			defer e.close()
			test(e)
		})
	}
}

// env is one test's store.
type env struct {
	*testing.T
	subject Subject
	own     bool // tables are the vat's own
	path    string
	s       Store
}

func (e *env) open() {
	e.Helper()
	s, err := e.subject.Open(e.Context(), e.path)
	if err != nil {
		e.Fatal(err)
	}
	e.s = s
}

// close checks the store and closes it.
func (e *env) close() {
	e.Helper()
	if err := errors.Join(e.s.Check(context.Background()), e.s.Close()); err != nil {
		e.Error(err)
	}
}

// do runs f in a transaction that it commits.
func (e *env) do(f func(tx store.Tx)) {
	e.Helper()
	e.commit(nil, f)
}

func (e *env) commit(r *store.Record, f func(tx store.Tx)) {
	e.Helper()
	tx := e.begin()
	defer tx.Rollback()
	f(tx)
	if err := tx.Commit(e.Context(), r); err != nil {
		e.Fatalf("commit: %v", err)
	}
}

func (e *env) begin() store.Tx {
	e.Helper()
	tx, err := store.Open(e.Context(), e.s, e.subject.Exclusive)
	if e.own {
		tx = ownTx{tx}
	}
	if err != nil {
		e.Fatalf("begin: %v", err)
	}
	return tx
}

func (e *env) set(tx store.Tx, table, key, value string) {
	e.Helper()
	if err := tx.Set(e.Context(), table, key, []byte(value)); err != nil {
		e.Fatalf("set %q %q: %v", table, key, err)
	}
}

// want compares a row with a value; "" stands for none.
func (e *env) want(tx store.Tx, table, key, value string) {
	e.Helper()
	got, ok, err := tx.Get(e.Context(), table, key)
	if err != nil || ok != (value != "") || string(got) != value {
		e.Errorf("row %q %q: %q, %v, %v; want %q", table, key, got, ok, err, value)
	}
	if has, err := tx.Has(e.Context(), table, key); err != nil || has != ok {
		e.Errorf("has row %q %q: %v, %v; want %v", table, key, has, err, ok)
	}
}

// wantRows compares rows, given as key and value by turns, with a query's.
func (e *env) wantRows(tx store.Tx, table string, q store.EntriesQuery, want ...string) {
	e.Helper()
	entries, err := tx.Entries(e.Context(), table, q)
	if err != nil {
		e.Fatalf("entries of %q, %+v: %v", table, q, err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Key, string(entry.Value))
	}
	if !equal(got, want) {
		e.Errorf("entries of %q, %+v: %q, want %q", table, q, got, want)
	}
}

func (e *env) wantCount(tx store.Tx, table string, want int64) {
	e.Helper()
	if n, err := tx.Count(e.Context(), table); err != nil || n != want {
		e.Errorf("count of %q: %d, %v; want %d", table, n, err, want)
	}
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
