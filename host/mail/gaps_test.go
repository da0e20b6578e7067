package mail_test

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qvat/host/mail"
)

// Each of these is named after a gap of the model that agents and mail follow,
// as far as it lies inside one vat. TestGapPeerIsOff and TestGapRequestConfusion
// stand elsewhere.

// TestGapForgedSender: a peer was whoever it said that it was.
func TestGapForgedSender(t *testing.T) {
	here, there, _ := pair(t, mail.Limits{})
	mallory := newVat(t, mail.Options{Node: nodeKey("mallory")})
	ctx := t.Context()
	victim := must(here.agent("self").Identify(ctx, "SELF"))(t)
	friend := must(there.agent("self").Identify(ctx, "SELF"))(t)
	self := mallory.agent("self")
	mallory.ok(self.Copy(ctx, mail.Locator{ID: victim, Type: mail.TypeHandle}.String(), "victim"))
	mallory.say(self, "victim", "it is me, your friend")
	m := mallory.inbox(self)[0].Sealed

	claims := m
	claims.From = friend // another's handle, with mallory's signature
	here.fails(here.Receive(ctx, there.Node(), claims), mail.BadSeal)
	here.fails(here.Receive(ctx, mallory.Node(), claims), mail.BadSeal)
	claims.From = mail.ID{Number: m.From.Number, Node: there.Node()} // mallory's key, on a friend's node
	here.fails(here.Receive(ctx, there.Node(), claims), mail.BadSeal)
	claims.From = victim // as if it were from within
	here.fails(here.Receive(ctx, here.Node(), claims), mail.BadSeal)
	if n := len(here.inbox(here.agent("self"))); n != 0 {
		t.Errorf("%d forged messages arrived", n)
	}
	if n := here.Refusals()[mail.BadSeal]; n != 4 {
		t.Errorf("%d forgeries were counted, want 4", n)
	}
	here.ok(here.Receive(ctx, mallory.Node(), m)) // as itself it may write
}

// TestGapInvitationTwice: an invitation could be accepted twice, the second
// stealing the first one's name.
func TestGapInvitationTwice(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self := v.agent("self")
	l := must(self.Invite(ctx, "guest", 0))(t).String()
	var accepted, used atomic.Int64
	var winner mail.ID
	var group sync.WaitGroup
	for _, name := range []string{"bob", "carol", "dave", "eve"} {
		a := v.agent(name)
		id := must(a.Identify(ctx, "SELF"))(t)
		group.Go(func() {
			switch err := a.Accept(ctx, l, "boss"); {
			case err == nil:
				accepted.Add(1)
				winner = id
			case code(err) == mail.Used:
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
	v.ok(v.Collect(ctx))
	v.reopen()
	self = v.agent("self")
	if got := must(self.Identify(ctx, "guest"))(t); got != winner {
		t.Error("the name is not the first one's")
	}
	v.fails(v.agent("frank").Accept(ctx, l, "boss"), mail.Used)
	v.ok(self.Remove(ctx, "guest"))
	v.ok(v.Collect(ctx))
	v.fails(v.agent("frank").Accept(ctx, l, "boss"), mail.Used)
	v.clock.add(80 * 24 * time.Hour)
	v.ok(v.Collect(ctx))
	v.fails(v.agent("frank").Accept(ctx, l, "boss"), mail.NotFound)
}

// TestGapNoReceiptsNoRecord: there were no replies, no receipts, and no record
// of one's own actions.
func TestGapNoReceiptsNoRecord(t *testing.T) {
	v := newVat(t, mail.Options{Limits: mail.Limits{Receipts: true, LogCount: 12}})
	ctx := t.Context()
	self, bob := v.agent("self"), v.agent("bob")
	v.store(self, "x", `1`)
	v.ok(self.MakeDirectory(ctx, "d"))
	v.ok(self.Move(ctx, "x", "d.x"))
	v.ok(self.Copy(ctx, "d.x", "y"))
	v.ok(self.Remove(ctx, "y"))
	must(self.Send(ctx, "bob", []string{"", ""}, []string{"x"}, []string{"d.x"}))(t)
	must(bob.Reply(ctx, 1, []string{"thanks"}, nil, nil))(t)
	v.ok(bob.Adopt(ctx, 1, "x", ""))
	must(bob.Request(ctx, "HOST", "more", ""))(t)
	v.ok(self.Reject(ctx, 4, "no"))
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
	v := newVat(t, mail.Options{Limits: mail.Limits{MailboxCount: 3, SenderCount: 2, Names: 3}})
	ctx := t.Context()
	self, bob, carol := v.agent("self"), v.agent("bob"), v.agent("carol")
	v.introduce(carol, bob, "bob")
	v.say(self, "bob", "1")
	v.say(self, "bob", "2")
	_, err := self.Send(ctx, "bob", []string{"3"}, nil, nil)
	v.fails(err, mail.Full) // of one sender
	v.say(carol, "bob", "4")
	_, err = carol.Send(ctx, "bob", []string{"5"}, nil, nil)
	v.fails(err, mail.Full) // of all
	if a, b, c := len(v.inbox(self)), len(v.inbox(bob)), len(v.inbox(carol)); a != 2 || b != 3 || c != 1 {
		t.Errorf("the mailboxes have %d, %d and %d messages: what was refused left something", a, b, c)
	}
	v.ok(bob.Dismiss(ctx, 1))
	v.say(carol, "bob", "6") // there is room again, and what was dismissed takes none
	// A full mailbox hears the answers to its own requests.
	must(bob.Request(ctx, "HOST", "x", "x"))(t)
	v.ok(self.Reject(ctx, 3, "no"))
	if info := must(bob.Info(ctx))(t); info.Unread != 4 {
		t.Errorf("bob has %d unread, want 4", info.Unread)
	}
	// A request whose name cannot be made is not sent.
	for _, name := range []string{"a", "b"} {
		v.ok(bob.MakeDirectory(ctx, name))
	}
	must(bob.Request(ctx, "HOST", "y", "y"))(t)
	before := len(v.inbox(self))
	_, err = bob.Request(ctx, "HOST", "z", "z")
	v.fails(err, mail.Full)
	if len(v.inbox(self)) != before {
		t.Error("a request without its name was sent")
	}
}

// TestMailboxBytes bounds the new messages' size.
func TestMailboxBytes(t *testing.T) {
	v := newVat(t, mail.Options{Limits: mail.Limits{MailboxBytes: 4000}})
	self, bob := v.agent("self"), v.agent("bob")
	text := strings.Repeat("x", 1000)
	sent := 0
	for {
		_, err := self.Send(t.Context(), "bob", []string{text}, nil, nil)
		if err != nil {
			v.fails(err, mail.Full)
			break
		}
		sent++
	}
	if sent != 3 {
		t.Errorf("%d messages of 1,000 bytes found room in 4,000", sent)
	}
	v.ok(bob.Dismiss(t.Context(), 2))
	v.say(self, "bob", text)
}

// TestInside: what is done inside a transaction is there with its commit.
func TestInside(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.agent("self"), v.agent("bob")
	for _, commit := range []bool{false, true} {
		tx := must(v.s.Begin(ctx))(t)
		in := v.In(tx)
		a := must(in.Agent(ctx, "self"))(t)
		must(a.StoreValue(ctx, "x", []byte(`1`)))(t)
		_, err := a.Send(ctx, "bob", []string{"", "", ""}, []string{"x", "y"}, []string{"x", "none"})
		v.fails(err, mail.NotFound)
		_, err = a.MakeGuest(ctx, "bob") // fails after it has written
		v.fails(err, mail.BadName)
		v.fails(a.Move(ctx, "x", "bob"), mail.BadName)
		must(a.Send(ctx, "bob", []string{"", ""}, []string{"x"}, []string{"x"}))(t)
		other := must(in.Agent(ctx, "bob"))(t)
		if n := len(must(other.Messages(ctx, mail.MessageQuery{}))(t)); n != 1 {
			t.Errorf("inside bob has %d messages", n)
		}
		if _, err := a.Wait(ctx, [32]byte{}); code(err) != mail.Refused {
			t.Errorf("waiting inside: %v", err)
		}
		for _, err := range a.Follow(ctx, 0) {
			v.fails(err, mail.Refused)
		}
		if n := len(v.inbox(bob)); n != 0 {
			t.Errorf("before the commit bob has %d messages", n)
		}
		if !commit {
			tx.Rollback()
			if _, err := self.Identify(ctx, "x"); code(err) != mail.NotFound {
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
		v.ok(tx.Commit(ctx, nil))
		in.Committed()
		if m := <-followed; m.Number != 1 {
			t.Errorf("the follower got %+v", m)
		}
	}
	if got := v.value(bob, "INBOX.1.x"); got != "1" {
		t.Errorf("bob got %s", got)
	}
}

// TestInsideTakesBack: an action that fails inside a transaction has done
// nothing, though the transaction commits.
func TestInsideTakesBack(t *testing.T) {
	v := newVat(t, mail.Options{Limits: mail.Limits{Names: 1}})
	ctx := t.Context()
	self := v.agent("self")
	must(self.MakeGuest(ctx, "bob"))(t)
	rows := func() int64 {
		tx := must(v.s.Begin(ctx))(t)
		defer tx.Rollback()
		var n int64
		for _, table := range []string{"agent", "agentname", "agentkey", "formula", "held", "name", "value", "log", "mail"} {
			n += must(tx.Count(ctx, "qvat:"+table))(t)
		}
		return n
	}
	before := rows()
	tx := must(v.s.Begin(ctx))(t)
	defer tx.Rollback()
	a := must(v.In(tx).Agent(ctx, "self"))(t)
	_, err := a.MakeGuest(ctx, "carol") // the name finds no room, after the agent was made
	v.fails(err, mail.Full)
	_, err = a.Request(ctx, "bob", "x", "x")
	v.fails(err, mail.Full)
	v.ok(tx.Commit(ctx, nil))
	if after := rows(); after != before {
		t.Errorf("there are %d rows, and were %d", after, before)
	}
	if _, err := v.Agent(ctx, "carol"); code(err) != mail.NotFound {
		t.Errorf("carol: %v", err)
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }
