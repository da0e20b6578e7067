package mail_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"qvat/host/mail"
)

// patchy is a network that can be cut, before a delivery or after it.
type patchy struct {
	mail.Network
	mu          sync.Mutex
	off, losing bool
}

func (p *patchy) set(off, losing bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.off, p.losing = off, losing
}

var errCut = errors.New("the network is cut")

func (p *patchy) Deliver(ctx context.Context, node mail.Key, at []string, m mail.Sealed) error {
	p.mu.Lock()
	off, losing := p.off, p.losing
	p.mu.Unlock()
	if off {
		return errCut
	}
	err := p.Network.Deliver(ctx, node, at, m)
	if losing {
		return errCut
	}
	return err
}

// public is a node's key.
func public(word string) mail.Key { return mail.Key(nodeKey(word)[32:]) }

// receiver is a vat that may be closed and opened meanwhile.
type receiver struct{ v *vat }

func (r receiver) Receive(ctx context.Context, from mail.Key, m mail.Sealed) error {
	return r.v.Receive(ctx, from, m)
}

// pair is two vats on one network, whose first hosts call each other friend.
func pair(t *testing.T, limits mail.Limits) (here, there *vat, net *patchy) {
	t.Helper()
	loop := &mail.Loopback{}
	net = &patchy{Network: loop.From(public("here"))}
	here = newVat(t, mail.Options{Node: nodeKey("here"), Network: net})
	there = newVat(t, mail.Options{Node: nodeKey("there"), Network: loop.From(public("there")), Limits: limits})
	loop.Join(public("here"), receiver{here})
	loop.Join(public("there"), receiver{there})
	befriend(t, here, there)
	befriend(t, there, here)
	return here, there, net
}

func befriend(t *testing.T, a, b *vat) {
	t.Helper()
	l := must(b.agent("self").Locate(t.Context(), "SELF"))(t)
	a.ok(a.agent("self").Copy(t.Context(), l.String(), "friend"))
}

// serve runs what a vat does by itself, until the returned function is called.
func (v *vat) serve() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- v.Serve(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			v.Error(err)
		}
	})
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !so(); {
		if time.Now().After(deadline) {
			t.Fatalf("not after 20 s: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func TestRemote(t *testing.T) {
	here, there, _ := pair(t, mail.Limits{})
	ctx := t.Context()
	a, b := here.agent("self"), there.agent("self")
	defer here.serve()()
	defer there.serve()()
	id := there.store(b, "photo", `"there"`)
	here.store(a, "mine", `"here"`)
	must(a.Send(ctx, "friend", []string{"", ""}, []string{"mine"}, []string{"mine"}))(t)
	eventually(t, "it is sent", func() bool { return here.inbox(a)[0].State == mail.StateSent })
	m := there.inbox(b)[0]
	if m.From.Node != here.Node() || m.IDs[0].Node != here.Node() || m.Types[0] != mail.TypeValue {
		t.Errorf("there arrived %+v", m)
	}
	there.ok(there.OpenSealed(m.Sealed))
	there.ok(b.Adopt(ctx, 1, "mine", ""))
	if got := must(b.Lookup(ctx, "mine"))(t); got.Local || got.Type != mail.TypeValue {
		t.Errorf("what is elsewhere is shown as %+v", got)
	}

	sent := must(a.Request(ctx, "friend", "a photo", "photo"))(t)
	eventually(t, "the request arrives", func() bool { return len(there.inbox(b)) == 2 })
	there.ok(b.Resolve(ctx, 2, "photo"))
	got := must(a.Wait(ctx, sent.ID))(t)
	if got.State != mail.StateResolved || got.IDs[0] != id {
		t.Errorf("the request came to %+v", got)
	}
	if got := must(a.Identify(ctx, "photo"))(t); got != id {
		t.Errorf("the name leads to %s", got)
	}
	sent = must(a.Request(ctx, "friend", "more", "more"))(t)
	eventually(t, "the request arrives", func() bool { return len(there.inbox(b)) == 4 })
	there.ok(b.Reject(ctx, 4, "no more"))
	if got := must(a.Wait(ctx, sent.ID))(t); got.State != mail.StateRejected || got.Why != "no more" {
		t.Errorf("the request came to %+v", got)
	}
	if peers := must(a.Peers(ctx))(t); len(peers) != 1 || peers[0].Node != there.Node() {
		t.Errorf("the peers are %+v", peers)
	}
}

// TestGapPeerIsOff: sending to a peer that is off fails, and nothing is kept.
func TestGapPeerIsOff(t *testing.T) {
	here, there, net := pair(t, mail.Limits{})
	ctx := t.Context()
	a, b := here.agent("self"), there.agent("self")
	net.set(true, false)
	stop := here.serve()
	sent := here.say(a, "friend", "one")
	eventually(t, "it was tried", func() bool {
		out := must(a.Outbox(ctx))(t)
		return len(out) == 1 && out[0].Tries > 0
	})
	out := must(a.Outbox(ctx))(t)[0]
	if out.ID != sent.ID || out.Number != sent.Number || out.Error == "" || out.To.Node != there.Node() {
		t.Errorf("the outbox shows %+v", out)
	}
	stop()
	here.reopen() // a restart of the sender
	a = here.agent("self")
	here.say(a, "friend", "two")
	if n := len(must(a.Outbox(ctx))(t)); n != 2 {
		t.Fatalf("after a restart %d messages are in the outbox, want 2", n)
	}
	net.set(false, true) // what arrives is not acknowledged
	stop = here.serve()
	eventually(t, "one arrives", func() bool { return len(there.inbox(b)) > 0 })
	stop()
	there.reopen() // and one of the other side
	b = there.agent("self")
	net.set(false, false)
	here.reopen()
	a = here.agent("self")
	defer here.serve()()
	eventually(t, "all is sent", func() bool { return len(must(a.Outbox(ctx))(t)) == 0 })
	var texts []string
	for _, m := range there.inbox(b) {
		texts = append(texts, m.Strings[0])
	}
	if !slices.Equal(texts, []string{"one", "two"}) {
		t.Errorf("there arrived %q, want each once and in order", texts)
	}
	for _, m := range here.inbox(a) {
		if m.State != mail.StateSent {
			t.Errorf("message %d is %s, want sent", m.Number, m.State)
		}
	}
	if there.Refusals()[mail.Replayed] == 0 {
		t.Error("nothing was delivered twice: the test shows less than it should")
	}
}

func TestBackoff(t *testing.T) {
	here, there, net := pair(t, mail.Limits{})
	ctx := t.Context()
	a, b := here.agent("self"), there.agent("self")
	net.set(true, false)
	defer here.serve()()
	here.say(a, "friend", "one")
	tries := func() int { return must(a.Outbox(ctx))(t)[0].Tries }
	for _, wait := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
		before := 0
		eventually(t, "it was tried", func() bool { before = tries(); return before > 0 })
		here.clock.add(wait - time.Millisecond)
		time.Sleep(10 * time.Millisecond)
		if n := tries(); n != before {
			t.Errorf("it was tried again before %v", wait)
		}
		here.clock.add(2 * time.Millisecond)
		here.say(a, "friend", "a nudge")
		eventually(t, "it was tried again", func() bool { return tries() == before+1 })
	}
	net.set(false, false)
	here.clock.add(time.Hour)
	here.say(a, "friend", "last")
	eventually(t, "all arrive", func() bool { return len(there.inbox(b)) == 5 })
}

func TestCancel(t *testing.T) {
	here, there, net := pair(t, mail.Limits{})
	ctx := t.Context()
	a, b := here.agent("self"), there.agent("self")
	net.set(true, false)
	stop := here.serve()
	one, two := here.say(a, "friend", "one"), must(a.Request(ctx, "friend", "two", "two"))(t)
	here.say(a, "friend", "three")
	eventually(t, "it was tried", func() bool { return must(a.Outbox(ctx))(t)[0].Tries > 0 })
	stop()
	here.fails(a.Dismiss(ctx, one.Number), mail.Refused)
	here.ok(a.Cancel(ctx, one.ID))
	here.ok(a.Cancel(ctx, two.ID))
	here.fails(a.Cancel(ctx, one.ID), mail.Refused)
	here.fails(a.Cancel(ctx, [32]byte{1}), mail.NotFound)
	if m := must(a.Wait(ctx, two.ID))(t); m.State != mail.StateRejected || m.Why == "" {
		t.Errorf("the request that was taken back is %+v", m)
	}
	if names := here.names(a, ""); slices.Contains(names, "two") {
		t.Error("the request that was taken back has a name")
	}
	if n := len(must(a.Outbox(ctx))(t)); n != 1 {
		t.Errorf("%d messages are in the outbox, want 1", n)
	}
	net.set(false, false)
	here.clock.add(time.Hour)
	defer here.serve()()
	eventually(t, "the third arrives", func() bool { return len(there.inbox(b)) == 1 })
	if m := there.inbox(b)[0]; m.Strings[0] != "three" {
		t.Errorf("there arrived %q", m.Strings)
	}
	here.fails(a.Cancel(ctx, here.inbox(a)[2].ID), mail.Refused)
}

func TestRemoteRefusals(t *testing.T) {
	here, there, _ := pair(t, mail.Limits{SenderCount: 1})
	ctx := t.Context()
	a, b := here.agent("self"), there.agent("self")
	defer here.serve()()
	here.say(a, "friend", "one")
	here.say(a, "friend", "two")
	nobody := mail.Locator{ID: mail.ID{Number: [32]byte{7}, Node: there.Node()}, Type: mail.TypeHandle}
	lost := here.say(a, nobody.String(), "to nobody")
	eventually(t, "the second is refused", func() bool {
		out := must(a.Outbox(ctx))(t)
		return len(out) == 1 && out[0].Error != ""
	})
	eventually(t, "the third bounces", func() bool {
		return must(a.Message(ctx, lost.Number))(t).State == mail.StateRejected
	})
	if m := must(a.Message(ctx, lost.Number))(t); m.Why == "" {
		t.Error("the sender is not told why")
	}
	there.ok(b.Dismiss(ctx, 1)) // makes room
	here.clock.add(time.Minute)
	here.say(a, nobody.String(), "a nudge")
	eventually(t, "the second arrives", func() bool { return len(there.inbox(b)) == 2 })
	if there.Refusals()[mail.Full] == 0 || there.Refusals()[mail.NotFound] == 0 {
		t.Errorf("refusals are %v", there.Refusals())
	}
}

func TestQueueQuota(t *testing.T) {
	here := newVat(t, mail.Options{Limits: mail.Limits{Queued: 2}})
	a := here.agent("self")
	far := mail.Locator{ID: mail.ID{Number: [32]byte{7}, Node: public("there")}, Type: mail.TypeHandle}.String()
	one := here.say(a, far, "one")
	here.say(a, far, "two")
	_, err := a.Send(t.Context(), far, []string{"three"}, nil, nil)
	here.fails(err, mail.Full)
	here.ok(a.Cancel(t.Context(), one.ID))
	here.say(a, far, "three")
}

func TestSocket(t *testing.T) {
	dir := t.TempDir()
	start := func(word string) *vat {
		at := filepath.Join(dir, word)
		s := mail.Socket{Node: nodeKey(word)}
		v := newVat(t, mail.Options{Node: nodeKey(word), Network: s, At: []string{"unix:" + at}})
		l, err := net.Listen("unix", at)
		v.ok(err)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- s.Serve(ctx, l, v) }()
		t.Cleanup(func() {
			cancel()
			v.ok(<-done)
		})
		return v
	}
	here, there := start("here"), start("there")
	befriend(t, here, there)
	befriend(t, there, here)
	defer here.serve()()
	a, b := here.agent("self"), there.agent("self")
	for range 20 {
		here.say(a, "friend", "over a socket")
	}
	eventually(t, "all arrive", func() bool { return len(there.inbox(b)) == 20 })

	// Whoever answers at an address must be the node.
	m := there.inbox(b)[0].Sealed
	err := mail.Socket{Node: nodeKey("here")}.Deliver(t.Context(), public("else"), []string{"unix:" + filepath.Join(dir, "there")}, m)
	if err == nil || code(err) != "" {
		t.Errorf("another node at the address: %v", err)
	}
	// Whoever brings a message must be its node.
	err = mail.Socket{Node: nodeKey("else")}.Deliver(t.Context(), there.Node(), []string{"unix:" + filepath.Join(dir, "there")}, m)
	there.fails(err, mail.BadSeal)
	err = mail.Socket{Node: nodeKey("here")}.Deliver(t.Context(), there.Node(), []string{"unix:" + filepath.Join(dir, "there")}, m)
	there.fails(err, mail.Replayed)
	if there.Refusals()[mail.BadSeal] != 1 || there.Refusals()[mail.Replayed] != 1 {
		t.Errorf("refusals are %v", there.Refusals())
	}
}

// TestSocketGarbage sends what is no frame, or too large.
func TestSocketGarbage(t *testing.T) {
	at := filepath.Join(t.TempDir(), "s")
	v := newVat(t, mail.Options{Node: nodeKey("here")})
	l, err := net.Listen("unix", at)
	v.ok(err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- mail.Socket{Node: nodeKey("here")}.Serve(ctx, l, v) }()
	for _, bytes := range []string{"", "\x00", "\xff\xff\xff\xff", "\x00\x00\x00\x02{}", "\x00\x00\x00\x02[]", "\x00\x10\x00\x01x"} {
		c, err := net.Dial("unix", at)
		v.ok(err)
		_, err = c.Write([]byte(bytes))
		v.ok(err)
		v.ok(c.(*net.UnixConn).CloseWrite())
		buffer := make([]byte, 1024)
		for err == nil {
			_, err = c.Read(buffer)
		}
		v.ok(c.Close())
	}
	cancel()
	v.ok(<-done)
}

// hanging is a network on which one node never answers.
type hanging struct {
	mail.Network
	node mail.Key
}

func (h hanging) Deliver(ctx context.Context, node mail.Key, at []string, m mail.Sealed) error {
	if node == h.node {
		<-ctx.Done()
		return ctx.Err()
	}
	return h.Network.Deliver(ctx, node, at, m)
}

// TestSlowNode: a node that hangs holds up no other.
func TestSlowNode(t *testing.T) {
	here, there, net := pair(t, mail.Limits{})
	net.Network = hanging{net.Network, public("slow")}
	a := here.agent("self")
	defer here.serve()()
	slow := mail.Locator{ID: mail.ID{Number: [32]byte{7}, Node: public("slow")}, Type: mail.TypeHandle}.String()
	for range 20 {
		here.say(a, slow, "x")
		here.say(a, "friend", "y")
	}
	eventually(t, "what is for others arrives", func() bool { return len(there.inbox(there.agent("self"))) == 20 })
	eventually(t, "only what is for the slow one waits", func() bool { return len(must(a.Outbox(t.Context()))(t)) == 20 })
}
