package wire_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/letter"
	"qvat/host/mail/mailtest"
	"qvat/host/mail/wire"
)

func TestRemote(t *testing.T) {
	t.Parallel()
	here, there, _ := pair(t, mail.Limits{})
	ctx := t.Context()
	a, b := here.Named("self"), there.Named("self")
	defer here.Run()()
	defer there.Run()()
	id := there.Keep(b, "photo", `"there"`)
	here.Keep(a, "mine", `"here"`)
	must(a.Send(ctx, "friend", []string{"", ""}, []string{"mine"}, []string{"mine"}))(t)
	here.Until(func() bool { return here.Inbox(a)[0].State == mail.StateSent })
	m := there.Inbox(b)[0]
	if m.From.Node != here.Node() || m.IDs[0].Node != here.Node() || m.Types[0] != caps.TypeValue {
		t.Errorf("there arrived %+v", m)
	}
	must(there.Wire.Open(m.Sealed))(t)
	there.OK(b.Adopt(ctx, 1, "mine", ""))
	if got := must(b.Lookup(ctx, "mine"))(t); got.Local || got.Type != caps.TypeValue {
		t.Errorf("what is elsewhere is shown as %+v", got)
	}

	sent := must(a.Request(ctx, "friend", "a photo", "photo"))(t)
	here.Until(func() bool { return len(there.Inbox(b)) == 2 })
	there.OK(b.Resolve(ctx, 2, "photo"))
	got := must(a.Wait(ctx, sent.ID))(t)
	if got.State != caps.StateResolved || got.IDs[0] != id {
		t.Errorf("the request came to %+v", got)
	}
	if got := must(a.Identify(ctx, "photo"))(t); got != id {
		t.Errorf("the name leads to %s", got)
	}
	sent = must(a.Request(ctx, "friend", "more", "more"))(t)
	here.Until(func() bool { return len(there.Inbox(b)) == 4 })
	there.OK(b.Reject(ctx, 4, "no more"))
	if got := must(a.Wait(ctx, sent.ID))(t); got.State != caps.StateRejected || got.Why != "no more" {
		t.Errorf("the request came to %+v", got)
	}
	if peers := must(a.Peers(ctx))(t); len(peers) != 1 || peers[0].Node != there.Node() {
		t.Errorf("the peers are %+v", peers)
	}
}

// TestGapPeerIsOff: sending to a peer that is off fails, and nothing is kept.
func TestGapPeerIsOff(t *testing.T) {
	t.Parallel()
	here, there, net := pair(t, mail.Limits{})
	ctx := t.Context()
	a, b := here.Named("self"), there.Named("self")
	net.set(true, false)
	stop := here.Run()
	sent := here.Say(a, "friend", "one")
	here.Until(func() bool {
		out := must(a.Outbox(ctx))(t)
		return len(out) == 1 && out[0].Tries > 0
	})
	out := must(a.Outbox(ctx))(t)[0]
	if out.ID != sent.ID || out.Number != sent.Number || out.Error == "" || out.To.Node != there.Node() {
		t.Errorf("the outbox shows %+v", out)
	}
	stop()
	here.Reopen() // a restart of the sender
	a = here.Named("self")
	here.Say(a, "friend", "two")
	if n := len(must(a.Outbox(ctx))(t)); n != 2 {
		t.Fatalf("after a restart %d messages are in the outbox, want 2", n)
	}
	net.set(false, true) // what arrives is not acknowledged
	stop = here.Run()
	here.Until(func() bool { return len(there.Inbox(b)) > 0 })
	stop()
	there.Reopen() // and one of the other side
	b = there.Named("self")
	net.set(false, false)
	here.Reopen()
	a = here.Named("self")
	defer here.Run()()
	here.Until(func() bool { return len(must(a.Outbox(ctx))(t)) == 0 })
	var texts []string
	for _, m := range there.Inbox(b) {
		texts = append(texts, m.Strings[0])
	}
	if !slices.Equal(texts, []string{"one", "two"}) {
		t.Errorf("there arrived %q, want each once and in order", texts)
	}
	for _, m := range here.Inbox(a) {
		if m.State != mail.StateSent {
			t.Errorf("message %d is %s, want sent", m.Number, m.State)
		}
	}
	if there.Refusals()[caps.Replayed] == 0 {
		t.Error("nothing was delivered twice: the test shows less than it should")
	}
}

// TestBackoff: what cannot be delivered is tried again after a second, then two,
// and not before.
func TestBackoff(t *testing.T) {
	t.Parallel()
	here, there, net := pair(t, mail.Limits{})
	ctx := t.Context()
	a, b := here.Named("self"), there.Named("self")
	net.set(true, false)
	here.Say(a, "friend", "one")
	tries := func() int {
		t.Helper()
		here.OK(here.Pass(ctx))
		return must(a.Outbox(ctx))(t)[0].Tries
	}
	if n := tries(); n != 1 {
		t.Fatalf("it was tried %d times", n)
	}
	for i, wait := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
		here.Clock.Add(wait - time.Millisecond)
		here.Say(a, "friend", "a nudge")
		if n := tries(); n != i+1 {
			t.Errorf("it was tried again before %v", wait)
		}
		here.Clock.Add(time.Millisecond)
		if n := tries(); n != i+2 {
			t.Errorf("after %v it was tried %d times, want %d", wait, n, i+2)
		}
	}
	net.set(false, false)
	here.Clock.Add(time.Hour)
	here.Say(a, "friend", "last")
	here.OK(here.Pass(ctx))
	if n := len(there.Inbox(b)); n != 5 {
		t.Errorf("%d arrive, want 5", n)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	here, there, net := pair(t, mail.Limits{})
	ctx := t.Context()
	a, b := here.Named("self"), there.Named("self")
	net.set(true, false)
	stop := here.Run()
	one, two := here.Say(a, "friend", "one"), must(a.Request(ctx, "friend", "two", "two"))(t)
	here.Say(a, "friend", "three")
	here.Until(func() bool { return must(a.Outbox(ctx))(t)[0].Tries > 0 })
	stop()
	here.Fails(a.Dismiss(ctx, one.Number), caps.Refused)
	here.OK(a.Cancel(ctx, one.ID))
	here.OK(a.Cancel(ctx, two.ID))
	here.Fails(a.Cancel(ctx, one.ID), caps.Refused)
	here.Fails(a.Cancel(ctx, [32]byte{1}), caps.NotFound)
	if m := must(a.Wait(ctx, two.ID))(t); m.State != caps.StateRejected || m.Why == "" {
		t.Errorf("the request that was taken back is %+v", m)
	}
	if names := here.Names(a, ""); slices.Contains(names, "two") {
		t.Error("the request that was taken back has a name")
	}
	if n := len(must(a.Outbox(ctx))(t)); n != 1 {
		t.Errorf("%d messages are in the outbox, want 1", n)
	}
	net.set(false, false)
	here.Clock.Add(time.Hour)
	defer here.Run()()
	here.Until(func() bool { return len(there.Inbox(b)) == 1 })
	if m := there.Inbox(b)[0]; m.Strings[0] != "three" {
		t.Errorf("there arrived %q", m.Strings)
	}
	here.Fails(a.Cancel(ctx, here.Inbox(a)[2].ID), caps.Refused)
}

func TestRemoteRefusals(t *testing.T) {
	t.Parallel()
	here, there, _ := pair(t, mail.Limits{SenderCount: 1})
	ctx := t.Context()
	a, b := here.Named("self"), there.Named("self")
	defer here.Run()()
	here.Say(a, "friend", "one")
	here.Say(a, "friend", "two")
	nobody := caps.Locator{ID: caps.ID{Number: [32]byte{7}, Node: there.Node()}, Type: caps.TypeHandle}
	lost := here.Say(a, nobody.String(), "to nobody")
	here.Until(func() bool {
		out := must(a.Outbox(ctx))(t)
		return len(out) == 1 && out[0].Error != ""
	})
	here.Until(func() bool {
		return must(a.Message(ctx, lost.Number))(t).State == caps.StateRejected
	})
	if m := must(a.Message(ctx, lost.Number))(t); m.Why == "" {
		t.Error("the sender is not told why")
	}
	there.OK(b.Dismiss(ctx, 1)) // makes room
	here.Clock.Add(time.Minute)
	here.Say(a, nobody.String(), "a nudge")
	here.Until(func() bool { return len(there.Inbox(b)) == 2 })
	if there.Refusals()[caps.Full] == 0 || there.Refusals()[caps.NotFound] == 0 {
		t.Errorf("refusals are %v", there.Refusals())
	}
}

func TestQueueQuota(t *testing.T) {
	t.Parallel()
	here := newVat(t, mail.Options{Limits: mail.Limits{Queued: 2}})
	a := here.Named("self")
	far := caps.Locator{ID: caps.ID{Number: [32]byte{7}, Node: mailtest.Public("there")}, Type: caps.TypeHandle}.String()
	one := here.Say(a, far, "one")
	here.Say(a, far, "two")
	_, err := a.Send(t.Context(), far, []string{"three"}, nil, nil)
	here.Fails(err, caps.Full)
	here.OK(a.Cancel(t.Context(), one.ID))
	here.Say(a, far, "three")
}

// hanging is a network on which one node never answers.
type hanging struct {
	wire.Network
	node caps.Key
}

func (h hanging) Deliver(ctx context.Context, node caps.Key, at []string, m letter.Sealed) error {
	if node == h.node {
		<-ctx.Done()
		return ctx.Err()
	}
	return h.Network.Deliver(ctx, node, at, m)
}

// TestSlowNode: a node that hangs holds up no other.
func TestSlowNode(t *testing.T) {
	t.Parallel()
	here, there, net := pair(t, mail.Limits{})
	net.Network = hanging{net.Network, mailtest.Public("slow")}
	a := here.Named("self")
	defer here.Run()()
	slow := caps.Locator{ID: caps.ID{Number: [32]byte{7}, Node: mailtest.Public("slow")}, Type: caps.TypeHandle}.String()
	for range 20 {
		here.Say(a, slow, "x")
		here.Say(a, "friend", "y")
	}
	here.Until(func() bool { return len(there.Inbox(there.Named("self"))) == 20 })
	here.Until(func() bool { return len(must(a.Outbox(t.Context()))(t)) == 20 })
}

// TestNodeStartsAfresh: a node for which nothing waits any more is not waited for.
func TestNodeStartsAfresh(t *testing.T) {
	t.Parallel()
	here, there, net := pair(t, mail.Limits{})
	ctx := t.Context()
	a, b := here.Named("self"), there.Named("self")
	net.set(true, false)
	sent := here.Say(a, "friend", "one")
	here.OK(here.Pass(ctx))
	if must(a.Outbox(ctx))(t)[0].Tries == 0 {
		t.Fatal("it was not tried")
	}
	here.OK(a.Cancel(ctx, sent.ID))
	here.OK(here.Pass(ctx)) // Cancel wakes it
	net.set(false, false)
	here.Say(a, "friend", "two")
	here.OK(here.Pass(ctx)) // though the clock stands
	if n := len(there.Inbox(b)); n != 1 {
		t.Errorf("%d messages arrived, want 1", n)
	}
}

// TestAutomaticAnswersEnd: two agents of two nodes that do nothing but answer each
// other come to an end.
func TestAutomaticAnswersEnd(t *testing.T) {
	t.Parallel()
	loop := &loopback{}
	var runs atomic.Int64
	var vats [2]*vat
	for i, word := range []string{"here", "there"} {
		r := &mailtest.Runner{}
		vats[i] = mailtest.New(t, mail.Options{Node: mailtest.Node(word), Run: r}, loop.from(mailtest.Public(word)))
		r.V = vats[i]
		r.Runs = func(ctx context.Context, c mail.Call, in *mail.Inside) error {
			runs.Add(1)
			_, err := in.Slots(c).Call(ctx, 0, []byte(`"I am away"`))
			return err
		}
		loop.join(mailtest.Public(word), vats[i])
		vats[i].Wakes(vats[i].Named("self"))
	}
	befriend(t, vats[0], vats[1])
	vats[0].Say(vats[0].Named("self"), "friend", "hello")
	defer vats[0].Run()()
	defer vats[1].Run()()
	idle := func() bool {
		for _, v := range vats {
			if len(must(v.S.Outbox(t.Context(), 0, 1))(t)) > 0 || len(must(v.Queue().All(t.Context()))(t)) > 0 {
				return false
			}
		}
		return true
	}
	mailtest.Until(func() bool {
		// What is on its way can pass behind the back of who looks once, but not
		// twice without a run.
		n := runs.Load()
		return n > 512 || n > 0 && idle() && idle() && runs.Load() == n
	}, vats[:]...)
	if n := runs.Load(); n > 512 {
		t.Errorf("one message has caused %d runs on two nodes, and there is no end", n)
	}
}
