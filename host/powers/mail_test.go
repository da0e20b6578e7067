package powers

import (
	"strings"
	"testing"

	"qvat/host/actions"
	"qvat/runtime"
)

// TestMailArguments: each function of qvat:mail takes as many arguments as its
// action has, and knows how to read each of them.
func TestMailArguments(t *testing.T) {
	p := &mailPower{}
	for _, action := range actions.All() {
		if action.Signature == "" {
			continue
		}
		if !strings.Contains(mailSource, "    "+action.Method()+": (") {
			t.Errorf("the guest half has no %s", action.Method())
		}
		c, ok := p.find(action.Method())
		if !ok {
			t.Fatalf("there is no %s", action.Method())
		}
		for _, f := range c.fields {
			err := fill(f.Into, []byte("{}"), "it")
			if _, refused := err.(*runtime.Refusal); err != nil && !refused {
				t.Errorf("%s: %v", action.Method(), err)
			}
		}
	}
	if _, ok := p.find("outbox"); ok {
		t.Error("a program can do what the owner alone may")
	}
	wantRefusal(t, p, "explode", `["self"]`, "TypeError", "no method")
	wantRefusal(t, p, "send", `["self","bob"]`, "TypeError", "takes 5 arguments, not 2")
	wantRefusal(t, p, "messages", `["self",{},1]`, "TypeError", "takes 2 arguments, not 3")
	wantRefusal(t, p, "thing", `["self"]`, "TypeError", "takes 2 arguments, not 1")
	wantRefusal(t, p, "info", `["self"]`, "Error", "no agents")
}
