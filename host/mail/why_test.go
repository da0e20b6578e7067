package mail_test

import (
	"slices"
	"strings"
	"testing"

	"qvat/host/mail"
)

func TestWhy(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.agent("self"), v.agent("bob")
	must(self.MakeHost(ctx, "alice"))(t)
	alice := v.agent("alice")
	v.ok(self.MakeDirectory(ctx, "d"))
	x := v.store(self, "d.x", `1`)
	why := func(a *mail.Agent, id mail.ID, want ...string) {
		t.Helper()
		if got := must(a.Why(ctx, id))(t); !slices.Equal(got, want) {
			t.Errorf("what holds it is %q, want %q", got, want)
		}
	}
	why(self, x, "agent self: its directory", "name d", "name x")
	must(self.Send(ctx, "bob", []string{"", ""}, []string{"x"}, []string{"d.x"}))(t)
	v.ok(bob.Adopt(ctx, 1, "x", ""))
	v.ok(self.Remove(ctx, "d"))
	v.ok(v.Collect(ctx))
	why(self, x, "message 1 of self")
	why(alice, x, "an agent that is not yours holds it")
	v.ok(self.Dismiss(ctx, 1))
	why(self, x, "message 1 of bob")
	v.ok(bob.Dismiss(ctx, 1))
	why(self, x, "agent bob: its directory", "name x")
	why(self, must(bob.Identify(ctx, "SELF"))(t), "agent bob: its handle")
	// A circle holds nothing.
	v.ok(bob.MakeDirectory(ctx, "c"))
	v.ok(bob.MakeDirectory(ctx, "c.d"))
	v.ok(bob.Copy(ctx, "c", "c.d.up"))
	v.ok(bob.Move(ctx, "x", "c.d.x"))
	circle := must(bob.Identify(ctx, "c"))(t)
	v.ok(bob.Remove(ctx, "c"))
	why(self, x)
	v.ok(v.Collect(ctx))
	for _, id := range []mail.ID{x, circle} {
		if _, err := self.Why(ctx, id); code(err) != mail.NotFound {
			t.Errorf("after it was collected: %v", err)
		}
	}
	_, err := self.Lookup(ctx, x.String())
	v.fails(err, mail.NotFound)
}

// TestCollectLarge: a directory of many names goes, in more than one
// transaction, and what only it held with it.
func TestCollectLarge(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self := v.agent("self")
	v.ok(self.MakeDirectory(ctx, "d"))
	x := v.store(self, "d.x", `1`)
	for i := range 1100 {
		v.ok(self.Copy(ctx, "d.x", "d.n"+strings.Repeat("a", i%100)+string(rune('a'+i/100))))
	}
	v.ok(self.Remove(ctx, "d"))
	v.ok(v.Collect(ctx))
	_, err := self.Why(ctx, x)
	v.fails(err, mail.NotFound)
	tx := must(v.s.Begin(ctx))(t)
	defer tx.Rollback()
	for table, want := range map[string]int64{"name": 0, "names": 1, "value": 0, "suspect": 0} {
		if n := must(tx.Count(ctx, "qvat:"+table))(t); n != want {
			t.Errorf("%d rows are left in %s, want %d", n, table, want)
		}
	}
}

// TestLargeMessages: a mailbox full of the largest messages, of the characters
// that take most room on the disk, can be read.
func TestLargeMessages(t *testing.T) {
	v := newVat(t, mail.Options{})
	self, bob := v.agent("self"), v.agent("bob")
	for _, c := range []string{`"`, "<", "\\", "\n", "é", "\u2028"} {
		size := len(c)
		switch c {
		case `"`, "\\", "\n":
			size = 2
		case "\u2028":
			size = 6
		}
		for range 20 {
			v.say(self, "bob", strings.Repeat(c, (64<<10-200)/size))
		}
	}
	if n := len(v.inbox(bob)); n != 120 {
		t.Errorf("bob has %d messages, want 120", n)
	}
	n := 0
	for _, err := range bob.Follow(t.Context(), 0) {
		v.ok(err)
		if n++; n == 120 {
			break
		}
	}
}

// TestPeersLearn: locators that a host keeps tell where nodes are, the newest
// ones; those that are only looked at tell nothing.
func TestPeersLearn(t *testing.T) {
	v := newVat(t, mail.Options{At: []string{"unix:/here"}})
	ctx := t.Context()
	self := v.agent("self")
	l := mail.Locator{ID: mail.ID{Number: [32]byte{1}, Node: public("there")}, Type: mail.TypeHandle, At: []string{"unix:/a"}}
	v.ok(self.Copy(ctx, l.String(), "one"))
	for _, at := range []string{"b", "c", "d", "e", "f", "g", "h", "i", "j"} {
		l.At = []string{"unix:/" + at}
		v.ok(self.Copy(ctx, l.String(), at))
	}
	l.At = []string{"unix:/k"}
	must(self.Lookup(ctx, l.String()))(t)
	peers := must(self.Peers(ctx))(t)
	if len(peers) != 1 || peers[0].Node != l.ID.Node || len(peers[0].At) != 8 || peers[0].At[0] != "unix:/c" || peers[0].At[7] != "unix:/j" {
		t.Errorf("the peers are %+v", peers)
	}
	if got := must(self.Locate(ctx, "one"))(t); !slices.Equal(got.At, peers[0].At) {
		t.Errorf("its locator is %s", got)
	}
	if got := must(self.Locate(ctx, "SELF"))(t); !slices.Equal(got.At, []string{"unix:/here"}) {
		t.Errorf("its own locator is %s", got)
	}
	// A bare identifier of another node does not say what it is.
	bare := mail.ID{Number: [32]byte{2}, Node: public("there")}.String()
	v.fails(self.Copy(ctx, bare, "bare"), mail.Wrong)
	v.say(self, bare, "but mail can be tried")
	if got := must(self.Lookup(ctx, l.ID.String()))(t); got.Type != mail.TypeHandle || got.Local {
		t.Errorf("what has a name is %+v", got)
	}
}
