package mail_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"

	"qvat/host/mail"
	"qvat/host/store/sqlite"
)

// TestCollectWhatManyHold: one thing that many lost directories hold does not stop
// all collection for good.
func TestCollectWhatManyHold(t *testing.T) {
	ctx := t.Context()
	// 64 KiB in place of the default 16 MiB, so that the test is short: with the
	// default it takes 256 times as many directories.
	s := must(sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(t.TempDir(), "vat.db"), TxBytes: 64 << 10}))(t)
	defer s.Close() //nolint:errcheck // a test's
	p := must(mail.Open(ctx, mail.Options{Store: s, Node: nodeKey("here"), Logger: slog.New(slog.DiscardHandler)}))(t)
	self := must(p.Agent(ctx, "self"))(t)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	// Of some values the one with the lowest number, which the collector sees first.
	var x mail.ID
	for i := range 16 {
		id := must(self.StoreValue(ctx, fmt.Sprint("v", i), json.RawMessage(`1`)))(t)
		if i == 0 || slices.Compare(id.Number[:], x.Number[:]) < 0 {
			x = id
		}
	}
	check(self.MakeDirectory(ctx, "top"))
	for i := range 400 {
		check(self.MakeDirectory(ctx, fmt.Sprint("top.d", i)))
		check(self.Copy(ctx, x.String(), fmt.Sprintf("top.d%d.x", i)))
	}
	check(self.Remove(ctx, must(self.ReverseIdentify(ctx, x))(t)[0]))
	check(self.Remove(ctx, "top"))
	for range 5 {
		if err := p.Collect(ctx); err != nil {
			t.Logf("collect: %v", err)
		}
	}
	if err := p.Collect(ctx); err != nil {
		t.Errorf("the collector does not get past it: %v", err)
	}
	if _, err := self.Lookup(ctx, x.String()); code(err) != mail.NotFound {
		t.Errorf("what nobody holds is still there: %v", err)
	}
}

// TestCollectCircleOfMany: a circle of very many directories keeps the collector
// neither busy for ever nor from the rest, and what an agent has is kept.
func TestCollectCircleOfMany(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self := v.agent("self")
	v.ok(self.MakeDirectory(ctx, "hub"))
	kept := v.store(self, "kept", `1`)
	for i := range 1100 {
		v.ok(self.MakeDirectory(ctx, fmt.Sprint("hub.d", i)))
		v.ok(self.Copy(ctx, "hub", fmt.Sprintf("hub.d%d.back", i)))
		v.ok(self.Copy(ctx, "kept", fmt.Sprintf("hub.d%d.kept", i)))
	}
	v.ok(self.Copy(ctx, "kept", "also"))
	v.ok(self.Remove(ctx, "kept"))
	lost := v.store(self, "lost", `2`)
	v.ok(self.Remove(ctx, "hub"))
	v.ok(self.Remove(ctx, "lost"))
	v.ok(v.Collect(ctx))
	must(self.Lookup(ctx, kept.String()))(t)
	if _, err := self.Lookup(ctx, lost.String()); code(err) != mail.NotFound {
		t.Errorf("what nobody holds is still there: %v", err)
	}
}
