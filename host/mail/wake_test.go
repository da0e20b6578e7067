package mail_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"qvat/chains/chaintest"
	"qvat/host/mail"
	"qvat/host/store"
)

// runner runs calls as a vat does, in transactions of their own, with a function
// in the place of programs.
type runner struct {
	v    *vat
	runs func(ctx context.Context, c mail.Call, in *mail.Inside) error

	mu   sync.Mutex
	once map[[32]byte]bool
}

func (r *runner) Run(ctx context.Context, c mail.Call) (mail.Ran, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.Once && r.once[c.ID] {
		return mail.Ran{Fuel: 7}, nil
	}
	for {
		tx, err := r.v.s.Begin(ctx)
		if err != nil {
			return mail.Ran{}, err
		}
		in := r.v.In(tx).During(r.v.clock.now(), c.Left, c.Auto)
		if err = r.runs(ctx, c, in); err == nil && c.Commit != nil {
			err = c.Commit(ctx, in, mail.Ran{Fuel: 7})
		}
		if err == nil {
			err = tx.Commit(ctx, nil)
		}
		tx.Rollback()
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err == nil {
			r.once[c.ID] = true
			in.Committed()
		}
		return mail.Ran{Fuel: 7}, err
	}
}

// waking makes a vat in which bob is woken by what the function does.
func waking(t *testing.T, runs func(ctx context.Context, c mail.Call, in *mail.Inside) error) (v *vat, bob *mail.Agent) {
	t.Helper()
	r := &runner{runs: runs, once: map[[32]byte]bool{}}
	v = newVat(t, mail.Options{Run: r})
	r.v = v
	bob = v.agent("bob")
	v.wakes(bob)
	return v, bob
}

// wakes publishes a chain and has an agent's mail wake it.
func (v *vat) wakes(a *mail.Agent) mail.ID {
	v.Helper()
	capsule, err := chaintest.ParseTexts("root", map[string]string{"root": "exports.main = () => 1"}).Capsule("").Encode()
	v.ok(err)
	name := fmt.Sprintf("chain-%d", len(v.names(v.agent(mail.FirstHost), "")))
	id := must(v.agent(mail.FirstHost).Publish(v.Context(), name, capsule))(v)
	v.ok(a.SetWake(v.Context(), id.String(), 0))
	return id
}

func (v *vat) logged(a *mail.Agent, action string) (list []mail.LogEntry) {
	v.Helper()
	for _, e := range must(a.Log(v.Context(), mail.LogQuery{Limit: 1000}))(v) {
		if e.Action == action {
			list = append(list, e)
		}
	}
	return list
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
	var order []string
	busy := 1
	v, bob := waking(t, nil)
	v.o.Run.(*runner).runs = func(ctx context.Context, c mail.Call, in *mail.Inside) error {
		who := "carol"
		if c.Agent == must(bob.Info(ctx))(t).Handle {
			who = "bob"
		}
		order = append(order, fmt.Sprint(who, " ", numberIn(c)))
		if who == "bob" && busy > 0 {
			busy--
			return &mail.Error{Code: mail.Busy, Message: "busy"}
		}
		return nil
	}
	carol := v.agent("carol")
	v.wakes(carol)
	self := v.agent("self")
	for _, to := range []string{"bob", "bob", "carol"} {
		v.say(self, to, "hello")
	}
	defer v.serve()()
	eventually(t, "all have run", func() bool { return len(v.logged(bob, "wake")) == 2 && len(v.logged(carol, "wake")) == 1 })
	bobs := []string{}
	for _, run := range order {
		if strings.HasPrefix(run, "bob") {
			bobs = append(bobs, run)
		}
	}
	if got := fmt.Sprint(bobs); got != "[bob 1 bob 1 bob 2]" {
		t.Errorf("bob's mail ran as %s", got)
	}
	if e := v.logged(bob, "wake")[0]; e.Error != "" || !strings.Contains(string(e.Detail), `"fuel":7`) || !strings.Contains(string(e.Detail), `"number":1`) {
		t.Errorf("the log has %s %s", e.Detail, e.Error)
	}
}

// TestWakeFailsForGood: what the chain does wrong is in the log, and is not done
// again.
func TestWakeFailsForGood(t *testing.T) {
	var runs atomic.Int64
	v, bob := waking(t, func(context.Context, mail.Call, *mail.Inside) error {
		runs.Add(1)
		return &mail.Error{Code: mail.Failed, Message: "the chain failed"}
	})
	v.say(v.agent("self"), "bob", "hello")
	stop := v.serve()
	eventually(t, "it has failed", func() bool { return len(v.logged(bob, "wake")) == 1 })
	stop()
	defer v.serve()()
	v.say(v.agent("self"), "bob", "again")
	eventually(t, "the next has failed", func() bool { return len(v.logged(bob, "wake")) == 2 })
	if e := v.logged(bob, "wake")[0]; runs.Load() != 2 || e.Error != "the chain failed" || !strings.Contains(string(e.Detail), `"fuel":7`) {
		t.Errorf("%d runs, and the log has %s %s", runs.Load(), e.Detail, e.Error)
	}
}

// TestWakesAreShared: one message causes a bounded number of runs, whatever they
// send to whom, and each of the first ones has its part.
func TestWakesAreShared(t *testing.T) {
	var runs atomic.Int64
	v, bob := waking(t, nil)
	carol := v.agent("carol")
	v.wakes(carol)
	handles := []string{must(bob.Info(t.Context()))(t).Handle.String(), must(carol.Info(t.Context()))(t).Handle.String()}
	v.o.Run.(*runner).runs = func(ctx context.Context, c mail.Call, in *mail.Inside) error {
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
	v.say(v.agent("self"), "bob", "begin")
	defer v.serve()()
	still := int64(-1)
	eventually(t, "it comes to an end", func() bool {
		left, err := v.s.Outbox(context.Background(), 0, 1)
		was := still
		still = runs.Load()
		return err == nil && len(left) == 0 && was == still
	})
	if n := runs.Load(); n < 100 || n > 256 {
		t.Errorf("one message caused %d runs", n)
	}
	refused := 0
	for _, a := range []*mail.Agent{bob, carol} {
		for _, e := range v.logged(a, "wake") {
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
	v, bob := waking(t, func(context.Context, mail.Call, *mail.Inside) error { return nil })
	self := v.agent("self")
	id := v.wakes(bob)
	for _, name := range must(self.ReverseIdentify(t.Context(), id))(t) {
		v.ok(self.Remove(t.Context(), name))
	}
	v.ok(v.Collect(t.Context()))
	if why := must(self.Why(t.Context(), id))(t); len(why) != 1 || why[0] != "agent bob: its mail wakes it" {
		t.Errorf("what holds it: %q", why)
	}
	if info := must(bob.Info(t.Context()))(t); info.Wakes == "" {
		t.Error("bob's mail wakes nothing")
	}
	v.ok(bob.SetWake(t.Context(), "", 0))
	v.ok(v.Collect(t.Context()))
	if _, err := self.Why(t.Context(), id); code(err) != mail.NotFound {
		t.Errorf("nothing holds it, and it is still there: %v", err)
	}
	v.fails(bob.SetWake(t.Context(), id.String(), 0), mail.NotFound)
	v.fails(bob.SetWake(t.Context(), "HOST", 0), mail.Wrong)
	v.fails(bob.SetWake(t.Context(), "", -1), mail.Wrong)
}
