package mail_test

import (
	"slices"
	"strings"
	"testing"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/mailtest"
)

func TestWhy(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.Named("self"), v.Named("bob")
	must(self.MakeHost(ctx, "alice"))(t)
	alice := v.Named("alice")
	v.OK(self.MakeDirectory(ctx, "d"))
	x := v.Keep(self, "d.x", `1`)
	why := func(a *mail.Agent, id caps.ID, want ...string) {
		t.Helper()
		if got := must(a.Why(ctx, id))(t); !slices.Equal(got, want) {
			t.Errorf("what holds it is %q, want %q", got, want)
		}
	}
	why(self, x, "agent self: its directory", "name d", "name x")
	must(self.Send(ctx, "bob", []string{"", ""}, []string{"x"}, []string{"d.x"}))(t)
	v.OK(bob.Adopt(ctx, 1, "x", ""))
	v.OK(self.Remove(ctx, "d"))
	v.OK(v.Collect(ctx))
	why(self, x, "message 1 of self")
	why(alice, x, "an agent that is not yours holds it")
	v.OK(self.Dismiss(ctx, 1))
	why(self, x, "message 1 of bob")
	v.OK(bob.Dismiss(ctx, 1))
	why(self, x, "agent bob: its directory", "name x")
	why(self, must(bob.Identify(ctx, "SELF"))(t), "agent bob: its handle")
	// A circle holds nothing.
	v.OK(bob.MakeDirectory(ctx, "c"))
	v.OK(bob.MakeDirectory(ctx, "c.d"))
	v.OK(bob.Copy(ctx, "c", "c.d.up"))
	v.OK(bob.Move(ctx, "x", "c.d.x"))
	circle := must(bob.Identify(ctx, "c"))(t)
	v.OK(bob.Remove(ctx, "c"))
	why(self, x)
	v.OK(v.Collect(ctx))
	for _, id := range []caps.ID{x, circle} {
		if _, err := self.Why(ctx, id); code(err) != caps.NotFound {
			t.Errorf("after it was collected: %v", err)
		}
	}
	_, err := self.Lookup(ctx, x.String())
	v.Fails(err, caps.NotFound)
}

// TestCollectLarge: a directory of many names goes, in more than one
// transaction, and what only it held with it.
func TestCollectLarge(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self := v.Named("self")
	v.OK(self.MakeDirectory(ctx, "d"))
	x := v.Keep(self, "d.x", `1`)
	for row := range 11 {
		v.Many("self", func(self *mail.Agent) {
			for i := range 100 {
				v.OK(self.Copy(ctx, "d.x", "d.n"+strings.Repeat("a", i)+string(rune('a'+row))))
			}
		})
	}
	v.OK(self.Remove(ctx, "d"))
	v.OK(v.Collect(ctx))
	_, err := self.Why(ctx, x)
	v.Fails(err, caps.NotFound)
	tx := must(v.S.Begin(ctx))(t)
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
	t.Parallel()
	v := newVat(t, mail.Options{})
	bob := v.Named("bob")
	for _, c := range []string{`"`, "<", "\\", "\n", "é", "\u2028"} {
		size := len(c)
		switch c {
		case `"`, "\\", "\n":
			size = 2
		case "\u2028":
			size = 6
		}
		v.Many("self", func(self *mail.Agent) {
			for range 20 {
				must(self.Send(t.Context(), "bob", []string{strings.Repeat(c, (64<<10-200)/size)}, nil, nil))(t)
			}
		})
	}
	if n := len(v.Inbox(bob)); n != 120 {
		t.Errorf("bob has %d messages, want 120", n)
	}
	n := 0
	for _, err := range bob.Follow(t.Context(), 0) {
		v.OK(err)
		if n++; n == 120 {
			break
		}
	}
}

// TestPeersLearn: locators that a host keeps tell where nodes are, the newest
// ones; those that are only looked at tell nothing.
func TestPeersLearn(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{At: []string{"unix:/here"}})
	ctx := t.Context()
	self := v.Named("self")
	l := caps.Locator{ID: caps.ID{Number: [32]byte{1}, Node: mailtest.Public("there")}, Type: caps.TypeHandle, At: []string{"unix:/a"}}
	v.OK(self.Copy(ctx, l.String(), "one"))
	for _, at := range []string{"b", "c", "d", "e", "f", "g", "h", "i", "j"} {
		l.At = []string{"unix:/" + at}
		v.OK(self.Copy(ctx, l.String(), at))
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
	bare := caps.ID{Number: [32]byte{2}, Node: mailtest.Public("there")}.String()
	v.Fails(self.Copy(ctx, bare, "bare"), caps.Wrong)
	v.Say(self, bare, "but mail can be tried")
	if got := must(self.Lookup(ctx, l.ID.String()))(t); got.Type != caps.TypeHandle || got.Local {
		t.Errorf("what has a name is %+v", got)
	}
}
