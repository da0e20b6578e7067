package mail_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"qvat/host/mail"
)

// queueing is a vat in which a call of the chain "outer" calls its slot 0 with its
// slot 1; it notes the calls that come of that.
func queueing(t *testing.T, v *vat, r *runner, first []mail.Slot, data string) (inner *atomic.Pointer[mail.Call]) {
	t.Helper()
	inner = &atomic.Pointer[mail.Call]{}
	r.runs = func(ctx context.Context, c mail.Call, in *mail.Inside) error {
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
	v, bob := waking(t, nil)
	self := v.agent("self")
	id := v.wakes(v.agent("other")) // some chain
	v.ok(bob.SetWake(t.Context(), must(self.Identify(t.Context(), "chain-1"))(t).String(), 1000))
	inner := queueing(t, v, v.o.Run.(*runner), []mail.Slot{{ID: id, Type: mail.TypeChain}}, `{}`)
	v.say(self, "bob", "hello")
	defer v.serve()()
	eventually(t, "the queued call runs", func() bool { return inner.Load() != nil })
	if got := inner.Load().Fuel; got == 0 || got > 1000 {
		t.Errorf("a run that may burn 1000 has queued one that may burn %d (0 is the vat's limit)", got)
	}
}

// TestQueuedCallHolds: what is in the data of a queued call is there when it runs.
func TestQueuedCallHolds(t *testing.T) {
	v, bob := waking(t, nil)
	ctx := t.Context()
	self := v.agent("self")
	chain := v.wakes(v.agent("other"))
	photo := v.store(self, "photo", `1`)
	v.ok(bob.SetWake(ctx, must(self.Identify(ctx, "chain-1"))(t).String(), 1000))
	inner := queueing(t, v, v.o.Run.(*runner),
		[]mail.Slot{{ID: chain, Type: mail.TypeChain}, {ID: photo, Type: mail.TypeValue}}, `{"it":{"@":1}}`)
	runs := v.o.Run.(*runner).runs
	v.o.Run.(*runner).runs = func(ctx context.Context, c mail.Call, in *mail.Inside) error {
		if numberIn(c) > 0 { // the run also drops the name by which it had the thing
			if err := must(in.Agent(ctx, "self"))(t).Remove(ctx, "photo"); err != nil {
				return err
			}
		}
		return runs(ctx, c, in)
	}
	v.say(self, "bob", "hello")
	defer v.serve()()
	// The collector and the call race; the log tells.
	eventually(t, "the queued call has run", func() bool { return len(v.logged(bob, "call")) == 1 })
	if e := v.logged(bob, "call")[0]; e.Error != "" || inner.Load() == nil {
		t.Errorf("the queued call failed: %s", e.Error)
	}
	eventually(t, "it holds nothing any more", func() bool {
		_, err := self.Why(ctx, photo)
		return code(err) == mail.NotFound
	})
}

// TestSlotsOfAnotherNode: what a message from another node carries can be forwarded,
// and handed to another chain, by the chain that the message wakes.
func TestSlotsOfAnotherNode(t *testing.T) {
	v, bob := waking(t, nil)
	ctx := t.Context()
	carol := must(v.agent("carol").Identify(ctx, "SELF"))(t)
	chain := v.wakes(v.agent("other"))
	to := must(bob.Identify(ctx, "SELF"))(t)
	key, from := stranger()
	thing := mail.ID{Number: [32]byte{7}, Node: from.Node}
	results := make(chan [2]error, 1)
	v.o.Run.(*runner).runs = func(ctx context.Context, c mail.Call, in *mail.Inside) error {
		c.Slots = append(slices.Clone(c.Slots), mail.Slot{ID: carol, Type: mail.TypeHandle}, mail.Slot{ID: chain, Type: mail.TypeChain})
		if len(c.Slots) == 4 {
			s := in.Slots(c)
			_, forward := s.Call(ctx, 2, []byte(`{"strings":["",""],"edges":["it"],"things":[{"@":1}]}`))
			_, queue := s.Call(ctx, 3, []byte(`{"it":{"@":1}}`))
			results <- [2]error{forward, queue}
		}
		return nil
	}
	text := `{"kind":"package","date":1767323045000,"strings":["",""],"edges":["it"],"ids":["` + thing.String() + `"],"types":["value"]}`
	v.ok(v.Receive(ctx, from.Node, handSealed(key, from, to, [32]byte{1}, []byte(text))))
	defer v.serve()()
	got := <-results
	if got[0] != nil {
		t.Errorf("it cannot be forwarded: %v", got[0])
	}
	eventually(t, "the queued call is over", func() bool { return len(v.logged(bob, "call")) == 1 })
	if e := v.logged(bob, "call")[0]; got[1] != nil || e.Error != "" {
		t.Errorf("it cannot be given to another chain: %v %s", got[1], e.Error)
	}
}

// TestWhyOfQueuedCall: while a call waits, it is what holds what is in its data.
func TestWhyOfQueuedCall(t *testing.T) {
	v, bob := waking(t, nil)
	ctx := t.Context()
	self := v.agent("self")
	chain := must(self.Identify(ctx, "chain-1"))(t)
	photo := v.store(self, "photo", `1`)
	tx := must(v.s.Begin(ctx))(t)
	in := v.In(tx)
	slots := []mail.Slot{{ID: chain, Type: mail.TypeChain}, {ID: photo, Type: mail.TypeValue}}
	s := in.Slots(mail.Call{Agent: must(bob.Info(ctx))(t).Handle, Slots: slots})
	must(s.Call(ctx, 0, []byte(`{"it":{"@":1}}`)))(t)
	v.ok(must(in.Agent(ctx, "self"))(t).Remove(ctx, "photo"))
	v.ok(tx.Commit(ctx, nil))
	v.ok(v.Collect(ctx))
	if why := must(self.Why(ctx, photo))(t); len(why) != 1 || why[0] != "agent bob: a call that waits to be run" {
		t.Errorf("what holds it: %q", why)
	}
}

// TestDraw: an attempt that is made again with the same seed makes the same ids and
// keys; one with another makes others.
func TestDraw(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	attempt := func(seed byte) string {
		tx := must(v.s.Begin(ctx))(t)
		defer tx.Rollback()
		self := must(v.In(tx).During(v.clock.now(), -1, 0).Draw(drawing(seed)).Agent(ctx, "self"))(t)
		made := must(self.MakeGuest(ctx, "guest"))(t)
		value := must(self.StoreValue(ctx, "value", json.RawMessage(`1`)))(t)
		sent := must(self.Send(ctx, "guest", []string{"hello"}, nil, nil))(t)
		if made.Key == mail.Key(value.Number) || value.Number == sent.ID {
			t.Error("one number was drawn twice")
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

// drawing is chance that comes of a seed.
func drawing(seed byte) func() ([32]byte, error) {
	n := [32]byte{seed}
	return func() ([32]byte, error) { n[1]++; return n, nil }
}
