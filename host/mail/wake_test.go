package mail_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/mailtest"
)

// waking makes a vat in which bob is woken by what the function does.
func waking(t *testing.T, runs func(ctx context.Context, c mail.Call, in *mail.Inside) error) (v *vat, bob *mail.Agent) {
	t.Helper()
	r := &mailtest.Runner{Runs: runs}
	v = newVat(t, mail.Options{Run: r})
	r.V = v
	bob = v.Named("bob")
	v.Wakes(bob)
	return v, bob
}

func numberIn(c mail.Call) uint64 {
	var in struct{ Message struct{ Number uint64 } }
	if err := json.Unmarshal(c.Input, &in); err != nil {
		return 0
	}
	return in.Message.Number
}

// TestWakeWhenBusy: what the vat has no room for is tried again, and what came
// after it for the same agent waits; others do not.
func TestWakeWhenBusy(t *testing.T) {
	t.Parallel()
	var order []string
	busy := 1
	v, bob := waking(t, nil)
	v.O.Run.(*mailtest.Runner).Runs = func(ctx context.Context, c mail.Call, in *mail.Inside) error {
		who := "carol"
		if c.Agent == must(bob.Info(ctx))(t).Handle {
			who = "bob"
		}
		order = append(order, fmt.Sprint(who, " ", numberIn(c)))
		if who == "bob" && busy > 0 {
			busy--
			return &caps.Error{Code: caps.Busy, Message: "busy"}
		}
		return nil
	}
	carol := v.Named("carol")
	v.Wakes(carol)
	self := v.Named("self")
	for _, to := range []string{"bob", "bob", "carol"} {
		v.Say(self, to, "hello")
	}
	defer v.Run()()
	v.Until(func() bool { return len(v.Journal(bob, "wake")) == 2 && len(v.Journal(carol, "wake")) == 1 })
	bobs := []string{}
	for _, run := range order {
		if strings.HasPrefix(run, "bob") {
			bobs = append(bobs, run)
		}
	}
	if got := fmt.Sprint(bobs); got != "[bob 1 bob 1 bob 2]" {
		t.Errorf("bob's mail ran as %s", got)
	}
	if e := v.Journal(bob, "wake")[0]; e.Error != "" || !strings.Contains(string(e.Detail), `"fuel":7`) || !strings.Contains(string(e.Detail), `"number":1`) {
		t.Errorf("the log has %s %s", e.Detail, e.Error)
	}
}

// TestWakeFailsForGood: what the chain does wrong is in the log, and is not done
// again.
func TestWakeFailsForGood(t *testing.T) {
	t.Parallel()
	var runs atomic.Int64
	v, bob := waking(t, func(context.Context, mail.Call, *mail.Inside) error {
		runs.Add(1)
		return &caps.Error{Code: caps.Failed, Message: "the chain failed"}
	})
	v.Say(v.Named("self"), "bob", "hello")
	stop := v.Run()
	v.Until(func() bool { return len(v.Journal(bob, "wake")) == 1 })
	stop()
	defer v.Run()()
	v.Say(v.Named("self"), "bob", "again")
	v.Until(func() bool { return len(v.Journal(bob, "wake")) == 2 })
	if e := v.Journal(bob, "wake")[0]; runs.Load() != 2 || e.Error != "the chain failed" || !strings.Contains(string(e.Detail), `"fuel":7`) {
		t.Errorf("%d runs, and the log has %s %s", runs.Load(), e.Detail, e.Error)
	}
}

// TestWakesAreShared: one message causes a bounded number of runs, whatever they
// send to whom, and each of the first ones has its part.
func TestWakesAreShared(t *testing.T) {
	t.Parallel()
	var runs atomic.Int64
	v, bob := waking(t, nil)
	carol := v.Named("carol")
	v.Wakes(carol)
	handles := []string{must(bob.Info(t.Context()))(t).Handle.String(), must(carol.Info(t.Context()))(t).Handle.String()}
	v.O.Run.(*mailtest.Runner).Runs = func(ctx context.Context, c mail.Call, in *mail.Inside) error {
		n := runs.Add(1)
		a, err := in.Agent(ctx, c.Agent.String())
		if err != nil {
			return err
		}
		for i := range 5 {
			if _, err := a.Send(ctx, handles[(int(n)+i)%2], []string{"more"}, nil, nil); err != nil {
				return err
			}
		}
		return nil
	}
	v.Say(v.Named("self"), "bob", "begin")
	defer v.Run()()
	v.Until(func() bool { // it comes to an end
		left, err := v.S.Outbox(context.Background(), 0, 1)
		return err == nil && len(left) == 0
	})
	if n := runs.Load(); n < 100 || n > 256 {
		t.Errorf("one message caused %d runs", n)
	}
	refused := 0
	for _, a := range []*mail.Agent{bob, carol} {
		for _, e := range v.Journal(a, "wake") {
			if strings.Contains(e.Error, "too many runs") {
				refused++
			}
		}
	}
	if refused == 0 {
		t.Error("no log says that something was not run")
	}
}

// TestWakeHoldsItsChain while it is set, and no longer.
func TestWakeHoldsItsChain(t *testing.T) {
	t.Parallel()
	v, bob := waking(t, func(context.Context, mail.Call, *mail.Inside) error { return nil })
	self := v.Named("self")
	id := v.Wakes(bob)
	for _, name := range must(self.ReverseIdentify(t.Context(), id))(t) {
		v.OK(self.Remove(t.Context(), name))
	}
	v.OK(v.Collect(t.Context()))
	if why := must(self.Why(t.Context(), id))(t); len(why) != 1 || why[0] != "agent bob: its mail wakes it" {
		t.Errorf("what holds it: %q", why)
	}
	if info := must(bob.Info(t.Context()))(t); info.Wakes == "" {
		t.Error("bob's mail wakes nothing")
	}
	v.OK(bob.SetWake(t.Context(), "", 0))
	v.OK(v.Collect(t.Context()))
	if _, err := self.Why(t.Context(), id); code(err) != caps.NotFound {
		t.Errorf("nothing holds it, and it is still there: %v", err)
	}
	v.Fails(bob.SetWake(t.Context(), id.String(), 0), caps.NotFound)
	v.Fails(bob.SetWake(t.Context(), "HOST", 0), caps.Wrong)
	v.Fails(bob.SetWake(t.Context(), "", -1), caps.Wrong)
}
