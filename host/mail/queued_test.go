package mail_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/mailtest"
	"qvat/host/mail/slotted"
)

// queueing is a vat in which a call of the chain "outer" calls its slot 0 with its
// slot 1; it notes the calls that come of that.
func queueing(t *testing.T, v *vat, r *mailtest.Runner, first []slotted.Slot, data string) (inner *atomic.Pointer[mail.Call]) {
	t.Helper()
	inner = &atomic.Pointer[mail.Call]{}
	r.Runs = func(ctx context.Context, c mail.Call, in *mail.Inside) error {
		if numberIn(c) > 0 { // it was woken
			c.Slots = append(slices.Clone(first), c.Slots...)
			_, err := in.Slots(c).Call(ctx, 0, []byte(data))
			return err
		}
		inner.Store(&c)
		return nil
	}
	return inner
}

// TestQueuedCallBurnsNoMore: what a run on a budget queues runs on no more than that.
func TestQueuedCallBurnsNoMore(t *testing.T) {
	t.Parallel()
	v, bob := waking(t, nil)
	self := v.Named("self")
	id := v.Wakes(v.Named("other")) // some chain
	v.OK(bob.SetWake(t.Context(), must(self.Identify(t.Context(), "chain-1"))(t).String(), 1000))
	inner := queueing(t, v, v.O.Run.(*mailtest.Runner), []slotted.Slot{{ID: id, Type: caps.TypeChain}}, `{}`)
	v.Say(self, "bob", "hello")
	defer v.Run()()
	v.Until(func() bool { return inner.Load() != nil })
	if got := inner.Load().Fuel; got == 0 || got > 1000 {
		t.Errorf("a run that may burn 1000 has queued one that may burn %d (0 is the vat's limit)", got)
	}
}

// TestQueuedCallHolds: what is in the data of a queued call is there when it runs.
func TestQueuedCallHolds(t *testing.T) {
	t.Parallel()
	v, bob := waking(t, nil)
	ctx := t.Context()
	self := v.Named("self")
	chain := v.Wakes(v.Named("other"))
	photo := v.Keep(self, "photo", `1`)
	v.OK(bob.SetWake(ctx, must(self.Identify(ctx, "chain-1"))(t).String(), 1000))
	inner := queueing(t, v, v.O.Run.(*mailtest.Runner),
		[]slotted.Slot{{ID: chain, Type: caps.TypeChain}, {ID: photo, Type: caps.TypeValue}}, `{"it":{"@":1}}`)
	runs := v.O.Run.(*mailtest.Runner).Runs
	v.O.Run.(*mailtest.Runner).Runs = func(ctx context.Context, c mail.Call, in *mail.Inside) error {
		if numberIn(c) > 0 { // the run also drops the name by which it had the thing
			if err := must(in.Agent(ctx, "self"))(t).Remove(ctx, "photo"); err != nil {
				return err
			}
		}
		return runs(ctx, c, in)
	}
	v.Say(self, "bob", "hello")
	defer v.Run()()
	// The collector and the call race; the log tells.
	v.Until(func() bool { return len(v.Journal(bob, "call")) == 1 })
	if e := v.Journal(bob, "call")[0]; e.Error != "" || inner.Load() == nil {
		t.Errorf("the queued call failed: %s", e.Error)
	}
	v.Until(func() bool {
		_, err := self.Why(ctx, photo)
		return code(err) == caps.NotFound
	})
}

// TestSlotsOfAnotherNode: what a message from another node carries can be forwarded,
// and handed to another chain, by the chain that the message wakes.
func TestSlotsOfAnotherNode(t *testing.T) {
	t.Parallel()
	v, bob := waking(t, nil)
	ctx := t.Context()
	carol := must(v.Named("carol").Identify(ctx, "SELF"))(t)
	chain := v.Wakes(v.Named("other"))
	to := must(bob.Identify(ctx, "SELF"))(t)
	key, from := mailtest.Stranger()
	thing := caps.ID{Number: [32]byte{7}, Node: from.Node}
	results := make(chan [2]error, 1)
	v.O.Run.(*mailtest.Runner).Runs = func(ctx context.Context, c mail.Call, in *mail.Inside) error {
		c.Slots = append(slices.Clone(c.Slots), slotted.Slot{ID: carol, Type: caps.TypeHandle}, slotted.Slot{ID: chain, Type: caps.TypeChain})
		if len(c.Slots) == 4 {
			s := in.Slots(c)
			_, forward := s.Call(ctx, 2, []byte(`{"strings":["",""],"edges":["it"],"things":[{"@":1}]}`))
			_, queue := s.Call(ctx, 3, []byte(`{"it":{"@":1}}`))
			results <- [2]error{forward, queue}
		}
		return nil
	}
	text := `{"kind":"package","date":1767323045000,"strings":["",""],"edges":["it"],"ids":["` + thing.String() + `"],"types":["value"]}`
	v.OK(v.Receive(ctx, from.Node, mailtest.HandSealed(key, from, to, [32]byte{1}, []byte(text))))
	defer v.Run()()
	got := <-results
	if got[0] != nil {
		t.Errorf("it cannot be forwarded: %v", got[0])
	}
	v.Until(func() bool { return len(v.Journal(bob, "call")) == 1 })
	if e := v.Journal(bob, "call")[0]; got[1] != nil || e.Error != "" {
		t.Errorf("it cannot be given to another chain: %v %s", got[1], e.Error)
	}
}

// TestWhyOfQueuedCall: while a call waits, it is what holds what is in its data.
func TestWhyOfQueuedCall(t *testing.T) {
	t.Parallel()
	v, bob := waking(t, nil)
	ctx := t.Context()
	self := v.Named("self")
	chain := must(self.Identify(ctx, "chain-1"))(t)
	photo := v.Keep(self, "photo", `1`)
	tx := must(v.S.Begin(ctx))(t)
	in := v.In(tx)
	slots := []slotted.Slot{{ID: chain, Type: caps.TypeChain}, {ID: photo, Type: caps.TypeValue}}
	s := in.Slots(mail.Call{Agent: must(bob.Info(ctx))(t).Handle, Slots: slots})
	must(s.Call(ctx, 0, []byte(`{"it":{"@":1}}`)))(t)
	v.OK(must(in.Agent(ctx, "self"))(t).Remove(ctx, "photo"))
	v.OK(tx.Commit(ctx, nil))
	v.OK(v.Collect(ctx))
	if why := must(self.Why(ctx, photo))(t); len(why) != 1 || why[0] != "agent bob: a call that waits to be run" {
		t.Errorf("what holds it: %q", why)
	}
}

// TestDraw: an attempt that is made again with the same chance makes the same ids
// and keys; one with another makes others.
func TestDraw(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	attempt := func(seed byte) string {
		tx := must(v.S.Begin(ctx))(t)
		defer tx.Rollback()
		drawn := byte(0)
		chance := func() ([32]byte, error) {
			drawn++
			return [32]byte{seed, drawn, 1}, nil
		}
		self := must(v.In(tx).During(v.Clock.Now(), nil).Draw(chance).Agent(ctx, "self"))(t)
		made := must(self.MakeGuest(ctx, "guest"))(t)
		value := must(self.StoreValue(ctx, "value", json.RawMessage(`1`)))(t)
		sent := must(self.Send(ctx, "guest", []string{"hello"}, nil, nil))(t)
		if made.Key == caps.Key(value.Number) || value.Number == sent.ID {
			t.Error("one number was drawn twice")
		}
		if drawn != 6 {
			t.Errorf("%d numbers were drawn, want four of the agent's, the value's and the message's", drawn)
		}
		return fmt.Sprint(made.Key, value, sent.ID)
	}
	first := attempt(1)
	if again := attempt(1); again != first {
		t.Errorf("made again, %s became %s", first, again)
	}
	if other := attempt(2); other == first {
		t.Error("another seed gives the same")
	}
}

// TestDrawFails: chance that fails ends what asked for it, and only that.
func TestDrawFails(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	tx := must(v.S.Begin(ctx))(t)
	defer tx.Rollback()
	errNone := errors.New("there is none")
	self := must(v.In(tx).Draw(func() ([32]byte, error) { return [32]byte{}, errNone }).Agent(ctx, "self"))(t)
	if _, err := self.StoreValue(ctx, "value", json.RawMessage(`1`)); !errors.Is(err, errNone) {
		t.Errorf("a value without chance: %v", err)
	}
	if _, err := self.MakeGuest(ctx, "guest"); !errors.Is(err, errNone) {
		t.Errorf("an agent without chance: %v", err)
	}
	if _, err := self.Send(ctx, "SELF", []string{"hello"}, nil, nil); !errors.Is(err, errNone) {
		t.Errorf("a message without chance: %v", err)
	}
	v.OK(self.SetWake(ctx, "", 0))
	v.OK(tx.Commit(ctx, nil))
	if n := len(v.Inbox(v.Named("self"))); n != 0 {
		t.Errorf("%d messages were sent", n)
	}
}
