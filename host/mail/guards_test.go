package mail_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/mailtest"
)

// TestGuestNotesNoAddresses: a guest that only looks at a locator does not take
// the places of another node's addresses, nor make rows without a bound.
func TestGuestNotesNoAddresses(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	guest, self := v.Named("eve"), v.Named("self")
	there := caps.Locator{ID: caps.ID{Number: mailtest.Public("somebody"), Node: mailtest.Public("there")}, Type: caps.TypeHandle}
	junk := there
	for i := range 8 {
		junk.At = append(junk.At, fmt.Sprintf("unix:/run/other-service-%d.sock", i))
	}
	must(guest.Identify(ctx, junk.String()))(t)
	there.At = []string{"unix:/real"}
	v.OK(self.Copy(ctx, there.String(), "friend"))
	if l := must(self.Locate(ctx, "friend"))(t); !slices.Contains(l.At, "unix:/real") {
		t.Errorf("the host's own address of its friend was dropped: the node has %q", l.At)
	}
	for i := range 50 {
		l := caps.Locator{ID: caps.ID{Number: [32]byte{1}, Node: mailtest.Public(fmt.Sprint("made up ", i))}, Type: caps.TypeValue}
		must(guest.Identify(ctx, l.String()))(t)
	}
	if n := len(must(self.Peers(ctx))(t)); n > 2 {
		t.Errorf("a guest that looked at locators made the vat remember %d nodes", n)
	}
}

// TestFailedAgentIsForgotten: an agent that could not be made is not at hand afterwards,
// when the transaction goes on.
func TestFailedAgentIsForgotten(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	v.OK(v.Named("self").MakeDirectory(ctx, "taken"))
	tx := must(v.S.Begin(ctx))(t)
	in := v.In(tx)
	self := must(in.Agent(ctx, "self"))(t)
	if _, err := self.MakeHost(ctx, "taken"); code(err) != caps.BadName {
		t.Fatal(err)
	}
	v.OK(self.MakeDirectory(ctx, "more"))
	v.OK(tx.Commit(ctx, nil))
	in.Committed()

	// Somebody looks at the guest between the commit that makes it and Committed.
	tx = must(v.S.Begin(ctx))(t)
	in = v.In(tx)
	self = must(in.Agent(ctx, "self"))(t)
	made := must(self.MakeGuest(ctx, "carol"))(t)
	v.OK(tx.Commit(ctx, nil))
	carol := must(v.Agent(ctx, "carol"))(t)
	if got := must(carol.Info(ctx))(t); got.Key != made.Key || got.Host {
		t.Errorf("carol, a guest, is %q with another key, host: %v", got.Name, got.Host)
	}
}

// TestEmptyNameGivesNothing: a name that was forgotten does not give away the agent's own
// directory, which is as good as all that it has.
func TestEmptyNameGivesNothing(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.Named("self"), v.Named("bob")
	v.Keep(self, "private", `1`)
	if _, err := self.Send(ctx, "bob", []string{"", ""}, []string{"x"}, []string{""}); err == nil {
		v.OK(bob.Adopt(ctx, 1, "x", "all"))
		t.Errorf("bob has all of self's names, to read and to change: %q", v.Names(bob, "all"))
	}
	must(bob.Request(ctx, "HOST", "a lamp", "lamp"))(t)
	list := v.Inbox(self)
	if err := self.Resolve(ctx, list[len(list)-1].Number, ""); err == nil {
		t.Error("a request was granted with nothing, which gives everything")
	}
	v.Fails(self.Copy(ctx, "", "all"), caps.BadName)
	// Nor is it given by its identifier.
	own := must(self.Lookup(ctx, ""))(t).ID.String()
	_, err := self.Send(ctx, "bob", []string{"", ""}, []string{"x"}, []string{own})
	v.Fails(err, caps.Refused)
	v.Fails(self.Resolve(ctx, list[len(list)-1].Number, own), caps.Refused)
	v.Fails(self.Copy(ctx, own, "all"), caps.Refused)
}

// TestNodeWakesByTheMinute: what another node's messages wake is bounded, whatever
// they tell; the messages are there, and the log says why nothing ran.
func TestNodeWakesByTheMinute(t *testing.T) {
	t.Parallel()
	r := &mailtest.Runner{Runs: func(context.Context, mail.Call, *mail.Inside) error { return nil }}
	v := newVat(t, mail.Options{Run: r, Limits: mail.Limits{NodeWakes: 2}})
	r.V = v
	bob := v.Named("bob")
	v.Wakes(bob)
	to := must(bob.Identify(t.Context(), "SELF"))(t)
	key, from := mailtest.Stranger()
	receive := func(id byte, text string) {
		v.OK(v.Receive(t.Context(), from.Node, mailtest.HandSealed(key, from, to, [32]byte{id}, []byte(text))))
	}
	for id := range byte(5) {
		receive(id+1, mailtest.PlainBody)
	}
	v.Say(v.Named("self"), "bob", "from here") // counts for nobody else
	v.Clock.Add(time.Minute)
	receive(6, mailtest.PlainBody)
	receive(7, strings.TrimSuffix(mailtest.PlainBody, "}")+`,"auto":9}`)
	defer v.Run()()
	v.Until(func() bool { return len(v.Journal(bob, "wake")) == 8 })
	refused := []string{}
	for _, e := range v.Journal(bob, "wake") {
		if e.Error != "" {
			refused = append(refused, e.Error)
		}
	}
	if len(refused) != 4 || !strings.Contains(refused[0], "in this minute") || !strings.Contains(refused[3], "answered each other") {
		t.Errorf("not run: %q", refused)
	}
	if n := len(v.Inbox(bob)); n != 8 {
		t.Errorf("bob has %d messages, want 8", n)
	}
}

// TestLogKeepsNoInvitation: who reads a log cannot accept what it tells of.
func TestLogKeepsNoInvitation(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self := v.Named("self")
	l := must(self.Invite(ctx, "carol", 0))(t)
	v.OK(self.Copy(ctx, l.String(), "carol-too"))
	v.OK(self.Copy(ctx, l.ID.String(), "carol-three"))
	v.OK(self.Move(ctx, "carol", "dave"))
	v.OK(self.Remove(ctx, "dave"))
	for _, e := range must(self.Log(ctx, mail.LogQuery{}))(t) {
		if strings.Contains(string(e.Detail), fmt.Sprintf("%x", l.ID.Number)) {
			t.Errorf("the entry of %s is %s", e.Action, e.Detail)
		}
	}
}

// TestFollowBeyondTheEnd: a number that no message has yet stands for the newest.
func TestFollowBeyondTheEnd(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{Limits: mail.Limits{LogCount: 5}})
	self, bob := v.Named("self"), v.Named("bob")
	v.Say(self, "bob", "before")
	var got []uint64
	for m, err := range bob.Follow(t.Context(), 0) { // that it has begun is seen from what it gives
		v.OK(err)
		got = append(got, m.Number)
		break
	}
	next := bob.Follow(t.Context(), 1000)
	begun := v.NextCommit() // nothing else runs in the vat
	go func() {
		<-begun
		for range 8 { // more than the journal keeps
			_, err := self.Send(context.Background(), "bob", []string{"more"}, nil, nil)
			if err != nil {
				t.Error(err)
			}
		}
	}()
	for m, err := range next {
		v.OK(err)
		if got = append(got, m.Number); len(got) == 9 {
			break
		}
	}
	if !slices.Equal(got, []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9}) {
		t.Errorf("it gave %d", got)
	}
}

// TestNodeIsAKey: nothing is queued for a node that cannot be.
func TestNodeIsAKey(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	nowhere := caps.ID{Number: mailtest.Public("somebody"), Node: caps.Key{31: 0xff}}
	_, err := v.Named("self").Send(t.Context(), nowhere.String(), []string{"hello"}, nil, nil)
	v.Fails(err, caps.BadName)
}
