package mail_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"qvat/host/mail"
)

func TestRequest(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.agent("self"), v.agent("bob")
	v.store(self, "secret", `"s"`)
	sent := must(bob.Request(ctx, "HOST", "the secret", "got"))(t)
	if thing := must(bob.Lookup(ctx, "got"))(t); thing.Type != mail.TypePromise || thing.Promise.State != mail.StateNew {
		t.Errorf("before the answer the name leads to %+v", thing)
	}
	_, err := bob.Request(ctx, "HOST", "again", "got")
	v.fails(err, mail.BadName)
	_, err = bob.Request(ctx, "HOST", "", "")
	v.fails(err, mail.Wrong)

	waited := make(chan mail.Message, 1)
	go func() {
		m, err := bob.Wait(ctx, sent.ID)
		if err != nil {
			t.Error(err)
		}
		waited <- m
	}()
	m := v.inbox(self)[0]
	if m.Kind != mail.KindRequest || m.What != "the secret" {
		t.Errorf("self was asked %+v", m)
	}
	v.ok(self.Resolve(ctx, m.Number, "secret"))
	v.fails(self.Resolve(ctx, m.Number, "secret"), mail.Refused)
	v.fails(self.Reject(ctx, m.Number, "no"), mail.Refused)
	got := <-waited
	if got.State != mail.StateResolved || !slices.Equal(got.Edges, []string{"value"}) || got.IDs[0] != must(self.Identify(ctx, "secret"))(t) {
		t.Errorf("the request came to %+v", got)
	}
	if value := v.value(bob, "got"); value != `"s"` {
		t.Errorf("the name leads to %s", value)
	}
	list := v.inbox(bob)
	if n := len(list); n != 2 || list[1].Kind != mail.KindValue || *list[1].ReplyTo != sent.ID || list[1].Thread != sent.ID {
		t.Errorf("bob has %+v", list)
	}
	v.ok(bob.Adopt(ctx, 2, "value", "from-the-answer"))
	v.ok(bob.Adopt(ctx, 1, "value", "from-the-request"))
	if m := v.inbox(self)[0]; m.State != mail.StateResolved {
		t.Errorf("who was asked has it as %s", m.State)
	}

	sent = must(bob.Request(ctx, "HOST", "more", "more"))(t)
	v.ok(self.Reject(ctx, v.inbox(self)[2].Number, "no more"))
	if got := must(bob.Wait(ctx, sent.ID))(t); got.State != mail.StateRejected || got.Why != "no more" {
		t.Errorf("the request came to %+v", got)
	}
	if names := v.names(bob, ""); slices.Contains(names, "more") {
		t.Errorf("after the refusal bob has %q", names)
	}
	short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	sent = must(bob.Request(ctx, "HOST", "yet more", ""))(t)
	if _, err := bob.Wait(short, sent.ID); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting in vain: %v", err)
	}
	_, err = self.Wait(ctx, sent.ID) // not his request
	v.fails(err, mail.NotFound)
}

// TestGapRequestConfusion: resolve and reject did not look at what they answer.
func TestGapRequestConfusion(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob, carol := v.agent("self"), v.agent("bob"), v.agent("carol")
	v.introduce(bob, carol, "carol")
	v.store(self, "x", `1`)
	v.say(bob, "HOST", "no request")
	must(bob.Request(ctx, "HOST", "a thing", "thing"))(t)
	v.fails(self.Resolve(ctx, 1, "x"), mail.Wrong)
	v.fails(self.Reject(ctx, 1, ""), mail.Wrong)
	v.fails(bob.Resolve(ctx, 2, "HOST"), mail.Refused) // his own
	v.fails(bob.Reject(ctx, 2, ""), mail.Refused)
	v.fails(self.Resolve(ctx, 3, "x"), mail.NotFound)
	v.fails(self.Resolve(ctx, 2, "none"), mail.NotFound)
	v.fails(self.Resolve(ctx, 2, "AGENT"), mail.Refused)
	v.fails(carol.Resolve(ctx, 1, "HOST"), mail.NotFound)
	// A reply is no answer.
	must(self.Reply(ctx, 2, []string{"soon"}, nil, nil))(t)
	if m := must(bob.Message(ctx, 2))(t); m.State != mail.StateSent {
		t.Errorf("after a reply the request is %s", m.State)
	}
	v.ok(self.Resolve(ctx, 2, "x"))
	v.ok(self.Dismiss(ctx, 2))
}

// TestPromises: names of a promise follow it, and what is mailed of it is what
// it was resolved to.
func TestPromises(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.agent("self"), v.agent("bob")
	v.store(self, "x", `1`)
	must(bob.Request(ctx, "HOST", "x", "x"))(t)
	v.ok(bob.MakeDirectory(ctx, "d"))
	v.ok(bob.Move(ctx, "x", "d.y"))
	promise := must(bob.Identify(ctx, "d.y"))(t)
	must(bob.Send(ctx, "HOST", []string{"", ""}, []string{"p"}, []string{"d.y"}))(t)
	v.ok(self.Resolve(ctx, 1, "x"))
	if got := v.value(bob, "d.y"); got != "1" {
		t.Errorf("d.y is %s", got)
	}
	v.ok(v.Collect(ctx))
	thing := must(self.Lookup(ctx, "INBOX.2.p"))(t) // mailed before: the promise itself
	if thing.ID != promise || thing.Promise.State != mail.StateResolved || thing.Promise.ID != must(self.Identify(ctx, "x"))(t) {
		t.Errorf("the promise that was mailed is %+v", thing)
	}
	v.ok(self.Adopt(ctx, 2, "p", "p"))
	must(self.Send(ctx, "bob", []string{"", ""}, []string{"p"}, []string{"p"}))(t)
	list := v.inbox(bob)
	if m := list[len(list)-1]; m.Types[0] != mail.TypeValue {
		t.Errorf("what is mailed now is a %s", m.Types[0])
	}
}

// TestRequestOfOneself: an agent may ask itself.
func TestRequestOfOneself(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self := v.agent("self")
	v.store(self, "x", `1`)
	sent := must(self.Request(ctx, "SELF", "x", "y"))(t)
	v.ok(self.Resolve(ctx, 2, "x"))
	if m := must(self.Wait(ctx, sent.ID))(t); m.State != mail.StateResolved {
		t.Errorf("it came to %+v", m)
	}
	if got := v.value(self, "y"); got != "1" {
		t.Errorf("y is %s", got)
	}
	if m := must(self.Message(ctx, 2))(t); m.State != mail.StateResolved {
		t.Errorf("the request is %s", m.State)
	}
	if info := must(self.Info(ctx))(t); info.Unread != 1 { // the answer
		t.Errorf("%d are unread, want 1", info.Unread)
	}
}
