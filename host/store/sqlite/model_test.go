package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"qvat/chains"
	"qvat/host/store"
	"qvat/host/store/sqlite"
)

// TestModel interleaves transactions at random and compares everything they
// see with a model: a list of states, one for each commit. A transaction sees
// one of them, and its own writes; when it reads on, that is the newest state
// if what it has read is the same there. One that commits must have read what
// is still so; one that conflicts must have read what was changed.
// Now and then the store is closed and opened, and must be what it was.
func TestModel(t *testing.T) {
	t.Parallel()
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		m := newMachine(t, filepath.Join(dir, fmt.Sprint(n, ".db")))
		defer m.close()
		t.Repeat(map[string]func(*rapid.T){
			"":          m.check,
			"begin":     m.begin,
			"get":       m.get,
			"set":       m.set,
			"delete":    m.delete,
			"entries":   m.entries,
			"count":     m.count,
			"sql":       m.sql,
			"commit":    m.commit,
			"rollback":  m.rollback,
			"exclusive": m.exclusive,
			"reopen":    m.reopen,
		})
	})
}

type state map[string]string // of one table

// machine is a store, its model, and the transactions that are open.
type machine struct {
	options sqlite.Options
	table   string
	s       *sqlite.Store
	states  []state    // after each commit
	wrote   [][]string // the keys that it wrote
	staged  []string   // all that was staged
	records []chains.Hash
	open    []*openTx
	next    int // makes values
	steps   int
}

// openTx is a transaction and what the model knows of it.
type openTx struct {
	tx     store.Tx
	from   int // it sees states[from]
	own    map[string]string
	known  map[string]bool         // rows that it need not read again
	reads  []func(key string) bool // what it read, as a test of keys
	staged []string
}

func newMachine(t *rapid.T, path string) *machine {
	m := &machine{
		options: sqlite.Options{
			Path:         path,
			BatchCommits: rapid.IntRange(1, 3).Draw(t, "batch"),
			TurnWait:     time.Microsecond, // one goroutine has all the turns
		},
		table:  rapid.SampledFrom([]string{"t", store.OwnPrefix + "t"}).Draw(t, "table"),
		states: []state{{}}, wrote: [][]string{nil},
	}
	m.reopenStore(t)
	return m
}

func (m *machine) reopenStore(t *rapid.T) {
	s, err := sqlite.Open(context.Background(), m.options)
	if err != nil {
		t.Fatal(err)
	}
	m.s = s
}

func (m *machine) close() {
	if err := errors.Join(m.s.Check(context.Background()), m.s.Close()); err != nil {
		panic(err)
	}
}

func (m *machine) newest() state { return m.states[len(m.states)-1] }

// view gives what a transaction sees.
func (m *machine) view(o *openTx) state {
	v := maps.Clone(m.states[o.from])
	for k, value := range o.own {
		if value == "" {
			delete(v, k)
		} else {
			v[k] = value
		}
	}
	return v
}

var modelKeys = []string{"a", "ab", "abc", "b", "ba", "c"}

func drawKey(t *rapid.T) string { return rapid.SampledFrom(modelKeys).Draw(t, "key") }

func (m *machine) pick(t *rapid.T) *openTx {
	if len(m.open) == 0 {
		t.Skip("no transaction is open")
	}
	return m.open[rapid.IntRange(0, len(m.open)-1).Draw(t, "transaction")]
}

func (m *machine) begin(t *rapid.T) {
	if len(m.open) == 5 {
		t.Skip("enough are open")
	}
	tx, err := m.s.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	m.open = append(m.open, &openTx{tx: tx, from: len(m.states) - 1, own: map[string]string{}, known: map[string]bool{}})
}

// advance moves a transaction to the newest state if it can be there.
func (m *machine) advance(o *openTx) {
	if !m.stale(o) {
		o.from = len(m.states) - 1
	}
}

// look notes that a transaction is about to read a row by name.
func (m *machine) look(o *openTx, key string) {
	if !o.known[key] {
		m.advance(o)
		o.known[key] = true
		o.reads = append(o.reads, func(k string) bool { return k == key })
	}
}

func (m *machine) get(t *rapid.T) {
	o, key := m.pick(t), drawKey(t)
	m.look(o, key)
	value, _, err := o.tx.Get(context.Background(), m.table, key)
	if want := m.view(o)[key]; err != nil || string(value) != want {
		t.Fatalf("%s is %q, %v; want %q", key, value, err, want)
	}
}

func (m *machine) set(t *rapid.T) {
	o, key := m.pick(t), drawKey(t)
	m.next++
	value := strconv.Itoa(m.next)
	if err := o.tx.Set(context.Background(), m.table, key, []byte(value)); err != nil {
		t.Fatal(err)
	}
	o.own[key], o.known[key] = value, true
	if m.next%4 == 0 {
		if err := o.tx.Stage("k", []byte(value)); err != nil {
			t.Fatal(err)
		}
		o.staged = append(o.staged, value)
	}
}

func (m *machine) delete(t *rapid.T) {
	o, key := m.pick(t), drawKey(t)
	m.look(o, key)
	existed, err := o.tx.Delete(context.Background(), m.table, key)
	if _, want := m.view(o)[key]; err != nil || existed != want {
		t.Fatalf("delete %s: %v, %v; want %v", key, existed, err, want)
	}
	if existed {
		o.own[key] = ""
	}
}

// stale tells whether something that a transaction read has been written since.
func (m *machine) stale(o *openTx) bool {
	for _, keys := range m.wrote[o.from+1:] {
		for _, k := range keys {
			for _, read := range o.reads {
				if read(k) {
					return true
				}
			}
		}
	}
	return false
}

func (m *machine) commit(t *rapid.T) {
	o := m.pick(t)
	m.next++
	r := &store.Record{ID: chains.Hash{0: byte(m.next), 1: byte(m.next >> 8)}, Once: true}
	err := o.tx.Commit(context.Background(), r)
	writes := len(o.own) > 0 || len(o.staged) > 0
	switch stale := m.stale(o) && writes; {
	case stale && !errors.Is(err, store.ErrConflict):
		t.Fatalf("commit: %v, but what it read has been changed", err)
	case !stale && err != nil:
		t.Fatalf("commit: %v, but nothing that it read has been changed", err)
	}
	m.drop(o)
	if err == nil {
		m.records = append(m.records, r.ID)
		m.apply(o)
	}
}

// apply makes a transaction's writes the newest state.
func (m *machine) apply(o *openTx) {
	after := maps.Clone(m.newest())
	for k, value := range o.own {
		if value == "" {
			delete(after, k)
		} else {
			after[k] = value
		}
	}
	m.states = append(m.states, after)
	m.wrote = append(m.wrote, slices.Collect(maps.Keys(o.own)))
	m.staged = append(m.staged, o.staged...)
}

func (m *machine) rollback(t *rapid.T) {
	o := m.pick(t)
	m.drop(o)
}

func (m *machine) drop(o *openTx) {
	o.tx.Rollback()
	m.open = slices.DeleteFunc(m.open, func(p *openTx) bool { return p == o })
}

// exclusive runs a whole exclusive transaction.
func (m *machine) exclusive(t *rapid.T) {
	ctx := context.Background()
	tx, err := m.s.BeginExclusive(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	o := &openTx{tx: tx, from: len(m.states) - 1, own: map[string]string{}, known: map[string]bool{}}
	m.open = append(m.open, o)
	defer m.drop(o)
	for range rapid.IntRange(1, 4).Draw(t, "steps") {
		key := drawKey(t)
		m.next++
		if m.next%3 == 0 {
			existed, err := tx.Delete(ctx, m.table, key)
			if err != nil {
				t.Fatal(err)
			}
			if existed {
				o.own[key] = ""
			}
		} else {
			if err := tx.Set(ctx, m.table, key, []byte(strconv.Itoa(m.next))); err != nil {
				t.Fatal(err)
			}
			o.own[key] = strconv.Itoa(m.next)
		}
		rows, err := tx.SQL().Query(ctx, "SELECT count(*) FROM rows", nil)
		want := int64(len(m.view(o)))
		if store.Own(m.table) {
			want = 0
		}
		if err != nil || rows.Rows[0][0] != want {
			t.Fatalf("SQL counts %v, %v; want %d", rows, err, want)
		}
	}
	if rapid.Bool().Draw(t, "keep") {
		if err := tx.Commit(ctx, nil); err != nil {
			t.Fatal(err)
		}
		m.apply(o)
	}
}

func (m *machine) reopen(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "not now") > 0 {
		t.Skip("not now")
	}
	for len(m.open) > 0 {
		m.drop(m.open[0])
	}
	m.close()
	m.reopenStore(t)
}

// check compares the newest state, as a new transaction sees it, now and then.
func (m *machine) check(t *rapid.T) {
	if m.steps++; m.steps%4 != 0 {
		return
	}
	ctx := context.Background()
	tx, err := m.s.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	entries, err := tx.Entries(ctx, m.table, store.EntriesQuery{})
	if err != nil {
		t.Fatal(err)
	}
	got := state{}
	for _, e := range entries {
		got[e.Key] = string(e.Value)
	}
	if !maps.Equal(got, m.newest()) {
		t.Fatalf("the newest state is %v, want %v", got, m.newest())
	}
	if n := len(m.records); n > 0 {
		if _, ok, err := m.s.FindRecord(ctx, m.records[n-1]); err != nil || !ok {
			t.Fatalf("the newest record: %v, %v", ok, err)
		}
	}
	rows, err := m.s.Outbox(ctx, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var staged []string
	for _, row := range rows {
		staged = append(staged, string(row.Payload))
	}
	if fmt.Sprint(staged) != fmt.Sprint(m.staged) {
		t.Fatalf("the outbox holds %v, want %v", staged, m.staged)
	}
}
