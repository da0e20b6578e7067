package host_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"qvat/host/mail"
)

// TestWakeReplies: an auto-reply that answers who wrote, and nobody else.
func TestWakeReplies(t *testing.T) {
	v := mailVat(t)
	bob := guests(t, v, "bob")[0]
	self := agentOf(t, v, "self")
	publish(t, v, "self", "away", `exports.main = async ({ input: { message } }) => {
		await message.from('I am away. You wrote: ' + message.strings.join(''))
	}`)
	if err := self.SetWake(t.Context(), "away", 0); err != nil {
		t.Fatal(err)
	}
	send(t, bob, "HOST", "hello")
	eventually(func() bool {
		return fmt.Sprint(mailTexts(t, bob)) == "[package sent hello package new I am away. You wrote: hello]"
	})
	log := entries(t, self, "wake")
	if len(log) != 1 || log[0].Error != "" || !strings.Contains(string(log[0].Detail), `"fuel":`) || !strings.Contains(string(log[0].Detail), `"number":1`) {
		t.Errorf("self's log: %+v", log)
	}
	if err := self.SetWake(t.Context(), "", 0); err != nil {
		t.Fatal(err)
	}
	send(t, bob, "HOST", "again")
	// What one agent's messages wake runs in their order.
	if err := self.SetWake(t.Context(), "away", 0); err != nil {
		t.Fatal(err)
	}
	send(t, bob, "HOST", "a third time")
	eventually(func() bool {
		return strings.HasSuffix(fmt.Sprint(mailTexts(t, bob)), "I am away. You wrote: a third time]")
	})
	if n := len(entries(t, self, "wake")); n != 2 {
		t.Errorf("%d runs while the wake was taken away", n-2)
	}
}

// TestWakeFilters: a chain with a part of its agent's mail sorts what comes.
func TestWakeFilters(t *testing.T) {
	v := mailVat(t)
	bob := guests(t, v, "bob")[0]
	self := agentOf(t, v, "self")
	publish(t, v, "self", "filter",
		`exports.main = ({ power, next }) => { const { dismiss, adopt } = power.mail('self'); return next.load()({ dismiss, adopt }) }`,
		`exports.main = async ({ power, input: { message: m } }) => {
			if (m.strings.join('').includes('lottery')) return power.dismiss(m.number)
			for (const [i, edge] of m.edges.entries()) if (typeof m.things[i] === 'function') power.adopt(m.number, edge, edge + '-' + m.number)
		}`)
	if err := self.SetWake(t.Context(), "filter", 5_000_000); err != nil {
		t.Fatal(err)
	}
	send(t, bob, "HOST", "you won the lottery")
	if _, err := bob.Send(t.Context(), "HOST", []string{"me: ", ""}, []string{"me"}, []string{"SELF"}); err != nil {
		t.Fatal(err)
	}
	eventually(func() bool { return len(entries(t, self, "wake")) == 2 })
	if got := fmt.Sprint(mailTexts(t, self)); got != "[package dismissed you won the lottery package new me: |]" {
		t.Errorf("self has %s", got)
	}
	id, err := self.Identify(t.Context(), "me-2")
	if err != nil || id != info(t, bob).Handle {
		t.Errorf("the attachment was not adopted: %v, %v", id, err)
	}
}

// TestWakeLoops: a chain that wakes itself, and two that wake each other, come
// to an end, and the log says so.
func TestWakeLoops(t *testing.T) {
	v := mailVat(t)
	bob := guests(t, v, "bob")[0]
	self := agentOf(t, v, "self")
	id := publish(t, v, "self", "echo", `exports.main = async ({ input: { message } }) => { await message.from('and you said ' + message.number) }`)
	for _, a := range []*mail.Agent{self, bob} {
		if err := a.SetWake(t.Context(), id.String(), 0); err != nil {
			t.Fatal(err)
		}
	}
	notMade := func() (n int) {
		for _, e := range append(entries(t, self, "wake"), entries(t, bob, "wake")...) {
			if strings.Contains(e.Error, "caused too many runs") {
				n++
			}
		}
		return n
	}
	send(t, self, "bob", "ping")
	eventually(func() bool { return notMade() == 1 })
	if n := len(entries(t, self, "wake")) + len(entries(t, bob, "wake")); n != 6 {
		t.Errorf("there were %d runs, want 5 and one that was not made", n)
	}
	before := len(entries(t, self, "wake"))
	send(t, self, "SELF", "to myself")
	eventually(func() bool { return len(entries(t, self, "wake")) == before+6 && notMade() == 2 })
	publish(t, v, "self", "quiet", `exports.main = () => {}`)
	if err := self.SetWake(t.Context(), "quiet", 0); err != nil {
		t.Fatal(err)
	}
	send(t, bob, "HOST", "the last")
	eventually(func() bool { return len(entries(t, self, "wake")) > before+6 })
	if n := len(entries(t, self, "wake")) - before; n != 6+1 || notMade() != 2 {
		t.Errorf("there were %d runs of one that wakes itself", n-1)
	}
}

// TestWakeBurns: one that uses up its fuel, or throws, is seen in the log, is not
// run again, and does not keep the next message from being looked at.
func TestWakeBurns(t *testing.T) {
	v := mailVat(t)
	bob := guests(t, v, "bob")[0]
	self := agentOf(t, v, "self")
	publish(t, v, "self", "hungry", `exports.main = ({ input: { message }, power }) => {
		power.mail('self').send('bob', 'rolled back')
		if (message.strings[0] === 'burn') for (;;);
		if (message.strings[0] === 'throw') throw new TypeError('as asked')
		power.mail('self').send('bob', 'done')
	}`)
	if err := self.SetWake(t.Context(), "hungry", 3_000_000); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"burn", "throw", "go on"} {
		send(t, bob, "HOST", text)
	}
	eventually(func() bool { return len(entries(t, self, "wake")) == 3 })
	log := entries(t, self, "wake")
	if !strings.Contains(log[0].Error, "out_of_fuel") || !strings.Contains(string(log[0].Detail), `"fuel":3000000`) {
		t.Errorf("the first: %s %s", log[0].Detail, log[0].Error)
	}
	if !strings.Contains(log[1].Error, "TypeError: as asked") || log[2].Error != "" {
		t.Errorf("the others: %+v", log[1:])
	}
	eventually(func() bool {
		return fmt.Sprint(mailTexts(t, bob)) == "[package sent burn package sent throw package sent go on package new rolled back package new done]"
	})
}

// TestWakeAfterRestart: what was delivered while nobody served wakes when
// somebody does, once.
func TestWakeAfterRestart(t *testing.T) {
	dir := newDir(t, "", "")
	v, err := openIt(dir)
	if err != nil {
		t.Fatal(err)
	}
	bob := guests(t, v, "bob", "carol")[0]
	self := agentOf(t, v, "self")
	publish(t, v, "self", "away", `exports.main = ({ input: { message } }) => message.from('away')`)
	if err := self.SetWake(t.Context(), "away", 0); err != nil {
		t.Fatal(err)
	}
	send(t, bob, "HOST", "hello")
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	for n := range 2 {
		if v, err = openIt(dir); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- v.Post().Serve(ctx) }()
		// What one agent's messages wake runs in their order.
		carol := agentOf(t, v, "carol")
		send(t, carol, "HOST", "hello")
		eventually(func() bool { return len(mailTexts(t, carol)) == 2*(n+1) })
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if got := fmt.Sprint(mailTexts(t, agentOf(t, v, "bob"))); got != "[package sent hello package new away]" {
			t.Errorf("bob has %s", got)
		}
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
