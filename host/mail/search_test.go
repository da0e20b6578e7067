package mail_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"qvat/host/caps"
	"qvat/host/mail"
)

// TestSearchInside: within a transaction a search for a state ends, and says from
// where to go on.
func TestSearchInside(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	bob := v.Named("bob")
	long := strings.Repeat("x", 60_000)
	for range 4 { // more than 4 MiB in all
		v.Many("self", func(self *mail.Agent) {
			for range 20 {
				must(self.Send(ctx, "bob", []string{long}, nil, nil))(t)
			}
		})
	}
	v.OK(bob.Dismiss(ctx, 79))
	ask := func(q mail.MessageQuery) (list []mail.Message, err error) {
		tx := must(v.S.Begin(ctx))(t)
		defer tx.Rollback()
		return must(v.In(tx).Agent(context.WithoutCancel(ctx), "bob"))(t).Messages(ctx, q)
	}
	_, err := ask(mail.MessageQuery{State: mail.StateDismissed})
	if code(err) != caps.Full {
		t.Fatalf("a search through all: %v", err)
	}
	var at uint64
	if _, serr := fmt.Sscanf(err.(*caps.Error).Hint, "go on with { after: %d }", &at); serr != nil || at < 60 || at > 79 {
		t.Fatalf("the hint is %q: %v", err.(*caps.Error).Hint, serr)
	}
	list := must(ask(mail.MessageQuery{State: mail.StateDismissed, After: at}))(t)
	if len(list) != 1 || list[0].Number != 79 {
		t.Errorf("it found %d", len(list))
	}
	if list := must(ask(mail.MessageQuery{State: mail.StateDismissed, Newest: true}))(t); len(list) != 1 {
		t.Errorf("from the newest it found %d", len(list))
	}
	if list := must(bob.Messages(ctx, mail.MessageQuery{State: mail.StateDismissed}))(t); len(list) != 1 {
		t.Errorf("alone it found %d", len(list))
	}
}
