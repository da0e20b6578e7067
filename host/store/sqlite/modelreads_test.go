package sqlite_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"qvat/host/store"
)

func (m *machine) entries(t *rapid.T) {
	o := m.pick(t)
	q := store.EntriesQuery{
		Prefix: rapid.SampledFrom([]string{"", "a", "ab", "b", "x"}).Draw(t, "prefix"),
		After:  rapid.SampledFrom([]string{"", "a", "ab", "b", "c"}).Draw(t, "after"),
		Before: rapid.SampledFrom([]string{"", "", "ab", "b", "c"}).Draw(t, "before"),
		Limit:  rapid.IntRange(0, 3).Draw(t, "limit"),

		Reverse: rapid.Bool().Draw(t, "reverse"),
	}
	m.advance(o)
	entries, err := o.tx.Entries(context.Background(), m.table, q)
	if err != nil {
		t.Fatal(err)
	}
	in := func(k string) bool {
		return strings.HasPrefix(k, q.Prefix) && (q.After == "" || k > q.After) && (q.Before == "" || k < q.Before)
	}
	view := m.view(o)
	keys := slices.Sorted(maps.Keys(view))
	if q.Reverse {
		slices.Reverse(keys)
	}
	var want []string
	for _, k := range keys {
		if in(k) && (q.Limit == 0 || len(want) < q.Limit) {
			want = append(want, k+"="+view[k])
		}
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Key+"="+string(e.Value))
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%+v: %q, want %q", q, got, want)
	}
	read := in
	if q.Limit > 0 && len(entries) == q.Limit {
		last := entries[q.Limit-1].Key
		read = func(k string) bool { return in(k) && (k == last || (k < last) != q.Reverse) }
	}
	o.reads = append(o.reads, read)
}

func (m *machine) count(t *rapid.T) {
	o := m.pick(t)
	m.advance(o)
	n, err := o.tx.Count(context.Background(), m.table)
	if want := len(m.view(o)); err != nil || n != int64(want) {
		t.Fatalf("count: %d, %v; want %d", n, err, want)
	}
	o.reads = append(o.reads, func(string) bool { return true })
}

// sql may move a transaction to the newest state, if what it has read is the
// same there.
func (m *machine) sql(t *rapid.T) {
	o := m.pick(t)
	if store.Own(m.table) {
		m.blindSQL(t, o)
		return
	}
	rows, err := o.tx.SQL().Query(context.Background(), "SELECT key || '=' || value FROM rows WHERE tbl='t' ORDER BY key", nil)
	switch {
	case len(o.own) > 0:
		if !errors.Is(err, store.ErrExclusive) {
			t.Fatalf("SQL after a write: %v", err)
		}
		m.drop(o)
		return
	case errors.Is(err, store.ErrConflict):
		if !m.stale(o) {
			t.Fatal("SQL conflicts, but nothing that was read has been changed")
		}
		m.drop(o)
		return
	case err != nil:
		t.Fatal(err)
	}
	var got []string
	for _, row := range rows.Rows {
		got = append(got, row[0].(string))
	}
	if o.from < len(m.states)-1 && maps.Equal(m.states[o.from], m.newest()) {
		m.drop(o) // nothing shows which of the two it sees
		return
	}
	for _, at := range []int{o.from, len(m.states) - 1} {
		var want []string
		for _, k := range slices.Sorted(maps.Keys(m.states[at])) {
			want = append(want, k+"="+m.states[at][k])
		}
		if slices.Equal(got, want) {
			o.from = at
			o.reads = append(o.reads, func(string) bool { return true })
			return
		}
	}
	t.Fatalf("SQL saw %q, which is neither the state it began with nor the newest", got)
}

// blindSQL shows that SQL sees nothing of the vat's own rows, and that they do
// not hinder it.
func (m *machine) blindSQL(t *rapid.T, o *openTx) {
	rows, err := o.tx.SQL().Query(context.Background(), "SELECT count(*) FROM rows", nil)
	switch {
	case errors.Is(err, store.ErrConflict) && m.stale(o):
		m.drop(o)
	case err != nil || rows.Rows[0][0] != int64(0):
		t.Fatalf("SQL counts %v, %v; want 0", rows, err)
	case o.from < len(m.states)-1:
		m.drop(o) // nothing shows which of the states it sees now
	}
}
