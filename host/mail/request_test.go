package mail_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/letter"
)

func TestRequest(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.Named("self"), v.Named("bob")
	v.Keep(self, "secret", `"s"`)
	sent := must(bob.Request(ctx, "HOST", "the secret", "got"))(t)
	if thing := must(bob.Lookup(ctx, "got"))(t); thing.Type != caps.TypePromise || thing.Promise.State != caps.StateNew {
		t.Errorf("before the answer the name leads to %+v", thing)
	}
	_, err := bob.Request(ctx, "HOST", "again", "got")
	v.Fails(err, caps.BadName)
	_, err = bob.Request(ctx, "HOST", "", "")
	v.Fails(err, caps.Wrong)

	waited := make(chan mail.Message, 1)
	go func() {
		m, err := bob.Wait(ctx, sent.ID)
		if err != nil {
			t.Error(err)
		}
		waited <- m
	}()
	m := v.Inbox(self)[0]
	if m.Kind != letter.KindRequest || m.What != "the secret" {
		t.Errorf("self was asked %+v", m)
	}
	v.OK(self.Resolve(ctx, m.Number, "secret"))
	v.Fails(self.Resolve(ctx, m.Number, "secret"), caps.Refused)
	v.Fails(self.Reject(ctx, m.Number, "no"), caps.Refused)
	got := <-waited
	if got.State != caps.StateResolved || !slices.Equal(got.Edges, []string{"value"}) || got.IDs[0] != must(self.Identify(ctx, "secret"))(t) {
		t.Errorf("the request came to %+v", got)
	}
	if value := v.Value(bob, "got"); value != `"s"` {
		t.Errorf("the name leads to %s", value)
	}
	list := v.Inbox(bob)
	if n := len(list); n != 2 || list[1].Kind != letter.KindValue || *list[1].ReplyTo != sent.ID || list[1].Thread != sent.ID {
		t.Errorf("bob has %+v", list)
	}
	v.OK(bob.Adopt(ctx, 2, "value", "from-the-answer"))
	v.OK(bob.Adopt(ctx, 1, "value", "from-the-request"))
	if m := v.Inbox(self)[0]; m.State != caps.StateResolved {
		t.Errorf("who was asked has it as %s", m.State)
	}

	sent = must(bob.Request(ctx, "HOST", "more", "more"))(t)
	v.OK(self.Reject(ctx, v.Inbox(self)[2].Number, "no more"))
	if got := must(bob.Wait(ctx, sent.ID))(t); got.State != caps.StateRejected || got.Why != "no more" {
		t.Errorf("the request came to %+v", got)
	}
	if names := v.Names(bob, ""); slices.Contains(names, "more") {
		t.Errorf("after the refusal bob has %q", names)
	}
	short, cancel := context.WithCancel(ctx)
	defer cancel()
	sent = must(bob.Request(ctx, "HOST", "yet more", ""))(t)
	looked := v.NextCommit()
	go func() {
		<-looked
		cancel()
	}()
	if _, err := bob.Wait(short, sent.ID); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting in vain: %v", err)
	}
	_, err = self.Wait(ctx, sent.ID) // not his request
	v.Fails(err, caps.NotFound)
}

// TestGapRequestConfusion: resolve and reject did not look at what they answer.
func TestGapRequestConfusion(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob, carol := v.Named("self"), v.Named("bob"), v.Named("carol")
	v.Introduce(bob, carol, "carol")
	v.Keep(self, "x", `1`)
	v.Say(bob, "HOST", "no request")
	must(bob.Request(ctx, "HOST", "a thing", "thing"))(t)
	v.Fails(self.Resolve(ctx, 1, "x"), caps.Wrong)
	v.Fails(self.Reject(ctx, 1, ""), caps.Wrong)
	v.Fails(bob.Resolve(ctx, 2, "HOST"), caps.Refused) // his own
	v.Fails(bob.Reject(ctx, 2, ""), caps.Refused)
	v.Fails(self.Resolve(ctx, 3, "x"), caps.NotFound)
	v.Fails(self.Resolve(ctx, 2, "none"), caps.NotFound)
	v.Fails(self.Resolve(ctx, 2, "AGENT"), caps.Refused)
	v.Fails(carol.Resolve(ctx, 1, "HOST"), caps.NotFound)
	// A reply is no answer.
	must(self.Reply(ctx, 2, []string{"soon"}, nil, nil))(t)
	if m := must(bob.Message(ctx, 2))(t); m.State != mail.StateSent {
		t.Errorf("after a reply the request is %s", m.State)
	}
	v.OK(self.Resolve(ctx, 2, "x"))
	v.OK(self.Dismiss(ctx, 2))
}

// TestPromises: names of a promise follow it, and what is mailed of it is what
// it was resolved to.
func TestPromises(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.Named("self"), v.Named("bob")
	v.Keep(self, "x", `1`)
	must(bob.Request(ctx, "HOST", "x", "x"))(t)
	v.OK(bob.MakeDirectory(ctx, "d"))
	v.OK(bob.Move(ctx, "x", "d.y"))
	promise := must(bob.Identify(ctx, "d.y"))(t)
	must(bob.Send(ctx, "HOST", []string{"", ""}, []string{"p"}, []string{"d.y"}))(t)
	v.OK(self.Resolve(ctx, 1, "x"))
	if got := v.Value(bob, "d.y"); got != "1" {
		t.Errorf("d.y is %s", got)
	}
	v.OK(v.Collect(ctx))
	thing := must(self.Lookup(ctx, "INBOX.2.p"))(t) // mailed before: the promise itself
	if thing.ID != promise || thing.Promise.State != caps.StateResolved || thing.Promise.ID != must(self.Identify(ctx, "x"))(t) {
		t.Errorf("the promise that was mailed is %+v", thing)
	}
	v.OK(self.Adopt(ctx, 2, "p", "p"))
	must(self.Send(ctx, "bob", []string{"", ""}, []string{"p"}, []string{"p"}))(t)
	list := v.Inbox(bob)
	if m := list[len(list)-1]; m.Types[0] != caps.TypeValue {
		t.Errorf("what is mailed now is a %s", m.Types[0])
	}
}

// TestRequestOfOneself: an agent may ask itself.
func TestRequestOfOneself(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self := v.Named("self")
	v.Keep(self, "x", `1`)
	sent := must(self.Request(ctx, "SELF", "x", "y"))(t)
	v.OK(self.Resolve(ctx, 2, "x"))
	if m := must(self.Wait(ctx, sent.ID))(t); m.State != caps.StateResolved {
		t.Errorf("it came to %+v", m)
	}
	if got := v.Value(self, "y"); got != "1" {
		t.Errorf("y is %s", got)
	}
	if m := must(self.Message(ctx, 2))(t); m.State != caps.StateResolved {
		t.Errorf("the request is %s", m.State)
	}
	if info := must(self.Info(ctx))(t); info.Unread != 1 { // the answer
		t.Errorf("%d are unread, want 1", info.Unread)
	}
}
