package mail_test

import (
	"context"
	"testing"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/mailtest"
)

// slow has one agent's runs wait.
type slow struct {
	*mailtest.Runner
	agent caps.ID
	until chan struct{}
}

func (s *slow) Run(ctx context.Context, c mail.Call) (mail.Ran, error) {
	if c.Agent == s.agent {
		<-s.until
	}
	return s.Runner.Run(ctx, c)
}

// TestSlowRunsHoldUpNobodyElse: one agent's slow runs do not hold up another's.
func TestSlowRunsHoldUpNobodyElse(t *testing.T) {
	t.Parallel()
	r := &slow{Runner: &mailtest.Runner{}, until: make(chan struct{})}
	r.Runs = func(context.Context, mail.Call, *mail.Inside) error { return nil }
	v := newVat(t, mail.Options{Run: r})
	r.V = v
	bob, carol := v.Named("bob"), v.Named("carol")
	v.Wakes(bob)
	v.Wakes(carol)
	r.agent = v.Handle(bob)
	v.Many("self", func(self *mail.Agent) {
		for range 40 {
			must(self.Send(t.Context(), "bob", []string{"slow"}, nil, nil))(t)
		}
		for range 40 {
			must(self.Send(t.Context(), "carol", []string{"quick"}, nil, nil))(t)
		}
	})
	defer v.Run()()
	v.Until(func() bool { return len(v.Journal(carol, "wake")) == 40 })
	if n := len(v.Journal(bob, "wake")); n > 0 {
		t.Errorf("%d of bob's 40 runs, which wait, are over", n)
	}
	close(r.until)
	v.Until(func() bool { return len(v.Journal(bob, "wake")) == 40 })
}
