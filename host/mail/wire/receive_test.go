package wire_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/letter"
	"qvat/host/mail/mailtest"
)

// TestGapForgedSender: a peer was whoever it said that it was.
func TestGapForgedSender(t *testing.T) {
	t.Parallel()
	here, there, _ := pair(t, mail.Limits{})
	mallory := newVat(t, mail.Options{Node: mailtest.Node("mallory")})
	ctx := t.Context()
	victim := must(here.Named("self").Identify(ctx, "SELF"))(t)
	friend := must(there.Named("self").Identify(ctx, "SELF"))(t)
	self := mallory.Named("self")
	mallory.OK(self.Copy(ctx, caps.Locator{ID: victim, Type: caps.TypeHandle}.String(), "victim"))
	mallory.Say(self, "victim", "it is me, your friend")
	m := mallory.Inbox(self)[0].Sealed

	claims := m
	claims.From = friend // another's handle, with mallory's signature
	here.Fails(here.Receive(ctx, there.Node(), claims), caps.BadSeal)
	here.Fails(here.Receive(ctx, mallory.Node(), claims), caps.BadSeal)
	claims.From = caps.ID{Number: m.From.Number, Node: there.Node()} // mallory's key, on a friend's node
	here.Fails(here.Receive(ctx, there.Node(), claims), caps.BadSeal)
	claims.From = victim // as if it were from within
	here.Fails(here.Receive(ctx, here.Node(), claims), caps.BadSeal)
	if n := len(here.Inbox(here.Named("self"))); n != 0 {
		t.Errorf("%d forged messages arrived", n)
	}
	if n := here.Refusals()[caps.BadSeal]; n != 4 {
		t.Errorf("%d forgeries were counted, want 4", n)
	}
	here.OK(here.Receive(ctx, mallory.Node(), m)) // as itself it may write
}

// TestNodeIsOneSender: the share of one sender binds a node that makes a
// new agent key for each message.
func TestNodeIsOneSender(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{Limits: mail.Limits{MailboxCount: 20, SenderCount: 3}})
	to := must(v.Named("bob").Identify(t.Context(), "SELF"))(t)
	taken := 0
	for i := range 20 {
		key := mailtest.Node(fmt.Sprint("throw-away ", i))
		from := caps.ID{Number: caps.Key(key[32:]), Node: mailtest.Public("there")}
		var id [32]byte
		binary.BigEndian.PutUint32(id[:], uint32(i+1))
		if v.Receive(t.Context(), from.Node, mailtest.HandSealed(key, from, to, id, []byte(mailtest.PlainBody))) == nil {
			taken++
		}
	}
	if taken > 3 {
		t.Errorf("one node put %d messages into the mailbox; one sender has a share of 3", taken)
	}
	if _, err := v.Named("self").Send(t.Context(), "bob", []string{"hello"}, nil, nil); err != nil {
		t.Errorf("so nobody else can send: %v", err)
	}
}

// TestTypesOfOwnThings: what another node says of the type of a thing of this
// one is checked.
func TestTypesOfOwnThings(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	bob, self := v.Named("bob"), v.Named("self")
	to, handle := must(bob.Identify(ctx, "SELF"))(t), must(self.Identify(ctx, "SELF"))(t)
	key, from := mailtest.Stranger()
	text := `{"kind":"package","date":1767323045000,"strings":["",""],"edges":["album"],"ids":["` + handle.String() + `"],"types":["directory"]}`
	if err := v.Receive(ctx, from.Node, mailtest.HandSealed(key, from, to, [32]byte{1}, []byte(text))); err != nil {
		return // it is refused
	}
	if m := v.Inbox(bob)[0]; m.Types[0] != caps.TypeHandle {
		t.Errorf("self's handle is shown to bob as a %s", m.Types[0])
	}
	v.OK(bob.Adopt(ctx, 1, "album", ""))
	if err := bob.MakeDirectory(ctx, "album.mine"); err == nil {
		t.Errorf("bob has a name in a directory that is self's handle")
	}
}

// TestOthersWordsAreBounded: the words of another node's refusal are bounded.
func TestOthersWordsAreBounded(t *testing.T) {
	t.Parallel()
	v := mailtest.New(t, mail.Options{}, refuser{})
	ctx := t.Context()
	self := v.Named("self")
	l := caps.Locator{ID: caps.ID{Number: mailtest.Public("x"), Node: mailtest.Public("there")}, Type: caps.TypeHandle}
	v.OK(self.Copy(ctx, l.String(), "friend"))
	v.Say(self, "friend", "hello")
	defer v.Run()()
	v.Until(func() bool {
		out := must(self.Outbox(ctx))(t)
		return len(out) == 0 || out[0].Tries > 0
	})
	if out := must(self.Outbox(ctx))(t); len(out) > 0 {
		t.Errorf("the queue keeps %d bytes of the other node's words, and tries for ever", len(out[0].Error))
	} else if m := must(self.Message(ctx, 1))(t); len(m.Why) > 4096 {
		t.Errorf("the mailbox keeps %d bytes of the other node's words", len(m.Why))
	}
}

// refuser is a network that refuses everything, at length.
type refuser struct{}

func (refuser) Deliver(context.Context, caps.Key, []string, letter.Sealed) error {
	return &caps.Error{Code: "whatever", Message: strings.Repeat("no\x1b[2J", 100_000)}
}
