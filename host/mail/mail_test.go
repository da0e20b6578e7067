package mail_test

import (
	"slices"
	"testing"
	"time"

	"qvat/host/mail"
)

func TestSendAndAdopt(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.agent("self"), v.agent("bob")
	v.store(self, "photo", `{"pixels":[1,2]}`)
	sent := must(self.Send(ctx, "bob", []string{"look: ", ", nice?"}, []string{"pic"}, []string{"photo"}))(t)

	got := v.inbox(bob)
	if len(got) != 1 {
		t.Fatalf("bob has %d messages, want 1", len(got))
	}
	m := got[0]
	if m.ID != sent.ID || m.Kind != mail.KindPackage || m.State != mail.StateNew || m.Number != 1 ||
		!slices.Equal(m.Strings, []string{"look: ", ", nice?"}) || !slices.Equal(m.Edges, []string{"pic"}) ||
		m.Types[0] != mail.TypeValue || !m.Date.Equal(v.clock.now()) || m.Thread != m.ID {
		t.Errorf("bob got %+v", m)
	}
	if names := must(bob.ReverseIdentify(ctx, m.From))(t); !slices.Equal(names, []string{mail.NameHost}) {
		t.Errorf("to bob, the sender is %q, want HOST", names)
	}
	v.ok(v.OpenSealed(m.Sealed))
	if own := v.inbox(self); len(own) != 1 || own[0].State != mail.StateSent || own[0].ID != sent.ID || own[0].Number != sent.Number {
		t.Errorf("the sender has %+v", own)
	}

	v.ok(bob.Adopt(ctx, 1, "pic", ""))
	v.ok(bob.Adopt(ctx, 1, "pic", "other"))
	v.fails(bob.Adopt(ctx, 1, "pic", "other"), mail.BadName)
	v.fails(bob.Adopt(ctx, 1, "none", ""), mail.NotFound)
	v.fails(bob.Adopt(ctx, 2, "pic", "x"), mail.NotFound)
	if got := v.value(bob, "other"); got != `{"pixels":[1,2]}` {
		t.Errorf("bob adopted %s", got)
	}
	if got := v.value(bob, "INBOX.1.pic"); got != `{"pixels":[1,2]}` {
		t.Errorf("INBOX.1.pic is %s", got)
	}
	v.reopen()
	bob = v.agent("bob")
	if got := v.names(bob, ""); !slices.Equal(got, []string{"other", "pic"}) {
		t.Errorf("after a restart bob has %q", got)
	}
	if info := must(bob.Info(ctx))(t); info.Unread != 1 || info.Of != "self" || info.Host {
		t.Errorf("bob is %+v", info)
	}
}

func TestSendRefusals(t *testing.T) {
	v := newVat(t, mail.Options{Limits: mail.Limits{MessageBytes: 1000, Edges: 2}})
	ctx := t.Context()
	self, bob := v.agent("self"), v.agent("bob")
	v.store(self, "v", `1`)
	long := make([]byte, 1001)
	for i := range long {
		long[i] = 'x'
	}
	for _, c := range []struct {
		what           string
		to             string
		strings, edges []string
		names          []string
		want           mail.Code
	}{
		{"nobody", "carol", []string{"x"}, nil, nil, mail.NotFound},
		{"a value", "v", []string{"x"}, nil, nil, mail.Wrong},
		{"itself as an agent", "AGENT", []string{"x"}, nil, nil, mail.Wrong},
		{"an agent's powers", "bob", []string{"", ""}, []string{"me"}, []string{"AGENT"}, mail.Refused},
		{"an edge twice", "bob", []string{"", "", ""}, []string{"a", "a"}, []string{"v", "v"}, mail.BadName},
		{"a bad edge", "bob", []string{"", ""}, []string{"A"}, []string{"v"}, mail.BadName},
		{"no such thing", "bob", []string{"", ""}, []string{"a"}, []string{"w"}, mail.NotFound},
		{"too few strings", "bob", []string{""}, []string{"a"}, []string{"v"}, mail.Wrong},
		{"too many strings", "bob", []string{"", "", ""}, []string{"a"}, []string{"v"}, mail.Wrong},
		{"an edge without a name", "bob", []string{"", ""}, []string{"a"}, nil, mail.Wrong},
		{"too many edges", "bob", []string{"", "", "", ""}, []string{"a", "b", "c"}, []string{"v", "v", "v"}, mail.Full},
		{"too long", "bob", []string{string(long)}, nil, nil, mail.Full},
		{"no UTF-8", "bob", []string{"\xff"}, nil, nil, mail.Wrong},
		{"a bad path", "bob..x", []string{"x"}, nil, nil, mail.BadName},
	} {
		_, err := self.Send(ctx, c.to, c.strings, c.edges, c.names)
		if code(err) != c.want {
			t.Errorf("%s: %v, want %s", c.what, err, c.want)
		}
	}
	if n := len(v.inbox(self)) + len(v.inbox(bob)); n != 0 {
		t.Errorf("refused sends left %d messages", n)
	}
	if log := must(bob.Log(ctx, mail.LogQuery{}))(t); len(log) != 1 {
		t.Errorf("refused sends left %+v in the log", log)
	}
}

func TestReplyThreads(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.agent("self"), v.agent("bob")
	first := v.say(self, "bob", "one")
	v.say(self, "bob", "another matter")
	must(bob.Reply(ctx, 1, []string{"two"}, nil, nil))(t)
	answer := v.inbox(self)[2]
	must(self.Reply(ctx, answer.Number, []string{"three"}, nil, nil))(t)
	must(self.Reply(ctx, first.Number, []string{"four: I forgot"}, nil, nil))(t)
	for _, a := range []*mail.Agent{self, bob} {
		var texts []string
		for _, m := range must(a.Messages(ctx, mail.MessageQuery{Thread: &first.ID}))(t) {
			texts = append(texts, m.Strings[0])
		}
		if want := []string{"one", "two", "three", "four: I forgot"}; !slices.Equal(texts, want) {
			t.Errorf("the thread is %q, want %q", texts, want)
		}
	}
	if answer.Kind != mail.KindReply || *answer.ReplyTo != first.ID {
		t.Errorf("the answer is %+v", answer)
	}
}

func TestDismiss(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.agent("self"), v.agent("bob")
	v.say(self, "bob", "hello")
	must(self.Request(ctx, "bob", "the keys", ""))(t)
	v.ok(bob.Dismiss(ctx, 1))
	v.fails(bob.Dismiss(ctx, 1), mail.Refused)
	v.fails(bob.Dismiss(ctx, 2), mail.Refused) // it waits for an answer
	v.fails(bob.Dismiss(ctx, 3), mail.NotFound)
	if info := must(bob.Info(ctx))(t); info.Unread != 1 {
		t.Errorf("bob has %d unread, want 1", info.Unread)
	}
	if list := must(bob.Messages(ctx, mail.MessageQuery{State: mail.StateDismissed}))(t); len(list) != 1 || list[0].Number != 1 {
		t.Errorf("dismissed are %+v", list)
	}
	if n := len(v.inbox(self)); n != 2 {
		t.Errorf("the sender has %d messages: a receipt was sent though receipts are off", n)
	}
}

func TestReceipts(t *testing.T) {
	v := newVat(t, mail.Options{Limits: mail.Limits{Receipts: true}})
	ctx := t.Context()
	self, bob := v.agent("self"), v.agent("bob")
	v.store(self, "v", `1`)
	sent := must(self.Send(ctx, "bob", []string{"", ""}, []string{"v"}, []string{"v"}))(t)
	v.ok(bob.Adopt(ctx, 1, "v", ""))
	v.ok(bob.Dismiss(ctx, 1))
	var told []string
	for _, m := range v.inbox(self) {
		if m.Kind == mail.KindReceipt && *m.ReplyTo == sent.ID && m.Thread == sent.ID {
			told = append(told, m.What)
		}
	}
	if !slices.Equal(told, []string{"adopted", "dismissed"}) {
		t.Errorf("the sender was told %q", told)
	}
}

func TestMessagesPages(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.agent("self"), v.agent("bob")
	for range 150 {
		v.say(self, "bob", "x")
	}
	numbers := func(q mail.MessageQuery) (n []uint64) {
		for _, m := range must(bob.Messages(ctx, q))(t) {
			n = append(n, m.Number)
		}
		return n
	}
	for _, c := range []struct {
		q           mail.MessageQuery
		first, last uint64
	}{
		{mail.MessageQuery{}, 1, 100},
		{mail.MessageQuery{Newest: true}, 51, 150},
		{mail.MessageQuery{Newest: true, Limit: 1000}, 1, 150},
		{mail.MessageQuery{After: 100}, 101, 150},
		{mail.MessageQuery{Before: 51, Newest: true, Limit: 10}, 41, 50},
		{mail.MessageQuery{After: 10, Before: 13}, 11, 12},
		{mail.MessageQuery{State: mail.StateNew, Limit: 3}, 1, 3},
	} {
		got := numbers(c.q)
		if uint64(len(got)) != c.last-c.first+1 || got[0] != c.first || got[len(got)-1] != c.last {
			t.Errorf("%+v gives %v, want %d to %d", c.q, got, c.first, c.last)
		}
	}
	if got := numbers(mail.MessageQuery{After: 150}); len(got) != 0 {
		t.Errorf("after the last there are %v", got)
	}
	if _, err := bob.Messages(ctx, mail.MessageQuery{Limit: 1001}); code(err) != mail.Wrong {
		t.Errorf("1,001 at a time: %v", err)
	}
}

func TestAgents(t *testing.T) {
	v := newVat(t, mail.Options{Limits: mail.Limits{Agents: 4}})
	ctx := t.Context()
	self := v.agent("self")
	info := must(self.MakeHost(ctx, "alice"))(t)
	if !info.Host || info.Of != "self" || info.Name != "alice" {
		t.Errorf("alice is %+v", info)
	}
	alice := v.agent("alice")
	must(alice.MakeGuest(ctx, "bob"))(t)
	for _, name := range []string{"bob", "alice.bob", "self.alice.bob", "self.alice"} {
		if _, err := v.Agent(ctx, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "carol", "self.bob", "bob.alice", "Bob", "alice."} {
		if _, err := v.Agent(ctx, name); code(err) != mail.NotFound {
			t.Errorf("%q: %v, want not found", name, err)
		}
	}
	bob := v.agent("bob")
	for _, make := range []func() error{
		func() error { _, err := bob.MakeGuest(ctx, "carol"); return err },
		func() error { _, err := bob.MakeHost(ctx, "carol"); return err },
		func() error { _, err := bob.StoreValue(ctx, "x", []byte("1")); return err },
		func() error { _, err := bob.Peers(ctx); return err },
		func() error { _, err := bob.Why(ctx, mail.ID{}); return err },
	} {
		v.fails(make(), mail.Refused)
	}
	_, err := self.MakeGuest(ctx, "bob")
	v.fails(err, mail.BadName) // alice's bob has the name
	_, err = self.MakeGuest(ctx, "a.b")
	v.fails(err, mail.BadName)
	_, err = self.MakeGuest(ctx, "self")
	v.fails(err, mail.BadName)
	must(self.MakeGuest(ctx, "dave"))(t)
	_, err = self.MakeGuest(ctx, "eve")
	v.fails(err, mail.Full)
	var names []string
	for _, a := range must(v.Agents(ctx))(t) {
		names = append(names, a.Name)
	}
	if !slices.Equal(names, []string{"self", "alice", "bob", "dave"}) {
		t.Errorf("the agents are %q", names)
	}
	byID := must(v.Agent(ctx, info.Handle.String()))(t)
	if got := must(byID.Info(ctx))(t); got.Name != "alice" {
		t.Errorf("by its handle alice is %+v", got)
	}
	if hosts := must(bob.Lookup(ctx, "HOST"))(t); hosts.ID != info.Handle || hosts.Type != mail.TypeHandle {
		t.Errorf("bob's HOST is %+v", hosts)
	}
	_, err = self.Lookup(ctx, "HOST")
	v.fails(err, mail.NotFound)
}

func TestOpenAnother(t *testing.T) {
	v := newVat(t, mail.Options{})
	o := v.o
	o.Node = nodeKey("elsewhere")
	if _, err := mail.Open(t.Context(), o); err == nil {
		t.Error("another node's post was opened")
	}
	if _, err := mail.Open(t.Context(), mail.Options{Store: v.s}); err == nil {
		t.Error("a post without a key was opened")
	}
}

func TestInvite(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob, carol := v.agent("self"), v.agent("bob"), v.agent("carol")
	l := must(bob.Invite(ctx, "friend", 0))(t)
	if again, err := mail.ParseLocator(l.String()); err != nil || again.ID != l.ID || again.Type != mail.TypeInvitation {
		t.Fatalf("the locator reads %+v, %v", again, err)
	}
	v.fails(bob.Accept(ctx, l.String(), "me"), mail.Refused)
	v.fails(carol.Accept(ctx, l.String(), "Bob"), mail.BadName)
	v.ok(carol.Accept(ctx, l.String(), "bob"))
	v.say(bob, "friend", "hi")
	v.say(carol, "bob", "hello")
	if a, b := len(v.inbox(bob)), len(v.inbox(carol)); a != 2 || b != 2 {
		t.Errorf("they have %d and %d messages, want 2 and 2", a, b)
	}
	// Ended, and taken back.
	l = must(self.Invite(ctx, "late", time.Hour))(t)
	v.clock.add(time.Hour)
	v.fails(carol.Accept(ctx, l.String(), "late"), mail.Expired)
	l = must(self.Invite(ctx, "back", time.Hour))(t)
	v.ok(self.Remove(ctx, "back"))
	v.fails(carol.Accept(ctx, l.String(), "back"), mail.NotFound)
	v.ok(v.Collect(ctx))
	v.fails(carol.Accept(ctx, l.String(), "back"), mail.NotFound)
	if _, err := self.Invite(ctx, "long", 400*24*time.Hour); code(err) != mail.Wrong {
		t.Errorf("an invitation for 400 days: %v", err)
	}
	elsewhere := mail.Locator{ID: mail.ID{Number: [32]byte{1}, Node: v.inbox(bob)[0].From.Number}, Type: mail.TypeInvitation}
	v.fails(carol.Accept(ctx, elsewhere.String(), "far"), mail.Elsewhere)
	v.fails(carol.Accept(ctx, "HOST", "far"), mail.Wrong)
}
