package mail

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"qvat/host/caps"
	"qvat/host/mail/letter"
	"qvat/host/store"
	"qvat/host/store/sqlite"
	"qvat/host/store/sqlite/sqlitetest"
)

// TestCollectModel has agents do things at random, and compares what the
// collector has left with a full trace: from the agents and the messages that
// are not dismissed, along all names and formulas.
func TestCollectModel(t *testing.T) {
	t.Parallel()
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		m := openModel(t, filepath.Join(dir, fmt.Sprint(n, ".db")))
		defer m.close()
		t.Repeat(map[string]func(*rapid.T){
			"":        m.check,
			"store":   m.store,
			"mkdir":   m.mkdir,
			"copy":    m.copy,
			"move":    m.move,
			"remove":  m.remove,
			"send":    m.send,
			"adopt":   m.adopt,
			"dismiss": m.dismiss,
			"request": m.request,
			"settle":  m.settle,
			"invite":  m.invite,
			"accept":  m.accept,
			"time":    m.time,
		})
	})
}

type model struct {
	p        *Post
	s        *sqlite.Store
	file     string
	at       time.Time
	agents   []*Agent
	locators []string
}

func openModel(t *rapid.T, path string) *model {
	ctx := context.Background()
	m := &model{file: path, at: time.UnixMilli(1_800_000_000_000)}
	_, node, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	if m.s, err = sqlite.Open(ctx, sqlite.Options{Path: path}); err != nil {
		t.Fatal(err)
	}
	if m.p, err = Open(ctx, Options{Store: m.s, Node: node, Now: func() time.Time { return m.at }}); err != nil {
		t.Fatal(err)
	}
	self, err := m.p.Agent(ctx, FirstHost)
	if err != nil {
		t.Fatal(err)
	}
	m.agents = []*Agent{self}
	for _, name := range []string{"bob", "carol"} {
		if _, err := self.MakeGuest(ctx, name); err != nil {
			t.Fatal(err)
		}
		a, err := m.p.Agent(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		m.agents = append(m.agents, a)
	}
	return m
}

func (m *model) close() {
	if err := errors.Join(sqlitetest.Check(m.file), m.s.Close()); err != nil {
		panic(err)
	}
}

func (m *model) agent(t *rapid.T) *Agent { return rapid.SampledFrom(m.agents).Draw(t, "agent") }

// path draws a path of an agent's that is there, if there is one.
func (m *model) path(t *rapid.T, a *Agent, label string) string {
	path := ""
	for range rapid.IntRange(1, 3).Draw(t, label+" depth") {
		list, err := a.List(context.Background(), path)
		if err != nil || len(list) == 0 {
			break
		}
		names := make([]string, len(list))
		for i, e := range list {
			names[i] = e.Name
		}
		path = inside(path, rapid.SampledFrom(names).Draw(t, label))
	}
	return path
}

// free draws a path that is probably not there, in a directory that is.
func (m *model) free(t *rapid.T, a *Agent, label string) string {
	dir := ""
	if rapid.Bool().Draw(t, label+" below") {
		dir = m.path(t, a, label+" directory")
	}
	return inside(dir, rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f"}).Draw(t, label))
}

func inside(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "." + name
}

// did fails the test with an error that is no refusal.
func did(t *rapid.T, err error) {
	var refused *caps.Error
	if err != nil && !errors.As(err, &refused) {
		t.Fatal(err)
	}
}

func (m *model) store(t *rapid.T) {
	a := m.agents[0]
	_, err := a.StoreValue(context.Background(), m.free(t, a, "path"), []byte(`1`))
	did(t, err)
}

func (m *model) mkdir(t *rapid.T) {
	a := m.agent(t)
	did(t, a.MakeDirectory(context.Background(), m.free(t, a, "path")))
}

func (m *model) copy(t *rapid.T) {
	a := m.agent(t)
	did(t, a.Copy(context.Background(), m.path(t, a, "from"), m.free(t, a, "to")))
}

func (m *model) move(t *rapid.T) {
	a := m.agent(t)
	did(t, a.Move(context.Background(), m.path(t, a, "from"), m.free(t, a, "to")))
}

func (m *model) remove(t *rapid.T) {
	a := m.agent(t)
	did(t, a.Remove(context.Background(), m.path(t, a, "path")))
}

func (m *model) send(t *rapid.T) {
	a := m.agent(t)
	edges, names := []string{"x", "y"}, []string{m.path(t, a, "one"), m.path(t, a, "two")}
	n := rapid.IntRange(0, 2).Draw(t, "edges")
	_, err := a.Send(context.Background(), m.agent(t).who.Handle.String(), make([]string, n+1), edges[:n], names[:n])
	did(t, err)
}

// message draws a message of an agent, which is as ok wants it.
func (m *model) message(t *rapid.T, a *Agent, ok func(Message) bool) uint64 {
	list, err := a.Messages(context.Background(), MessageQuery{Newest: true})
	if err != nil {
		t.Fatal(err)
	}
	list = slices.DeleteFunc(list, func(m Message) bool { return !ok(m) })
	if len(list) == 0 {
		t.Skip("no messages")
	}
	return rapid.SampledFrom(list).Draw(t, "message").Number
}

func (m *model) adopt(t *rapid.T) {
	a := m.agent(t)
	n := m.message(t, a, func(m Message) bool { return len(m.Edges) > 0 })
	edge := rapid.SampledFrom([]string{"x", "y", letter.EdgeValue}).Draw(t, "edge")
	did(t, a.Adopt(context.Background(), n, edge, m.free(t, a, "path")))
}

func (m *model) dismiss(t *rapid.T) {
	a := m.agent(t)
	n := m.message(t, a, func(m Message) bool { return m.State != StateDismissed })
	did(t, a.Dismiss(context.Background(), n))
}

func (m *model) request(t *rapid.T) {
	a, name := m.agent(t), ""
	if rapid.Bool().Draw(t, "named") {
		name = m.free(t, a, "path")
	}
	_, err := a.Request(context.Background(), m.agent(t).who.Handle.String(), "x", name)
	did(t, err)
}

func (m *model) settle(t *rapid.T) {
	a := m.agent(t)
	n := m.message(t, a, func(m Message) bool { return m.Kind == letter.KindRequest && m.State == caps.StateNew })
	if rapid.Bool().Draw(t, "grant") {
		did(t, a.Resolve(context.Background(), n, m.path(t, a, "path")))
	} else {
		did(t, a.Reject(context.Background(), n, "no"))
	}
}

func (m *model) invite(t *rapid.T) {
	a := m.agent(t)
	l, err := a.Invite(context.Background(), m.free(t, a, "path"), time.Hour)
	did(t, err)
	if err == nil {
		m.locators = append(m.locators, l.String())
	}
}

func (m *model) accept(t *rapid.T) {
	if len(m.locators) == 0 {
		t.Skip("no invitations")
	}
	a := m.agent(t)
	l := rapid.SampledFrom(m.locators).Draw(t, "invitation")
	did(t, a.Accept(context.Background(), l, m.free(t, a, "path")))
}

func (m *model) time(t *rapid.T) {
	if rapid.IntRange(0, 5).Draw(t, "not now") > 0 {
		t.Skip("not now")
	}
	m.at = m.at.Add(40 * 24 * time.Hour)
}

// check collects, and compares.
func (m *model) check(t *rapid.T) {
	ctx := context.Background()
	if err := m.p.Collect(ctx); err != nil {
		t.Fatal(err)
	}
	err := m.p.update(ctx, nil, func(x *txn) error {
		tr := newTrace(ctx, x)
		if tr.err != nil {
			return tr.err
		}
		there := slices.Sorted(maps.Keys(tr.formulas))
		reached := slices.Sorted(maps.Keys(tr.reached))
		if !slices.Equal(there, reached) {
			t.Fatalf("there are\n%s\nand reached are\n%s", strings.Join(there, "\n"), strings.Join(reached, "\n"))
		}
		if !maps.Equal(tr.held, tr.holds) {
			t.Fatalf("holders are noted as\n%v\nand are\n%v", tr.held, tr.holds)
		}
		for dir, n := range tr.counts {
			if tr.names[dir] != n {
				t.Fatalf("directory %s counts %d names and has %d", dir, n, tr.names[dir])
			}
		}
		return tr.boxes(ctx, x)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// trace is everything, gone through from the roots.
type trace struct {
	formulas map[string]caps.Formula
	out      map[string][]string // what each formula leads to, here
	held     map[string]bool     // as noted
	holds    map[string]bool     // as it is
	counts   map[string]int      // names, as noted
	names    map[string]int      // as they are
	reached  map[string]bool
	roots    []string
	fresh    map[string]int   // new messages by number
	bytes    map[string]int64 // of them
	err      error
}

func newTrace(ctx context.Context, x *txn) *trace {
	tr := &trace{
		formulas: map[string]caps.Formula{}, out: map[string][]string{}, held: map[string]bool{}, holds: map[string]bool{},
		counts: map[string]int{}, names: map[string]int{}, reached: map[string]bool{}, fresh: map[string]int{}, bytes: map[string]int64{},
	}
	each(ctx, x, tr, "qvat:formula", func(key string, f caps.Formula) {
		tr.formulas[key] = f
		for _, h := range f.Holds {
			tr.lead(key, h.ID, caps.Below("f", key))
		}
	})
	each(ctx, x, tr, "qvat:expiry", func(key string, _ int) { // an invitation that was accepted
		tr.root(key[len(key)-64:], caps.HolderOwn)
	})
	each(ctx, x, tr, "qvat:name", func(key string, row caps.Ref) {
		dir, name, _ := strings.Cut(key, "/")
		tr.names[dir]++
		if _, ok := tr.formulas[dir]; !ok {
			tr.err = fmt.Errorf("a name of %s, which is not there", dir)
		}
		tr.lead(dir, row.ID, caps.Below(caps.Below("n", dir), name))
	})
	each(ctx, x, tr, "qvat:names", func(key string, n int) { tr.counts[key] = n })
	each(ctx, x, tr, "qvat:held", func(key string, _ int) { tr.held[key] = true })
	err := x.EachAgent(ctx, func(a *caps.Agent) (bool, error) {
		for _, n := range []caps.Number{caps.Number(a.Key), a.Dir, a.Self, a.Inbox} {
			tr.root(n.String(), caps.HolderOwn)
		}
		return true, nil
	})
	if err != nil {
		tr.err = err
	}
	each(ctx, x, tr, tableMail, func(key string, row mailRow) {
		b, err := row.body()
		if err != nil {
			tr.err = err
		}
		if row.State == caps.StateNew {
			number, _, _ := strings.Cut(key, "/")
			tr.fresh[number]++
			tr.bytes[number] += int64(len(row.Body))
		}
		if row.State == StateDismissed {
			return
		}
		for _, id := range row.holds(b, x.p) {
			tr.root(caps.Number(id.Number).String(), mailHolder(key))
		}
	})
	for len(tr.roots) > 0 {
		at := tr.roots[0]
		tr.roots = tr.roots[1:]
		if _, ok := tr.formulas[at]; !tr.reached[at] {
			if !ok {
				tr.err = fmt.Errorf("%s is held, and is not there", at)
			}
			tr.reached[at] = true
			tr.roots = append(tr.roots, tr.out[at]...)
		}
	}
	return tr
}

func (tr *trace) lead(from string, to caps.ID, holder string) {
	tr.out[from] = append(tr.out[from], caps.Number(to.Number).String())
	tr.holds[caps.Below(caps.Number(to.Number).String(), holder)] = true
}

func (tr *trace) root(key, holder string) {
	tr.roots = append(tr.roots, key)
	tr.holds[caps.Below(key, holder)] = true
}

// boxes compares the counts of what is new.
func (tr *trace) boxes(ctx context.Context, x *txn) error {
	each(ctx, x, tr, tableBox, func(number string, box boxRow) {
		if box.New != tr.fresh[number] || box.Bytes != tr.bytes[number] {
			tr.err = fmt.Errorf("the box of %s counts %d new messages, %d bytes; it has %d, %d", number, box.New, box.Bytes, tr.fresh[number], tr.bytes[number])
		}
	})
	return tr.err
}

// each gives all rows of a table.
func each[T any](ctx context.Context, x *txn, tr *trace, table string, give func(key string, row T)) {
	entries, err := x.tx.Entries(ctx, table, store.EntriesQuery{})
	if err != nil {
		tr.err = err
	}
	for _, e := range entries {
		var row T
		if err := caps.DecodeRow(table, e.Key, e.Value, &row); err != nil {
			tr.err = err
		}
		give(e.Key, row)
	}
}
