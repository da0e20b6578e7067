package mail_test

import (
	"slices"
	"testing"
	"time"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/letter"
	"qvat/host/mail/mailtest"
)

func TestSendAndAdopt(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.Named("self"), v.Named("bob")
	v.Keep(self, "photo", `{"pixels":[1,2]}`)
	sent := must(self.Send(ctx, "bob", []string{"look: ", ", nice?"}, []string{"pic"}, []string{"photo"}))(t)

	got := v.Inbox(bob)
	if len(got) != 1 {
		t.Fatalf("bob has %d messages, want 1", len(got))
	}
	m := got[0]
	if m.ID != sent.ID || m.Kind != letter.KindPackage || m.State != caps.StateNew || m.Number != 1 ||
		!slices.Equal(m.Strings, []string{"look: ", ", nice?"}) || !slices.Equal(m.Edges, []string{"pic"}) ||
		m.Types[0] != caps.TypeValue || !m.Date.Equal(v.Clock.Now()) || m.Thread != m.ID {
		t.Errorf("bob got %+v", m)
	}
	if names := must(bob.ReverseIdentify(ctx, m.From))(t); !slices.Equal(names, []string{caps.NameHost}) {
		t.Errorf("to bob, the sender is %q, want HOST", names)
	}
	must(v.Wire.Open(m.Sealed))(t)
	if own := v.Inbox(self); len(own) != 1 || own[0].State != mail.StateSent || own[0].ID != sent.ID || own[0].Number != sent.Number {
		t.Errorf("the sender has %+v", own)
	}

	v.OK(bob.Adopt(ctx, 1, "pic", ""))
	v.OK(bob.Adopt(ctx, 1, "pic", "other"))
	v.Fails(bob.Adopt(ctx, 1, "pic", "other"), caps.BadName)
	v.Fails(bob.Adopt(ctx, 1, "none", ""), caps.NotFound)
	v.Fails(bob.Adopt(ctx, 2, "pic", "x"), caps.NotFound)
	if got := v.Value(bob, "other"); got != `{"pixels":[1,2]}` {
		t.Errorf("bob adopted %s", got)
	}
	if got := v.Value(bob, "INBOX.1.pic"); got != `{"pixels":[1,2]}` {
		t.Errorf("INBOX.1.pic is %s", got)
	}
	v.Reopen()
	bob = v.Named("bob")
	if got := v.Names(bob, ""); !slices.Equal(got, []string{"other", "pic"}) {
		t.Errorf("after a restart bob has %q", got)
	}
	if info := must(bob.Info(ctx))(t); info.Unread != 1 || info.Of != "self" || info.Host {
		t.Errorf("bob is %+v", info)
	}
}

func TestSendRefusals(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{Limits: mail.Limits{MessageBytes: 1000, Edges: 2}})
	ctx := t.Context()
	self, bob := v.Named("self"), v.Named("bob")
	v.Keep(self, "v", `1`)
	long := make([]byte, 1001)
	for i := range long {
		long[i] = 'x'
	}
	for _, c := range []struct {
		what           string
		to             string
		strings, edges []string
		names          []string
		want           caps.Code
	}{
		{"nobody", "carol", []string{"x"}, nil, nil, caps.NotFound},
		{"a value", "v", []string{"x"}, nil, nil, caps.Wrong},
		{"itself as an agent", "AGENT", []string{"x"}, nil, nil, caps.Wrong},
		{"an agent's powers", "bob", []string{"", ""}, []string{"me"}, []string{"AGENT"}, caps.Refused},
		{"an edge twice", "bob", []string{"", "", ""}, []string{"a", "a"}, []string{"v", "v"}, caps.BadName},
		{"a bad edge", "bob", []string{"", ""}, []string{"A"}, []string{"v"}, caps.BadName},
		{"no such thing", "bob", []string{"", ""}, []string{"a"}, []string{"w"}, caps.NotFound},
		{"too few strings", "bob", []string{""}, []string{"a"}, []string{"v"}, caps.Wrong},
		{"too many strings", "bob", []string{"", "", ""}, []string{"a"}, []string{"v"}, caps.Wrong},
		{"an edge without a name", "bob", []string{"", ""}, []string{"a"}, nil, caps.Wrong},
		{"too many edges", "bob", []string{"", "", "", ""}, []string{"a", "b", "c"}, []string{"v", "v", "v"}, caps.Full},
		{"too long", "bob", []string{string(long)}, nil, nil, caps.Full},
		{"no UTF-8", "bob", []string{"\xff"}, nil, nil, caps.Wrong},
		{"a bad path", "bob..x", []string{"x"}, nil, nil, caps.BadName},
	} {
		_, err := self.Send(ctx, c.to, c.strings, c.edges, c.names)
		if code(err) != c.want {
			t.Errorf("%s: %v, want %s", c.what, err, c.want)
		}
	}
	if n := len(v.Inbox(self)) + len(v.Inbox(bob)); n != 0 {
		t.Errorf("refused sends left %d messages", n)
	}
	if log := must(bob.Log(ctx, mail.LogQuery{}))(t); len(log) != 1 {
		t.Errorf("refused sends left %+v in the log", log)
	}
}

func TestReplyThreads(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.Named("self"), v.Named("bob")
	first := v.Say(self, "bob", "one")
	v.Say(self, "bob", "another matter")
	must(bob.Reply(ctx, 1, []string{"two"}, nil, nil))(t)
	answer := v.Inbox(self)[2]
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
	if answer.Kind != letter.KindReply || *answer.ReplyTo != first.ID {
		t.Errorf("the answer is %+v", answer)
	}
}

func TestDismiss(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.Named("self"), v.Named("bob")
	v.Say(self, "bob", "hello")
	must(self.Request(ctx, "bob", "the keys", ""))(t)
	v.OK(bob.Dismiss(ctx, 1))
	v.Fails(bob.Dismiss(ctx, 1), caps.Refused)
	v.Fails(bob.Dismiss(ctx, 2), caps.Refused) // it waits for an answer
	v.Fails(bob.Dismiss(ctx, 3), caps.NotFound)
	if info := must(bob.Info(ctx))(t); info.Unread != 1 {
		t.Errorf("bob has %d unread, want 1", info.Unread)
	}
	if list := must(bob.Messages(ctx, mail.MessageQuery{State: mail.StateDismissed}))(t); len(list) != 1 || list[0].Number != 1 {
		t.Errorf("dismissed are %+v", list)
	}
	if n := len(v.Inbox(self)); n != 2 {
		t.Errorf("the sender has %d messages: a receipt was sent though receipts are off", n)
	}
}

func TestReceipts(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{Limits: mail.Limits{Receipts: true}})
	ctx := t.Context()
	self, bob := v.Named("self"), v.Named("bob")
	v.Keep(self, "v", `1`)
	sent := must(self.Send(ctx, "bob", []string{"", ""}, []string{"v"}, []string{"v"}))(t)
	v.OK(bob.Adopt(ctx, 1, "v", ""))
	v.OK(bob.Dismiss(ctx, 1))
	var told []string
	for _, m := range v.Inbox(self) {
		if m.Kind == letter.KindReceipt && *m.ReplyTo == sent.ID && m.Thread == sent.ID {
			told = append(told, m.What)
		}
	}
	if !slices.Equal(told, []string{"adopted", "dismissed"}) {
		t.Errorf("the sender was told %q", told)
	}
}

func TestMessagesPages(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.Named("self"), v.Named("bob")
	for range 150 {
		v.Say(self, "bob", "x")
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
		{mail.MessageQuery{State: caps.StateNew, Limit: 3}, 1, 3},
	} {
		got := numbers(c.q)
		if uint64(len(got)) != c.last-c.first+1 || got[0] != c.first || got[len(got)-1] != c.last {
			t.Errorf("%+v gives %v, want %d to %d", c.q, got, c.first, c.last)
		}
	}
	if got := numbers(mail.MessageQuery{After: 150}); len(got) != 0 {
		t.Errorf("after the last there are %v", got)
	}
	if _, err := bob.Messages(ctx, mail.MessageQuery{Limit: 1001}); code(err) != caps.Wrong {
		t.Errorf("1,001 at a time: %v", err)
	}
}

func TestAgents(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{Limits: mail.Limits{Agents: 4}})
	ctx := t.Context()
	self := v.Named("self")
	info := must(self.MakeHost(ctx, "alice"))(t)
	if !info.Host || info.Of != "self" || info.Name != "alice" {
		t.Errorf("alice is %+v", info)
	}
	alice := v.Named("alice")
	must(alice.MakeGuest(ctx, "bob"))(t)
	for _, name := range []string{"bob", "alice.bob", "self.alice.bob", "self.alice"} {
		if _, err := v.Agent(ctx, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "carol", "self.bob", "bob.alice", "Bob", "alice."} {
		if _, err := v.Agent(ctx, name); code(err) != caps.NotFound {
			t.Errorf("%q: %v, want not found", name, err)
		}
	}
	bob := v.Named("bob")
	for _, make := range []func() error{
		func() error { _, err := bob.MakeGuest(ctx, "carol"); return err },
		func() error { _, err := bob.MakeHost(ctx, "carol"); return err },
		func() error { _, err := bob.StoreValue(ctx, "x", []byte("1")); return err },
		func() error { _, err := bob.Peers(ctx); return err },
		func() error { _, err := bob.Why(ctx, caps.ID{}); return err },
	} {
		v.Fails(make(), caps.Refused)
	}
	_, err := self.MakeGuest(ctx, "bob")
	v.Fails(err, caps.BadName) // alice's bob has the name
	_, err = self.MakeGuest(ctx, "a.b")
	v.Fails(err, caps.BadName)
	_, err = self.MakeGuest(ctx, "self")
	v.Fails(err, caps.BadName)
	must(self.MakeGuest(ctx, "dave"))(t)
	_, err = self.MakeGuest(ctx, "eve")
	v.Fails(err, caps.Full)
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
	if hosts := must(bob.Lookup(ctx, "HOST"))(t); hosts.ID != info.Handle || hosts.Type != caps.TypeHandle {
		t.Errorf("bob's HOST is %+v", hosts)
	}
	_, err = self.Lookup(ctx, "HOST")
	v.Fails(err, caps.NotFound)
}

func TestOpenAnother(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	o := v.O
	o.Node = mailtest.Node("elsewhere")
	if _, err := mail.Open(t.Context(), o); err == nil {
		t.Error("another node's post was opened")
	}
	if _, err := mail.Open(t.Context(), mail.Options{Store: v.S}); err == nil {
		t.Error("a post without a key was opened")
	}
}

func TestInvite(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob, carol := v.Named("self"), v.Named("bob"), v.Named("carol")
	l := must(bob.Invite(ctx, "friend", 0))(t)
	if again, err := caps.ParseLocator(l.String()); err != nil || again.ID != l.ID || again.Type != caps.TypeInvitation {
		t.Fatalf("the locator reads %+v, %v", again, err)
	}
	v.Fails(bob.Accept(ctx, l.String(), "me"), caps.Refused)
	v.Fails(carol.Accept(ctx, l.String(), "Bob"), caps.BadName)
	v.OK(carol.Accept(ctx, l.String(), "bob"))
	v.Say(bob, "friend", "hi")
	v.Say(carol, "bob", "hello")
	if a, b := len(v.Inbox(bob)), len(v.Inbox(carol)); a != 2 || b != 2 {
		t.Errorf("they have %d and %d messages, want 2 and 2", a, b)
	}
	// Ended, and taken back.
	l = must(self.Invite(ctx, "late", time.Hour))(t)
	v.Clock.Add(time.Hour)
	v.Fails(carol.Accept(ctx, l.String(), "late"), caps.Expired)
	l = must(self.Invite(ctx, "back", time.Hour))(t)
	v.OK(self.Remove(ctx, "back"))
	v.Fails(carol.Accept(ctx, l.String(), "back"), caps.NotFound)
	v.OK(v.Collect(ctx))
	v.Fails(carol.Accept(ctx, l.String(), "back"), caps.NotFound)
	if _, err := self.Invite(ctx, "long", 400*24*time.Hour); code(err) != caps.Wrong {
		t.Errorf("an invitation for 400 days: %v", err)
	}
	elsewhere := caps.Locator{ID: caps.ID{Number: [32]byte{1}, Node: v.Inbox(bob)[0].From.Number}, Type: caps.TypeInvitation}
	v.Fails(carol.Accept(ctx, elsewhere.String(), "far"), caps.Elsewhere)
	v.Fails(carol.Accept(ctx, "HOST", "far"), caps.Wrong)
}
