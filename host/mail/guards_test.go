package mail_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"qvat/host/mail"
)

// TestNodeIsOneSender: the share of one sender binds a node that makes a
// new agent key for each message.
func TestNodeIsOneSender(t *testing.T) {
	v := newVat(t, mail.Options{Limits: mail.Limits{MailboxCount: 20, SenderCount: 3}})
	to := must(v.agent("bob").Identify(t.Context(), "SELF"))(t)
	taken := 0
	for i := range 20 {
		key := nodeKey(fmt.Sprint("throw-away ", i))
		from := mail.ID{Number: mail.Key(key[32:]), Node: public("there")}
		var id [32]byte
		binary.BigEndian.PutUint32(id[:], uint32(i+1))
		if v.Receive(t.Context(), from.Node, handSealed(key, from, to, id, []byte(plainBody))) == nil {
			taken++
		}
	}
	if taken > 3 {
		t.Errorf("one node put %d messages into the mailbox; one sender has a share of 3", taken)
	}
	if _, err := v.agent("self").Send(t.Context(), "bob", []string{"hello"}, nil, nil); err != nil {
		t.Errorf("so nobody else can send: %v", err)
	}
}

// TestGuestNotesNoAddresses: a guest that only looks at a locator does not take
// the places of another node's addresses, nor make rows without a bound.
func TestGuestNotesNoAddresses(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	guest, self := v.agent("eve"), v.agent("self")
	there := mail.Locator{ID: mail.ID{Number: public("somebody"), Node: public("there")}, Type: mail.TypeHandle}
	junk := there
	for i := range 8 {
		junk.At = append(junk.At, fmt.Sprintf("unix:/run/other-service-%d.sock", i))
	}
	must(guest.Identify(ctx, junk.String()))(t)
	there.At = []string{"unix:/real"}
	v.ok(self.Copy(ctx, there.String(), "friend"))
	if l := must(self.Locate(ctx, "friend"))(t); !slices.Contains(l.At, "unix:/real") {
		t.Errorf("the host's own address of its friend was dropped: the node has %q", l.At)
	}
	for i := range 50 {
		l := mail.Locator{ID: mail.ID{Number: [32]byte{1}, Node: public(fmt.Sprint("made up ", i))}, Type: mail.TypeValue}
		must(guest.Identify(ctx, l.String()))(t)
	}
	if n := len(must(self.Peers(ctx))(t)); n > 2 {
		t.Errorf("a guest that looked at locators made the vat remember %d nodes", n)
	}
}

// TestTypesOfOwnThings: what another node says of the type of a thing of this
// one is checked.
func TestTypesOfOwnThings(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	bob, self := v.agent("bob"), v.agent("self")
	to, handle := must(bob.Identify(ctx, "SELF"))(t), must(self.Identify(ctx, "SELF"))(t)
	key, from := stranger()
	text := `{"kind":"package","date":1767323045000,"strings":["",""],"edges":["album"],"ids":["` + handle.String() + `"],"types":["directory"]}`
	if err := v.Receive(ctx, from.Node, handSealed(key, from, to, [32]byte{1}, []byte(text))); err != nil {
		return // it is refused
	}
	if m := v.inbox(bob)[0]; m.Types[0] != mail.TypeHandle {
		t.Errorf("self's handle is shown to bob as a %s", m.Types[0])
	}
	v.ok(bob.Adopt(ctx, 1, "album", ""))
	if err := bob.MakeDirectory(ctx, "album.mine"); err == nil {
		t.Errorf("bob has a name in a directory that is self's handle")
	}
}

// TestFailedAgentIsForgotten: an agent that could not be made is not at hand afterwards,
// when the transaction goes on.
func TestFailedAgentIsForgotten(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	v.ok(v.agent("self").MakeDirectory(ctx, "taken"))
	tx := must(v.s.Begin(ctx))(t)
	in := v.In(tx)
	self := must(in.Agent(ctx, "self"))(t)
	if _, err := self.MakeHost(ctx, "taken"); code(err) != mail.BadName {
		t.Fatal(err)
	}
	v.ok(self.MakeDirectory(ctx, "more"))
	v.ok(tx.Commit(ctx, nil))
	in.Committed()

	// Somebody looks at the guest between the commit that makes it and Committed.
	tx = must(v.s.Begin(ctx))(t)
	in = v.In(tx)
	self = must(in.Agent(ctx, "self"))(t)
	made := must(self.MakeGuest(ctx, "carol"))(t)
	v.ok(tx.Commit(ctx, nil))
	carol := must(v.Agent(ctx, "carol"))(t)
	if got := must(carol.Info(ctx))(t); got.Key != made.Key || got.Host {
		t.Errorf("carol, a guest, is %q with another key, host: %v", got.Name, got.Host)
	}
}

// TestAutomaticAnswersEnd: two agents of two nodes that do nothing but answer each
// other come to an end.
func TestAutomaticAnswersEnd(t *testing.T) {
	loop := &mail.Loopback{}
	var runs atomic.Int64
	var vats [2]*vat
	for i, word := range []string{"here", "there"} {
		r := &runner{once: map[[32]byte]bool{}}
		vats[i] = newVat(t, mail.Options{Node: nodeKey(word), Network: loop.From(public(word)), Run: r})
		r.v = vats[i]
		r.runs = func(ctx context.Context, c mail.Call, in *mail.Inside) error {
			runs.Add(1)
			_, err := in.Slots(c).Call(ctx, 0, []byte(`"I am away"`))
			return err
		}
		loop.Join(public(word), receiver{vats[i]})
		vats[i].wakes(vats[i].agent("self"))
	}
	befriend(t, vats[0], vats[1])
	vats[0].say(vats[0].agent("self"), "friend", "hello")
	defer vats[0].serve()()
	defer vats[1].serve()()
	for deadline := time.Now().Add(8 * time.Second); time.Now().Before(deadline) && runs.Load() <= 512; {
		time.Sleep(10 * time.Millisecond)
	}
	if n := runs.Load(); n > 512 {
		t.Errorf("one message has caused %d runs on two nodes, and there is no end", n)
	}
}

// TestOthersWordsAreBounded: the words of another node's refusal are bounded.
func TestOthersWordsAreBounded(t *testing.T) {
	v := newVat(t, mail.Options{Network: refuser{}})
	ctx := t.Context()
	self := v.agent("self")
	l := mail.Locator{ID: mail.ID{Number: public("x"), Node: public("there")}, Type: mail.TypeHandle}
	v.ok(self.Copy(ctx, l.String(), "friend"))
	v.say(self, "friend", "hello")
	defer v.serve()()
	eventually(t, "it is refused, or tried again", func() bool {
		out := must(self.Outbox(ctx))(t)
		return len(out) == 0 || out[0].Tries > 0
	})
	if out := must(self.Outbox(ctx))(t); len(out) > 0 {
		t.Errorf("the queue keeps %d bytes of the other node's words, and tries for ever", len(out[0].Error))
	} else if m := must(self.Message(ctx, 1))(t); len(m.Why) > 4096 {
		t.Errorf("the mailbox keeps %d bytes of the other node's words", len(m.Why))
	}
}

type refuser struct{}

func (refuser) Deliver(context.Context, mail.Key, []string, mail.Sealed) error {
	return &mail.Error{Code: "whatever", Message: strings.Repeat("no\x1b[2J", 100_000)}
}

// TestEmptyNameGivesNothing: a name that was forgotten does not give away the agent's own
// directory, which is as good as all that it has.
func TestEmptyNameGivesNothing(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.agent("self"), v.agent("bob")
	v.store(self, "private", `1`)
	if _, err := self.Send(ctx, "bob", []string{"", ""}, []string{"x"}, []string{""}); err == nil {
		v.ok(bob.Adopt(ctx, 1, "x", "all"))
		t.Errorf("bob has all of self's names, to read and to change: %q", v.names(bob, "all"))
	}
	must(bob.Request(ctx, "HOST", "a lamp", "lamp"))(t)
	list := v.inbox(self)
	if err := self.Resolve(ctx, list[len(list)-1].Number, ""); err == nil {
		t.Error("a request was granted with nothing, which gives everything")
	}
	v.fails(self.Copy(ctx, "", "all"), mail.BadName)
	// Nor is it given by its identifier.
	own := must(self.Lookup(ctx, ""))(t).ID.String()
	_, err := self.Send(ctx, "bob", []string{"", ""}, []string{"x"}, []string{own})
	v.fails(err, mail.Refused)
	v.fails(self.Resolve(ctx, list[len(list)-1].Number, own), mail.Refused)
	v.fails(self.Copy(ctx, own, "all"), mail.Refused)
}

// TestNodeWakesByTheMinute: what another node's messages wake is bounded, whatever
// they tell; the messages are there, and the log says why nothing ran.
func TestNodeWakesByTheMinute(t *testing.T) {
	r := &runner{once: map[[32]byte]bool{}, runs: func(context.Context, mail.Call, *mail.Inside) error { return nil }}
	v := newVat(t, mail.Options{Run: r, Limits: mail.Limits{NodeWakes: 2}})
	r.v = v
	bob := v.agent("bob")
	v.wakes(bob)
	to := must(bob.Identify(t.Context(), "SELF"))(t)
	key, from := stranger()
	receive := func(id byte, text string) {
		v.ok(v.Receive(t.Context(), from.Node, handSealed(key, from, to, [32]byte{id}, []byte(text))))
	}
	for id := range byte(5) {
		receive(id+1, plainBody)
	}
	v.say(v.agent("self"), "bob", "from here") // counts for nobody else
	v.clock.add(time.Minute)
	receive(6, plainBody)
	receive(7, strings.TrimSuffix(plainBody, "}")+`,"auto":9}`)
	defer v.serve()()
	eventually(t, "all have run that may", func() bool { return len(v.logged(bob, "wake")) == 8 })
	refused := []string{}
	for _, e := range v.logged(bob, "wake") {
		if e.Error != "" {
			refused = append(refused, e.Error)
		}
	}
	if len(refused) != 4 || !strings.Contains(refused[0], "in this minute") || !strings.Contains(refused[3], "answered each other") {
		t.Errorf("not run: %q", refused)
	}
	if n := len(v.inbox(bob)); n != 8 {
		t.Errorf("bob has %d messages, want 8", n)
	}
}

// TestNodeIsAKey: nothing is queued for a node that cannot be.
func TestNodeIsAKey(t *testing.T) {
	v := newVat(t, mail.Options{})
	nowhere := mail.ID{Number: public("somebody"), Node: mail.Key{31: 0xff}}
	_, err := v.agent("self").Send(t.Context(), nowhere.String(), []string{"hello"}, nil, nil)
	v.fails(err, mail.BadName)
}

// TestLogKeepsNoInvitation: who reads a log cannot accept what it tells of.
func TestLogKeepsNoInvitation(t *testing.T) {
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self := v.agent("self")
	l := must(self.Invite(ctx, "carol", 0))(t)
	v.ok(self.Copy(ctx, l.String(), "carol-too"))
	v.ok(self.Copy(ctx, l.ID.String(), "carol-three"))
	v.ok(self.Move(ctx, "carol", "dave"))
	v.ok(self.Remove(ctx, "dave"))
	for _, e := range must(self.Log(ctx, mail.LogQuery{}))(t) {
		if strings.Contains(string(e.Detail), fmt.Sprintf("%x", l.ID.Number)) {
			t.Errorf("the entry of %s is %s", e.Action, e.Detail)
		}
	}
}

// TestFollowBeyondTheEnd: a number that no message has yet stands for the newest.
func TestFollowBeyondTheEnd(t *testing.T) {
	v := newVat(t, mail.Options{Limits: mail.Limits{LogCount: 5}})
	self, bob := v.agent("self"), v.agent("bob")
	v.say(self, "bob", "before")
	var got []uint64
	for m, err := range bob.Follow(t.Context(), 0) { // that it has begun is seen from what it gives
		v.ok(err)
		got = append(got, m.Number)
		break
	}
	next := bob.Follow(t.Context(), 1000)
	begun := make(chan struct{})
	go func() {
		<-begun
		for range 8 { // more than the log keeps
			_, err := self.Send(context.Background(), "bob", []string{"more"}, nil, nil)
			if err != nil {
				t.Error(err)
			}
		}
	}()
	time.AfterFunc(100*time.Millisecond, func() { close(begun) })
	for m, err := range next {
		v.ok(err)
		if got = append(got, m.Number); len(got) == 9 {
			break
		}
	}
	if !slices.Equal(got, []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9}) {
		t.Errorf("it gave %d", got)
	}
}

// TestNodeStartsAfresh: a node for which nothing waits any more is not waited for.
func TestNodeStartsAfresh(t *testing.T) {
	here, there, net := pair(t, mail.Limits{})
	ctx := t.Context()
	a, b := here.agent("self"), there.agent("self")
	net.set(true, false)
	defer here.serve()()
	sent := here.say(a, "friend", "one")
	eventually(t, "it was tried", func() bool { return must(a.Outbox(ctx))(t)[0].Tries > 0 })
	here.ok(a.Cancel(ctx, sent.ID))
	net.set(false, false)
	eventually(t, "one arrives, though the clock stands", func() bool {
		sent := here.say(a, "friend", "two")
		time.Sleep(20 * time.Millisecond)
		if len(there.inbox(b)) > 0 {
			return true
		}
		here.ok(a.Cancel(ctx, sent.ID))
		return false
	})
}

// TestSilentConnections: who says nothing keeps out nobody else for long, nor
// keeps the network from ending.
func TestSilentConnections(t *testing.T) {
	at := filepath.Join(t.TempDir(), "s")
	v := newVat(t, mail.Options{Node: nodeKey("there")})
	l, err := net.Listen("unix", at)
	v.ok(err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- mail.Socket{Node: nodeKey("there")}.Serve(ctx, l, v) }()
	silence := func() {
		for range 100 {
			c, err := net.Dial("unix", at)
			v.ok(err)
			t.Cleanup(func() { c.Close() }) //nolint:errcheck // nothing was said
		}
	}
	silence()
	key, from := nodeKey("agent"), mail.ID{Number: public("agent"), Node: public("here")}
	to := must(v.agent("self").Identify(t.Context(), "SELF"))(t)
	m := handSealed(key, from, to, [32]byte{1}, []byte(plainBody))
	began := time.Now()
	v.ok(mail.Socket{Node: nodeKey("here")}.Deliver(t.Context(), public("there"), []string{"unix:" + at}, m))
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("it took %v", took)
	}
	silence()
	cancel()
	v.ok(<-done)
}
