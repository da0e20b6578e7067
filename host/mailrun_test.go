package host_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"qvat/chains"
	"qvat/host"
	"qvat/host/caps"
	"qvat/host/mail"
)

// mailVat opens a vat that grants qvat:mail, whose root-power.js exports the mail
// of every agent and a table, and lets its mail travel.
func mailVat(t *testing.T) *host.Vat {
	t.Helper()
	v := newVat(t, "[powers]\nmail = true\n", `
		exports.mail = require('qvat:mail').agent
		exports.table = require('qvat:store').table('t')`)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- v.Post().Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return v
}

func agentOf(t testing.TB, v *host.Vat, name string) *mail.Agent {
	t.Helper()
	a, err := v.Post().Agent(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// guests makes guests of the first host.
func guests(t testing.TB, v *host.Vat, names ...string) []*mail.Agent {
	t.Helper()
	self := agentOf(t, v, "self")
	var list []*mail.Agent
	for _, name := range names {
		if _, err := self.MakeGuest(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		list = append(list, agentOf(t, v, name))
	}
	return list
}

// mailTexts are the messages in a mailbox: "kind state text".
func mailTexts(t testing.TB, a *mail.Agent) []string {
	t.Helper()
	list, err := a.Messages(t.Context(), mail.MessageQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, m := range list {
		out = append(out, fmt.Sprintf("%s %s %s", m.Kind, m.State, strings.Join(m.Strings, "|")))
	}
	return out
}

func publish(t testing.TB, v *host.Vat, agent, name string, texts ...string) caps.ID {
	t.Helper()
	id, err := agentOf(t, v, agent).Publish(t.Context(), name, encoded(t, capsule("", texts...)))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func encoded(t testing.TB, c chains.Capsule) []byte {
	t.Helper()
	b, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func send(t testing.TB, from *mail.Agent, to, text string) {
	t.Helper()
	if _, err := from.Send(t.Context(), to, []string{text}, nil, nil); err != nil {
		t.Fatal(err)
	}
}

// eventually waits until what is asked is so.
func eventually(so func() bool) {
	for !so() {
		time.Sleep(10 * time.Millisecond)
	}
}

// entries are those of an agent's log with an action: "detail error".
func entries(t testing.TB, a *mail.Agent, action string) []mail.LogEntry {
	t.Helper()
	all, err := a.Log(t.Context(), mail.LogQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var list []mail.LogEntry
	for _, e := range all {
		if e.Action == action {
			list = append(list, e)
		}
	}
	return list
}
