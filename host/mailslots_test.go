package host_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"qvat/host/caps"
)

// TestSlotIsNoText: a power that mails texts alone carries no capability: a slot
// in a text's place is refused, and does not become the identifier that it hides.
func TestSlotIsNoText(t *testing.T) {
	v := mailVat(t)
	g := guests(t, v, "bob", "carol")
	publish(t, v, "self", "leak", `
		exports.main = ({ power, next }) => {
			const self = power.mail('self')
			return next.load()({ say: words => self.send('bob', words), ask: what => self.request('bob', what) })
		}`, `
		exports.main = ({ power, input }) => {
			const got = []
			for (const f of [() => power.say([input.secret]), () => power.ask(input.secret)]) {
				try { f(); got.push('sent') } catch (e) { got.push(e.name) }
			}
			return got
		}`)
	secret, err := agentOf(t, v, "self").StoreValue(t.Context(), "secret", []byte(`1`))
	if err != nil {
		t.Fatal(err)
	}
	got := call(t, g[1], mustIdentify(t, agentOf(t, v, "self").Identify, "leak"), `{"secret":{"@":"s"}}`, map[string]string{"s": secret.String()})
	if got != `["TypeError","TypeError"]` {
		t.Errorf("got %s", got)
	}
	for _, text := range mailTexts(t, g[0]) {
		if strings.Contains(text, secret.String()) {
			t.Errorf("bob reads %q", text)
		}
	}
}

// TestOddKeys: data whose keys are odd goes in and out of slotted messages as
// it is.
func TestOddKeys(t *testing.T) {
	v := mailVat(t)
	publish(t, v, "self", "echo", `exports.main = async ({ input }) => input`)
	for _, data := range []string{
		`{"__proto__":{"@@":1},"@@__proto__":2,"constructor":{"@@@":[{"@@":{"@@":null}}]}}`,
		`{"\u0040@":1,"toJSON":2,"@@toJSON":3}`,
		`{"10":1,"9":2,"@@1":3,"":4}`,
		`[[],{},[{}],{"@@":{}}]`,
	} {
		got := call(t, agentOf(t, v, "self"), "echo", data, nil)
		var want, have any
		mustJSON(t, data, &want)
		mustJSON(t, got, &have)
		if !equalJSON(want, have) {
			t.Errorf("%s became %s", data, got)
		}
	}
}

// TestQueuedCallsAreCounted: what a call has no more runs left for is refused where it is
// asked, and does not push the agent's own log away.
func TestQueuedCallsAreCounted(t *testing.T) {
	v := mailVat(t)
	publish(t, v, "self", "nop", `exports.main = () => 1`)
	publish(t, v, "self", "many", `exports.main = async ({ input }) => {
		let n = 0
		try { for (; n < 900; n++) await input.nop() } catch {}
		return n
	}`)
	got := call(t, agentOf(t, v, "self"), "many", `{"nop":{"@":"n"}}`, map[string]string{"n": "nop"})
	if len(got) > 2 {
		t.Errorf("%s rows were staged by a call that may cause 256 runs, of which the first took 64", got)
	}
}

func mustIdentify(t *testing.T, identify func(context.Context, string) (caps.ID, error), name string) string {
	t.Helper()
	id, err := identify(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return id.String()
}

func mustJSON(t *testing.T, text string, v *any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatal(err)
	}
}

func equalJSON(a, b any) bool { return reflect.DeepEqual(a, b) }
