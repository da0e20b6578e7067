package mail_test

import (
	"context"
	"testing"
	"time"

	"qvat/host/mail"
)

// slow has one agent's runs take their time.
type slow struct {
	*runner
	agent mail.ID
}

func (s *slow) Run(ctx context.Context, c mail.Call) (mail.Ran, error) {
	if c.Agent == s.agent {
		time.Sleep(100 * time.Millisecond)
	}
	return s.runner.Run(ctx, c)
}

// TestSlowRunsHoldUpNobodyElse: one agent's slow runs do not hold up another's.
func TestSlowRunsHoldUpNobodyElse(t *testing.T) {
	r := &slow{runner: &runner{once: map[[32]byte]bool{}}}
	r.runs = func(context.Context, mail.Call, *mail.Inside) error { return nil }
	v := newVat(t, mail.Options{Run: r})
	r.v = v
	bob, carol := v.agent("bob"), v.agent("carol")
	v.wakes(bob)
	v.wakes(carol)
	r.agent = must(bob.Info(t.Context()))(t).Handle
	self := v.agent("self")
	for range 40 {
		v.say(self, "bob", "slow")
	}
	for range 40 {
		v.say(self, "carol", "quick")
	}
	defer v.serve()()
	eventually(t, "carol's have run", func() bool { return len(v.logged(carol, "wake")) == 40 })
	if n := len(v.logged(bob, "wake")); n > 30 {
		t.Errorf("%d of bob's 40 slow runs were over before carol's quick ones", n)
	}
	eventually(t, "bob's have run", func() bool { return len(v.logged(bob, "wake")) == 40 })
}
