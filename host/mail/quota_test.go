package mail_test

import (
	"fmt"
	"strings"
	"testing"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/mailtest"
)

// TestGuestKeepsSoMuch: a guest that mails itself and dismisses goes on, and its
// oldest messages are forgotten.
func TestGuestKeepsSoMuch(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{Limits: mail.Limits{MailboxCount: 10, MailboxBytes: 128 << 10, SenderCount: 10}})
	ctx := t.Context()
	eve := v.Named("eve")
	for range 200 {
		must(eve.Send(ctx, "SELF", []string{strings.Repeat("x", 7_500)}, nil, nil))(t)
		list := must(eve.Messages(ctx, mail.MessageQuery{Newest: true, Limit: 1}))(t)
		v.OK(eve.Dismiss(ctx, list[0].Number))
	}
	list := must(eve.Messages(ctx, mail.MessageQuery{Limit: 1000}))(t)
	kept := 0
	for _, m := range list {
		kept += len(m.Sealed.Body)
	}
	if kept > 512<<10 || kept < 256<<10 {
		t.Errorf("a guest that may have 512 KiB kept has %d bytes of messages", kept)
	}
	if newest := list[len(list)-1].Number; newest != 400 {
		t.Errorf("the newest message is number %d; 400 were sent and taken", newest)
	}
	if _, err := eve.Message(ctx, 1); code(err) != caps.NotFound {
		t.Errorf("the first message: %v", err)
	}
}

// TestAgentIsFull: what is not done with is not forgotten, and what an agent makes
// has a bound, which is given back when it goes.
func TestAgentIsFull(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{Limits: mail.Limits{AgentBytes: 64 << 10}})
	ctx := t.Context()
	self, eve := v.Named("self"), v.Named("eve")
	var err error
	made := 0
	for ; err == nil && made < 200; made++ {
		err = eve.MakeDirectory(ctx, fmt.Sprint("d", made))
	}
	if code(err) != caps.Full {
		t.Fatalf("%d directories: %v", made, err)
	}
	if _, err := self.Send(ctx, "eve", []string{"hello"}, nil, nil); code(err) != caps.Full {
		t.Errorf("mail for an agent without room: %v", err)
	}
	for i := range 10 {
		v.OK(eve.Remove(ctx, fmt.Sprint("d", i)))
	}
	v.OK(v.Collect(ctx))
	v.Say(self, "eve", "hello")
	for i := range 8 {
		v.OK(eve.MakeDirectory(ctx, fmt.Sprint("d", i)))
	}
	if list := v.Inbox(eve); len(list) != 1 || list[0].State != caps.StateNew {
		t.Errorf("eve's mailbox: %v", list)
	}
}

// TestForgottenIsNotTakenAgain: a message of another node that was forgotten is
// still known.
func TestForgottenIsNotTakenAgain(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{Limits: mail.Limits{AgentBytes: 64 << 10}})
	ctx := t.Context()
	bob := v.Named("bob")
	key, from := mailtest.Stranger()
	to := must(bob.Identify(ctx, "SELF"))(t)
	first := mailtest.HandSealed(key, from, to, [32]byte{1}, []byte(mailtest.PlainBody))
	v.OK(v.Receive(ctx, from.Node, first))
	v.OK(bob.Dismiss(ctx, 1))
	for i := range uint64(100) {
		must(bob.Send(ctx, "HOST", []string{"hello"}, nil, nil))(t)
		v.OK(v.Named("self").Dismiss(ctx, i+1))
	}
	if _, err := bob.Message(ctx, 1); code(err) != caps.NotFound {
		t.Errorf("the first message: %v", err)
	}
	if err := v.Receive(ctx, from.Node, first); code(err) != caps.Replayed {
		t.Errorf("again: %v", err)
	}
}
