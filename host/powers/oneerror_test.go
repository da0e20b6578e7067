package powers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"qvat/chains"
	"qvat/chains/chaintest"
	"qvat/host/actions"
	"qvat/host/mail"
	"qvat/runtime"
)

// TestOneError: a call that is wrong has one error, however often it is made. What
// two errors took turns would tell is chance, which no program is told that has not
// been granted it, and that no record holds.
func TestOneError(t *testing.T) {
	store := newStore(t)
	post, err := mail.Open(t.Context(), mail.Options{Store: store, Node: newParty(t, "node").private})
	if err != nil {
		t.Fatal(err)
	}
	set := newSet(t, Grants{
		Store: true, Log: true, Message: true, Clock: true, Random: true, Mail: true,
		Files: FilesGrant{Dir: t.TempDir(), Write: true, FileBytes: 20},
		HTTP: HTTPGrant{
			Origins: []string{"https://a.example"}, Immediate: true,
			Verifier: chains.NewVerifier(newParty(t, "root").public, chains.VerifierOptions{}),
			Exchange: func(context.Context, OutRequest) (OutAnswer, error) { return OutAnswer{}, errors.New("nobody") },
		},
	})
	tx, err := store.BeginExclusive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	chain, err := chains.NewVerifier(chaintest.Public("root"), chains.VerifierOptions{}).Verify(chaintest.Parse("root").Capsule("").Chain)
	if err != nil {
		t.Fatal(err)
	}
	opened := set.Open(Scope{Tx: tx, Chain: chain, Arrived: arrived, Post: post.In(tx)})
	errors := 0
	for name, cases := range wrongCalls() {
		power := opened[name]
		if power == nil {
			t.Fatalf("%s is not granted", name)
		}
		found := map[string]bool{}
		for _, c := range cases {
			_, first := power.Call(t.Context(), c.method, []byte(c.args))
			if first == nil {
				continue
			}
			if _, isRefusal := first.(*runtime.Refusal); !isRefusal { //nolint:errorlint // as the engine asks
				t.Fatalf("%s.%s(%s) ends the message: %v", name, c.method, c.args, first)
			}
			found[c.method] = true
			errors++
			for range 100 {
				if _, err := power.Call(t.Context(), c.method, []byte(c.args)); err == nil || err.Error() != first.Error() {
					t.Fatalf("%s.%s(%s): %v, then %v", name, c.method, c.args, first, err)
				}
			}
		}
		for _, c := range cases {
			if !found[c.method] {
				t.Errorf("no call of %s.%s is wrong", name, c.method)
			}
		}
	}
	if errors < 1000 {
		t.Errorf("only %d calls are wrong", errors)
	}
}

type wrongCall struct{ method, args string }

// wrongCalls are calls of every method of every power: each argument wrong, and two
// at a time; each field of an object wrong, missing or unknown, and two at a time.
func wrongCalls() map[string][]wrongCall {
	all := map[string][]wrongCall{}
	add := func(module, method string, args ...string) {
		all[module] = append(all[module], wrongCall{method, "[" + strings.Join(args, ",") + "]"})
	}
	values := []string{`1`, `-1`, `1e99`, `"x"`, `""`, `null`, `[]`, `[1]`, `{}`, `{"b":1,"a":2}`}
	method := func(module, name string, right ...string) {
		all[module] = append(all[module], wrongCall{name, `{}`}, wrongCall{name, `[`}, wrongCall{name, `["\ud800"]`})
		add(module, name, append([]string{`1`, `2`, `3`, `4`}, right...)...)
		for i := range right {
			add(module, name, right[:i]...)
			for _, v := range values {
				args := append([]string{}, right...)
				args[i] = v
				add(module, name, args...)
				for j := i + 1; j < len(right); j++ {
					for _, w := range []string{`-1`, `null`, `{"b":1,"a":2}`} {
						args[j] = w
						add(module, name, args...)
						args[j] = right[j]
					}
				}
			}
		}
	}
	// object calls a method with an object as its last argument, in which two of
	// the fields are wrong.
	object := func(module, name string, before []string, wrong ...string) {
		for i, a := range wrong {
			for _, b := range wrong[i:] {
				fields := a
				if a != b {
					fields = a + "," + b
				}
				add(module, name, append(append([]string{}, before...), "{"+fields+"}")...)
			}
		}
	}
	for _, module := range []string{"qvat:store", "qvat:log", "qvat:message", "qvat:clock", "qvat:random", "qvat:mail", "qvat:files", "qvat:http"} {
		add(module, "nothing", `"a"`)
	}
	for _, name := range []string{"get", "has", "delete"} {
		method("qvat:store", name, `"table"`, `"key"`)
	}
	method("qvat:store", "set", `"table"`, `"key"`, `1`)
	method("qvat:store", "count", `"table"`)
	method("qvat:store", "entries", `"table"`, `{}`)
	object("qvat:store", "entries", []string{`"table"`}, `"prefix":1`, `"after":2`, `"limit":"x"`, `"limit":0`, `"z":1`, `"y":1`, `"x":1`)
	method("qvat:store", "sql", `"SELECT a, b FROM rows"`, `1`, `2`)
	for _, name := range []string{"info", "warn", "error"} {
		method("qvat:log", name, `"text"`, `{}`)
	}
	for _, name := range []string{"id", "arrived", "signers"} {
		method("qvat:message", name, []string{}...)
	}
	method("qvat:clock", "now")
	method("qvat:random", "uuid")
	method("qvat:random", "uint32")
	method("qvat:random", "bytes", `1`)
	method("qvat:random", "hex", `1`)
	for _, name := range []string{"read", "readBytes", "list", "stat", "mkdir", "remove"} {
		method("qvat:files", name, `"a/b"`)
		add("qvat:files", name, `"../a"`)
		add("qvat:files", name, `"no/such"`)
	}
	for _, name := range []string{"write", "writeBytes", "append"} {
		method("qvat:files", name, `"a"`, `"eA=="`)
		add("qvat:files", name, `"a"`, `"longer than it may be"`)
	}
	for _, name := range []string{"send", "fetch"} {
		method("qvat:http", name, `{"url":"https://a.example/"}`)
		object("qvat:http", name, nil,
			`"url":1`, `"url":"ftp://a.example"`, `"url":"https://b.example"`, `"method":2`, `"method":"NONE"`, `"method":"POST"`,
			`"url":"https://a.example"`, `"body":3`, `"body":"x"`, `"bodyBase64":4`, `"bodyBase64":"?"`, `"then":5`, `"then":"?"`, `"then":"eA=="`,
			`"headers":6`, `"headers":{"a":1,"b":2}`, `"headers":{"host":"x","connection":"y"}`, `"headers":{"a":"x","A":"y"}`, `"headers":{"b":"\u0001","a":null}`,
			`"headers":{"c":"","b":"\n","a":" "}`, `"z":1`, `"y":1`, `"x":1`)
	}
	method("qvat:http", "settled", `0`)
	add("qvat:http", "settled", `9`)
	for _, action := range actions.All() {
		name, _, ok := strings.Cut(action.Signature, "(")
		if !ok {
			continue
		}
		m := mailCall{fields: actions.Fields(action.Request())}
		args := len(m.fields)
		if m.options() {
			args = 1
		}
		right := []string{`"self"`}
		for i := range args {
			right = append(right, fmt.Sprintf(`"x%d"`, i))
		}
		method("qvat:mail", name, right...)
		add("qvat:mail", name, append([]string{`"nobody"`}, right[1:]...)...)
		if args > 0 {
			object("qvat:mail", name, right[:args], `"limit":"x"`, `"after":"y"`, `"before":[]`, `"prefix":1`, `"state":2`, `"type":3`, `"reverse":4`, `"z":1`, `"y":1`)
		}
	}
	return all
}
