package mail_test

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qvat/host/caps"
	"qvat/host/mail"
)

// Each of these is named after a gap of the model that agents and mail follow,
// as far as it lies inside one vat. TestGapPeerIsOff and TestGapRequestConfusion
// stand elsewhere.

// TestGapInvitationTwice: an invitation could be accepted twice, the second
// stealing the first one's name.
func TestGapInvitationTwice(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self := v.Named("self")
	l := must(self.Invite(ctx, "guest", 0))(t).String()
	var accepted, used atomic.Int64
	var winner caps.ID
	var group sync.WaitGroup
	for _, name := range []string{"bob", "carol", "dave", "eve"} {
		a := v.Named(name)
		id := must(a.Identify(ctx, "SELF"))(t)
		group.Go(func() {
			switch err := a.Accept(ctx, l, "boss"); {
			case err == nil:
				accepted.Add(1)
				winner = id
			case code(err) == caps.Used:
				used.Add(1)
			default:
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	group.Wait()
	if accepted.Load() != 1 || used.Load() != 3 {
		t.Errorf("it was accepted %d times, and found used %d times", accepted.Load(), used.Load())
	}
	v.OK(v.Collect(ctx))
	v.Reopen()
	self = v.Named("self")
	if got := must(self.Identify(ctx, "guest"))(t); got != winner {
		t.Error("the name is not the first one's")
	}
	v.Fails(v.Named("frank").Accept(ctx, l, "boss"), caps.Used)
	v.OK(self.Remove(ctx, "guest"))
	v.OK(v.Collect(ctx))
	v.Fails(v.Named("frank").Accept(ctx, l, "boss"), caps.Used)
	v.Clock.Add(80 * 24 * time.Hour)
	v.OK(v.Collect(ctx))
	v.Fails(v.Named("frank").Accept(ctx, l, "boss"), caps.NotFound)
}

// TestGapNoReceiptsNoRecord: there were no replies, no receipts, and no record
// of one's own actions.
func TestGapNoReceiptsNoRecord(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{Limits: mail.Limits{Receipts: true, LogCount: 12}})
	ctx := t.Context()
	self, bob := v.Named("self"), v.Named("bob")
	v.Keep(self, "x", `1`)
	v.OK(self.MakeDirectory(ctx, "d"))
	v.OK(self.Move(ctx, "x", "d.x"))
	v.OK(self.Copy(ctx, "d.x", "y"))
	v.OK(self.Remove(ctx, "y"))
	must(self.Send(ctx, "bob", []string{"", ""}, []string{"x"}, []string{"d.x"}))(t)
	must(bob.Reply(ctx, 1, []string{"thanks"}, nil, nil))(t)
	v.OK(bob.Adopt(ctx, 1, "x", ""))
	must(bob.Request(ctx, "HOST", "more", ""))(t)
	v.OK(self.Reject(ctx, 4, "no"))
	actions := func(a *mail.Agent, q mail.LogQuery) (list []string) {
		for _, e := range must(a.Log(ctx, q))(t) {
			list = append(list, e.Action)
		}
		return list
	}
	want := []string{"mkhost", "mkguest", "store", "mkdir", "move", "copy", "remove", "send", "receive", "receive", "receive", "answer", "reject"}
	if got := actions(self, mail.LogQuery{}); !slices.Equal(got, want[1:]) { // the first was forgotten
		t.Errorf("self's log is %q", got)
	}
	want = []string{"made", "receive", "reply", "adopt", "receipt", "request", "receive", "rejected"}
	if got := actions(bob, mail.LogQuery{}); !slices.Equal(sorted(got), sorted(want)) {
		t.Errorf("bob's log is %q, want %q", got, want)
	}
	if got := actions(self, mail.LogQuery{After: 4, Before: 7}); !slices.Equal(got, []string{"move", "copy"}) {
		t.Errorf("a part of self's log is %q", got)
	}
}

// TestGapNotAtomic: the mailbox and the names were not written together, and
// there was no back-pressure.
func TestGapNotAtomic(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{Limits: mail.Limits{MailboxCount: 3, SenderCount: 2, Names: 3}})
	ctx := t.Context()
	self, bob, carol := v.Named("self"), v.Named("bob"), v.Named("carol")
	v.Introduce(carol, bob, "bob")
	v.Say(self, "bob", "1")
	v.Say(self, "bob", "2")
	_, err := self.Send(ctx, "bob", []string{"3"}, nil, nil)
	v.Fails(err, caps.Full) // of one sender
	v.Say(carol, "bob", "4")
	_, err = carol.Send(ctx, "bob", []string{"5"}, nil, nil)
	v.Fails(err, caps.Full) // of all
	if a, b, c := len(v.Inbox(self)), len(v.Inbox(bob)), len(v.Inbox(carol)); a != 2 || b != 3 || c != 1 {
		t.Errorf("the mailboxes have %d, %d and %d messages: what was refused left something", a, b, c)
	}
	v.OK(bob.Dismiss(ctx, 1))
	v.Say(carol, "bob", "6") // there is room again, and what was dismissed takes none
	// A full mailbox hears the answers to its own requests.
	must(bob.Request(ctx, "HOST", "x", "x"))(t)
	v.OK(self.Reject(ctx, 3, "no"))
	if info := must(bob.Info(ctx))(t); info.Unread != 4 {
		t.Errorf("bob has %d unread, want 4", info.Unread)
	}
	// A request whose name cannot be made is not sent.
	for _, name := range []string{"a", "b"} {
		v.OK(bob.MakeDirectory(ctx, name))
	}
	must(bob.Request(ctx, "HOST", "y", "y"))(t)
	before := len(v.Inbox(self))
	_, err = bob.Request(ctx, "HOST", "z", "z")
	v.Fails(err, caps.Full)
	if len(v.Inbox(self)) != before {
		t.Error("a request without its name was sent")
	}
}

// TestMailboxBytes bounds the new messages' size.
func TestMailboxBytes(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{Limits: mail.Limits{MailboxBytes: 4000}})
	self, bob := v.Named("self"), v.Named("bob")
	text := strings.Repeat("x", 1000)
	sent := 0
	for {
		_, err := self.Send(t.Context(), "bob", []string{text}, nil, nil)
		if err != nil {
			v.Fails(err, caps.Full)
			break
		}
		sent++
	}
	if sent != 3 {
		t.Errorf("%d messages of 1,000 bytes found room in 4,000", sent)
	}
	v.OK(bob.Dismiss(t.Context(), 2))
	v.Say(self, "bob", text)
}

// TestInside: what is done inside a transaction is there with its commit.
func TestInside(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.Named("self"), v.Named("bob")
	for _, commit := range []bool{false, true} {
		tx := must(v.S.Begin(ctx))(t)
		in := v.In(tx)
		a := must(in.Agent(ctx, "self"))(t)
		must(a.StoreValue(ctx, "x", []byte(`1`)))(t)
		_, err := a.Send(ctx, "bob", []string{"", "", ""}, []string{"x", "y"}, []string{"x", "none"})
		v.Fails(err, caps.NotFound)
		_, err = a.MakeGuest(ctx, "bob") // fails after it has written
		v.Fails(err, caps.BadName)
		v.Fails(a.Move(ctx, "x", "bob"), caps.BadName)
		must(a.Send(ctx, "bob", []string{"", ""}, []string{"x"}, []string{"x"}))(t)
		other := must(in.Agent(ctx, "bob"))(t)
		if n := len(must(other.Messages(ctx, mail.MessageQuery{}))(t)); n != 1 {
			t.Errorf("inside bob has %d messages", n)
		}
		if _, err := a.Wait(ctx, [32]byte{}); code(err) != caps.Refused {
			t.Errorf("waiting inside: %v", err)
		}
		for _, err := range a.Follow(ctx, 0) {
			v.Fails(err, caps.Refused)
		}
		if n := len(v.Inbox(bob)); n != 0 {
			t.Errorf("before the commit bob has %d messages", n)
		}
		if !commit {
			tx.Rollback()
			if _, err := self.Identify(ctx, "x"); code(err) != caps.NotFound {
				t.Errorf("after a rollback: %v", err)
			}
			continue
		}
		followed := make(chan mail.Message)
		go func() {
			for m := range bob.Follow(ctx, 0) {
				followed <- m
				return
			}
		}()
		v.OK(tx.Commit(ctx, nil))
		in.Committed()
		if m := <-followed; m.Number != 1 {
			t.Errorf("the follower got %+v", m)
		}
	}
	if got := v.Value(bob, "INBOX.1.x"); got != "1" {
		t.Errorf("bob got %s", got)
	}
}

// TestInsideTakesBack: an action that fails inside a transaction has done
// nothing, though the transaction commits.
func TestInsideTakesBack(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{Limits: mail.Limits{Names: 1}})
	ctx := t.Context()
	self := v.Named("self")
	must(self.MakeGuest(ctx, "bob"))(t)
	rows := func() int64 {
		tx := must(v.S.Begin(ctx))(t)
		defer tx.Rollback()
		var n int64
		for _, table := range []string{"agent", "agentname", "agentkey", "formula", "held", "name", "value", "log", "mail"} {
			n += must(tx.Count(ctx, "qvat:"+table))(t)
		}
		return n
	}
	before := rows()
	tx := must(v.S.Begin(ctx))(t)
	defer tx.Rollback()
	a := must(v.In(tx).Agent(ctx, "self"))(t)
	_, err := a.MakeGuest(ctx, "carol") // the name finds no room, after the agent was made
	v.Fails(err, caps.Full)
	_, err = a.Request(ctx, "bob", "x", "x")
	v.Fails(err, caps.Full)
	v.OK(tx.Commit(ctx, nil))
	if after := rows(); after != before {
		t.Errorf("there are %d rows, and were %d", after, before)
	}
	if _, err := v.Agent(ctx, "carol"); code(err) != caps.NotFound {
		t.Errorf("carol: %v", err)
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }
