package host_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"qvat/chains"
	"qvat/host/caps"
	"qvat/host/mail"
)

func call(t testing.TB, a *mail.Agent, name, input string, slots map[string]string) string {
	t.Helper()
	b, err := a.Call(t.Context(), name, json.RawMessage(input), slots)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func codeOf(err error) caps.Code {
	var known *caps.Error
	if !errors.As(err, &known) {
		return ""
	}
	return known.Code
}

func TestCall(t *testing.T) {
	v := mailVat(t)
	g := guests(t, v, "bob", "carol")
	bob, carol := g[0], g[1]
	self := agentOf(t, v, "self")
	if _, err := self.StoreValue(t.Context(), "photo", json.RawMessage(`{"@":1,"pixels":[1,2]}`)); err != nil {
		t.Fatal(err)
	}
	if err := self.MakeDirectory(t.Context(), "album"); err != nil {
		t.Fatal(err)
	}
	if err := self.Copy(t.Context(), "photo", "album.first"); err != nil {
		t.Fatal(err)
	}
	photo, err := self.Identify(t.Context(), "photo")
	if err != nil {
		t.Fatal(err)
	}
	album, err := self.Identify(t.Context(), "album")
	if err != nil {
		t.Fatal(err)
	}
	id := publish(t, v, "self", "show", `exports.main = async ({ input }) => {
		const { to, photo, album } = input
		const [first] = await album()
		const inAlbum = await album(first)
		await to({ strings: ['see ', '!'], edges: ['it'], things: [photo] })
		return { '@': input['@'], value: await photo(), same: inAlbum === photo, photo, names: await album() }
	}`)
	// Bob holds neither the chain nor the photo by a name: their identifiers are
	// enough.
	slots := map[string]string{"whom": info(t, carol).Handle.String(), "p": photo.String(), "a": album.String()}
	got := call(t, bob, id.String(), `{"to":{"@":"whom"},"photo":{"@":"p"},"album":{"@":"a"},"@@":"data"}`, slots)
	want := `{"@@":"data","value":{"@@":1,"pixels":[1,2]},"same":true,"photo":{"@":"` + photo.String() + `"},"names":["first"]}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	list, err := carol.Messages(t.Context(), mail.MessageQuery{})
	if err != nil || len(list) != 1 {
		t.Fatalf("carol has %v, %v", list, err)
	}
	// What a chain mails is from who published it, whoever calls.
	if m := list[0]; m.From != info(t, self).Handle || fmt.Sprint(m.Strings, m.Edges, m.IDs) != fmt.Sprint([]string{"see ", "!"}, []string{"it"}, []caps.ID{photo}) {
		t.Errorf("carol has %+v", m)
	}
	if log := entries(t, bob, "call"); len(log) != 1 || log[0].Error != "" || !strings.Contains(string(log[0].Detail), `"fuel":`) {
		t.Errorf("bob's log: %+v", log)
	}
}

func info(t testing.TB, a *mail.Agent) mail.AgentInfo {
	t.Helper()
	i, err := a.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestCallRefused(t *testing.T) {
	v := mailVat(t)
	bob := guests(t, v, "bob")[0]
	self := agentOf(t, v, "self")
	if _, err := bob.Publish(t.Context(), "p", encoded(t, capsule("", `exports.main = () => 1`))); codeOf(err) != caps.Refused {
		t.Errorf("a guest publishes: %v", err)
	}
	if _, err := self.Publish(t.Context(), "p", []byte("no capsule")); codeOf(err) != caps.Wrong {
		t.Errorf("what is no capsule is published: %v", err)
	}
	publish(t, v, "self", "echo", `exports.main = ({ input }) => input`)
	publish(t, v, "self", "bad", `exports.main = ({ input }) => { throw new RangeError('no good') }`)
	publish(t, v, "self", "slotless", `exports.main = async ({ input }) => { try { await input.s({}) } catch (e) { return e.name + ': ' + e.message } }`)
	notRoot := capsule("", `exports.main = () => 1`)
	notRoot.Chain.Links[0].Signatures = nil
	if _, err := self.Publish(t.Context(), "not-root", encoded(t, notRoot)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, input string
		slots       map[string]string
		code        caps.Code
	}{
		{"nothing", ``, nil, caps.NotFound},
		{"bob", ``, nil, caps.Wrong},
		{"not-root", ``, nil, caps.Failed},
		{"bad", ``, nil, caps.Failed},
		{"echo", `{`, nil, caps.Wrong},
		{"echo", `{"@":"x"}`, nil, caps.Wrong},
		{"echo", `{"@":0}`, nil, caps.Wrong},
		{"echo", `{"@x":1}`, nil, caps.Wrong},
		{"echo", `1`, map[string]string{"x": "bob"}, caps.Wrong},
		{"echo", ``, map[string]string{"x": "bob"}, caps.Wrong},
		{"echo", `{"@":"x"}`, map[string]string{"x": "nobody"}, caps.NotFound},
		{"echo", `{"@":"x"}`, map[string]string{"x": "AGENT"}, caps.Refused},
		{"echo", `"` + strings.Repeat("x", chains.DefaultInput) + `"`, nil, caps.Full},
	} {
		if _, err := self.Call(t.Context(), c.name, json.RawMessage(c.input), c.slots); codeOf(err) != c.code {
			t.Errorf("%s(%.40s): got %v, want %s", c.name, c.input, err, c.code)
		}
	}
	if got := call(t, self, "echo", ` { "a" : [ {"@@":0} ] } `, nil); got != `{"a":[{"@@":0}]}` {
		t.Errorf("got %s", got)
	}
	if got := call(t, self, "echo", ``, nil); got != `` {
		t.Errorf("got %s for undefined", got)
	}
	if got := call(t, self, "slotless", `{"s":{"@":"b"}}`, map[string]string{"b": "bob"}); !strings.Contains(got, "TypeError: wrong: ") {
		t.Errorf("got %s", got)
	}
	log := entries(t, self, "call")
	if e := log[1]; !strings.Contains(e.Error, "no good") || strings.Contains(string(e.Detail), `"fuel":0`) {
		t.Errorf("the failure is logged as %+v", e)
	}
}

// TestCallKeepsWhatItIsGiven: a chain puts what it is called with under names of
// its agent's, and uses it in a later call.
func TestCallKeepsWhatItIsGiven(t *testing.T) {
	v := mailVat(t)
	g := guests(t, v, "bob", "carol")
	self := agentOf(t, v, "self")
	if err := self.MakeDirectory(t.Context(), "readers"); err != nil {
		t.Fatal(err)
	}
	publish(t, v, "self", "subscribe",
		`exports.main = ({ power, next }) => { const { copy } = power.mail('self'); return next.load()({ add: (who, name) => { copy(who, 'readers.' + name) } }) }`,
		`exports.main = ({ power, input }) => { power.add(input.who, input.name); return input.who }`)
	publish(t, v, "self", "tell", `exports.main = async ({ power, input }) => {
		const { list, thing, send, lookup } = power.mail('self')
		const names = list('readers').map(e => e.name).reverse()
		for (const name of names) await thing('readers.' + name)(input.text)
		const bob = thing('readers.bob')
		send(bob, ['and: ', ''], ['reader'], [thing('readers.carol')])
		return [names, bob === thing('bob'), bob, lookup('odd').value, { '@': 1 }]
	}`)
	publish(t, v, "self", "store", `exports.main = ({ power, input }) => {
		const tries = [() => power.table.set('x', input.who), () => power.mail('self').store('x', { '@': [input.who] })]
		power.mail('self').store('plain', { '@': 7 })
		return [...tries.map(f => { try { f() } catch (e) { return e.message } }), power.mail('self').lookup('plain').value['@']]
	}`)
	if _, err := self.StoreValue(t.Context(), "odd", json.RawMessage(`{"@":0,"@@":[{"@":"x"}]}`)); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"bob", "carol"} {
		handle := info(t, g[i]).Handle.String()
		got := call(t, g[i], mustID(t, self, "subscribe"), `{"who":{"@":"me"},"name":"`+name+`"}`, map[string]string{"me": "SELF"})
		if got != `{"@":"`+handle+`"}` {
			t.Errorf("got %s", got)
		}
	}
	want := `[["carol","bob"],true,{"@":"` + info(t, g[0]).Handle.String() + `"},{"@@":0,"@@@":[{"@@":"x"}]},{"@@":1}]`
	if got := call(t, self, "tell", `{"text":"news"}`, nil); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := fmt.Sprint(mailTexts(t, g[0]), mailTexts(t, g[1])); got != "[package new news package new and: |] [package new news]" {
		t.Errorf("they have %s", got)
	}
	if got := call(t, self, "store", `{"who":{"@":"b"}}`, map[string]string{"b": "bob"}); !strings.Contains(got, "is a capability, which this cannot take") || !strings.Contains(got, `"wrong: a value cannot hold a capability",7]`) {
		t.Errorf("a capability in the store: %s", got)
	}
	if got := mustInvoke(t, v, capsule("", `exports.main = ({ power }) => { try { power.mail('self').thing('bob') } catch (e) { return e.message } }`)); !strings.Contains(got, "only in a call") {
		t.Errorf("a thing in a message that is no call: %s", got)
	}
}

func mustID(t testing.TB, a *mail.Agent, name string) string {
	t.Helper()
	id, err := a.Identify(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return id.String()
}

// TestCallOfCall: a program calls a chain that it was given. That runs after the
// commit, in a message of its own, and once.
func TestCallOfCall(t *testing.T) {
	v := mailVat(t)
	bob := guests(t, v, "bob")[0]
	self := agentOf(t, v, "self")
	publish(t, v, "self", "second", `exports.main = async ({ input, power }) => {
		power.table.set('n', (power.table.get('n') ?? 0) + 1)
		await input.answer(input.text + ' ' + power.table.get('n'))
	}`)
	publish(t, v, "self", "first", `exports.main = async ({ input, power }) => {
		const r = await input.chain({ answer: input.whom, text: 'well' })
		if (input.fail) throw new Error('no')
		return [typeof r, power.table.get('n') ?? 'not yet']
	}`)
	slots := map[string]string{"c": "second", "w": "bob"}
	if _, err := self.Call(t.Context(), "first", json.RawMessage(`{"chain":{"@":"c"},"whom":{"@":"w"},"fail":true}`), slots); codeOf(err) != caps.Failed {
		t.Errorf("got %v", err)
	}
	if got := call(t, self, "first", `{"chain":{"@":"c"},"whom":{"@":"w"}}`, slots); got != `["undefined","not yet"]` {
		t.Errorf("got %s", got)
	}
	eventually(func() bool { return fmt.Sprint(mailTexts(t, bob)) == "[package new well 1]" })
	if log := entries(t, self, "call"); len(log) != 3 || log[2].Error != "" {
		t.Errorf("self's log: %+v", log)
	}
}

// TestDataStaysData: any JSON, kept as a value, handed to a program by a slot and
// given back by it, is the same, and nothing in it has become a capability.
func TestDataStaysData(t *testing.T) {
	v := mailVat(t)
	self := agentOf(t, v, "self")
	publish(t, v, "self", "open", `exports.main = async ({ input }) => { const v = await input.v(); return { v, again: input.d } }`)
	keys := rapid.SampledFrom([]string{"", "a", "@", "@@", "@@@", "@a", "b", "é", "\\", "__proto__", "constructor", "0"})
	var data func(depth int) *rapid.Generator[any]
	data = func(depth int) *rapid.Generator[any] {
		leaf := rapid.OneOf(
			rapid.Just[any](nil), rapid.Map(rapid.String(), func(s string) any { return s }),
			rapid.Map(rapid.IntRange(-9, 9), func(n int) any { return float64(n) }), rapid.Map(keys, func(s string) any { return s }),
		)
		if depth == 0 {
			return leaf
		}
		return rapid.OneOf(
			leaf, rapid.Map(rapid.SliceOfN(data(depth-1), 0, 3), func(s []any) any { return s }),
			rapid.Map(rapid.MapOfN(keys, data(depth-1), 0, 3), func(m map[string]any) any { return m }),
		)
	}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		value := data(3).Draw(rt, "value")
		text, err := json.Marshal(value)
		if err != nil {
			rt.Fatal(err)
		}
		escaped, err := json.Marshal(escape(value))
		if err != nil {
			rt.Fatal(err)
		}
		n++
		name := fmt.Sprintf("v%d", n)
		if _, err := self.StoreValue(t.Context(), name, text); err != nil {
			rt.Fatal(err)
		}
		got, err := self.Call(t.Context(), "open", fmt.Appendf(nil, `{"v":{"@":"v"},"d":%s}`, escaped), map[string]string{"v": name})
		if err != nil {
			rt.Fatal(err)
		}
		var back, want any
		if err := json.Unmarshal(got, &back); err != nil {
			rt.Fatal(err)
		}
		if err := json.Unmarshal(fmt.Appendf(nil, `{"v":%s,"again":%s}`, escaped, escaped), &want); err != nil {
			rt.Fatal(err)
		}
		if !reflect.DeepEqual(back, want) {
			rt.Errorf("%s came back as %s", text, got)
		}
	})
}

// escape puts one more "@" before each key that begins with one.
func escape(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = escape(v[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			if strings.HasPrefix(k, "@") {
				k = "@" + k
			}
			out[k] = escape(e)
		}
		return out
	}
	return v
}
