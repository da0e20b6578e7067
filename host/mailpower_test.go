package host_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestMailPower(t *testing.T) {
	v := mailVat(t)
	got := mustInvoke(t, v, capsule(`"`+base64.StdEncoding.EncodeToString(encoded(t, capsule("", `exports.main = () => 1`)))+`"`, `
		exports.main = ({ power, next }) => next.load()(power)`, `
		exports.main = ({ power, input }) => {
			const self = power.mail('self')
			const out = []
			out.push(self.makeGuest('bob').name)
			const bob = power.mail('bob')
			self.store('five', 5)
			self.mkdir('box')
			self.copy('five', 'box.five')
			self.move('box.five', 'box.six')
			out.push(self.list('box').map(e => [e.name, e.type]), self.lookup('box.six').value)
			const sent = self.send('bob', ['here: ', '!'], ['gift'], ['five'])
			out.push(sent.id.length, typeof sent.number)
			const [m] = bob.messages({ newest: true, limit: 1 })
			out.push(m.type, m.strings, m.edges, m.types, m.from === self.identify('SELF'), m.id === sent.id)
			bob.adopt(m.number, 'gift')
			out.push(bob.lookup('gift').value, bob.names(self.identify('five')))
			bob.reply(m.number, 'thanks')
			bob.dismiss(m.number)
			out.push(bob.message(m.number).state)
			const asked = bob.request('HOST', 'a lamp', 'lamp')
			const r = self.messages().find(m => m.type === 'request' && m.state === 'new')
			out.push(r.what, bob.lookup('lamp').state)
			self.resolve(r.number, 'five')
			out.push(bob.lookup('lamp').value ?? bob.lookup('lamp').state)
			self.publish('one', input)
			self.wake('one', 1000)
			out.push(self.info().host, self.info().unread, bob.info().of, self.info().wakes)
			self.wake('')
			out.push(self.locate('five').startsWith('qvat://'), self.invite('carol', 1000).startsWith('qvat://'))
			self.remove('five')
			out.push(bob.log().map(e => e.action).slice(-3))
			return out
		}`))
	want := `["bob",[["six","value"]],5,64,"number","package",["here: ","!"],["gift"],["value"],true,true,5,["gift"],"dismissed","a lamp","new",5,` +
		`true,1,"self","one",true,true,["request","resolved","receive"]]`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := mailTexts(t, agentOf(t, v, "self")); len(got) != 4 {
		t.Errorf("self's messages: %q", got)
	}
}

// TestMailPowerRefuses: what a program asks wrongly is an error for it to catch,
// after which nothing was done.
func TestMailPowerRefuses(t *testing.T) {
	v := mailVat(t)
	guests(t, v, "bob")
	for call, want := range map[string]string{
		`self.send('nobody', 'x')`:                            "Error not_found",
		`self.send('bob', ['x', 'y'])`:                        "TypeError",
		`self.send('bob', [1])`:                               "TypeError send: the strings are not an array of strings",
		`self.send(7, 'x')`:                                   "TypeError send: the recipient is not a string",
		`self.send('bob', 'x', ['a', 'a'], ['SELF', 'SELF'])`: "TypeError",
		`self.send('bob', 'x'.repeat(100000))`:                "RangeError full",
		`power.mail('bob').makeGuest('x')`:                    "Error refused",
		`power.mail('bob').store('x', 1)`:                     "Error refused",
		`power.mail('nobody').info()`:                         "Error not_found",
		`power.mail(7)`:                                       "TypeError",
		`self.dismiss(99)`:                                    "Error not_found",
		`self.dismiss(-1)`:                                    "RangeError",
		`self.dismiss('1')`:                                   "TypeError",
		`self.message(0.5)`:                                   "RangeError",
		`self.messages({ limit: 100000 })`:                    "RangeError",
		`self.messages({ state: 1 })`:                         "TypeError",
		`self.messages({ stat: 'new' })`:                      "TypeError",
		`self.mkdir('Not A Name')`:                            "TypeError bad_name",
		`self.copy('AGENT', 'me')`:                            "Error refused",
		`self.publish('p', 'not base64')`:                     "TypeError publish: the capsule is not base64",
		`self.publish('p', 'aGVsbG8=')`:                       "TypeError wrong",
		`self.names('ff')`:                                    "TypeError",
		`self.wake('bob')`:                                    "TypeError wrong",
		`self.lookup('x'.repeat(5000))`:                       "TypeError bad_name",
		`self.store('x', () => 1)`:                            "TypeError",
	} {
		got := mustInvoke(t, v, capsule("", `exports.main = ({ power }) => {
			const self = power.mail('self')
			try { `+call+` } catch (e) { return e.name + ' ' + e.message }
		}`))
		if !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", call, got, want)
		}
	}
	if got := mailTexts(t, agentOf(t, v, "bob")); len(got) != 0 {
		t.Errorf("bob got %q", got)
	}
}

// TestMailIDsAreFresh: what a message makes has ids of its own, though its bytes
// have come before.
func TestMailIDsAreFresh(t *testing.T) {
	v := mailVat(t)
	text := `exports.main = ({ power }) => {
		const self = power.mail('self')
		try { self.remove('value') } catch {}
		return [self.store('value', 1), self.send('SELF', 'hello').id]
	}`
	var first, second any
	mustJSON(t, mustInvoke(t, v, capsule("", text)), &first)
	mustJSON(t, mustInvoke(t, v, capsule("", text)), &second)
	a, b := first.([]any), second.([]any)
	if a[0] == b[0] || a[1] == b[1] {
		t.Errorf("%q and then %q", a, b)
	}
}

// TestMailIsNotGranted by default.
func TestMailIsNotGranted(t *testing.T) {
	v := newVat(t, "", `exports.granted = () => { try { require('qvat:mail'); return true } catch { return false } }`)
	if got := mustInvoke(t, v, capsule("", `exports.main = ({ power }) => power.granted()`)); got != `false` {
		t.Errorf("got %s", got)
	}
}

// TestMailAttenuated: a chain gives its next program one function, which sends
// text to one handle.
func TestMailAttenuated(t *testing.T) {
	v := mailVat(t)
	bob := guests(t, v, "bob", "carol")[0]
	got := mustInvoke(t, v, capsule(`"hello"`,
		`exports.main = ({ power, next }) => { const { send } = power.mail('self'); return next.load()({ tell: text => { send('bob', String(text)) } }) }`,
		`exports.main = ({ power, input }) => { power.tell(input); return Reflect.ownKeys(power) }`))
	if got != `["tell"]` {
		t.Errorf("got %s", got)
	}
	if got := fmt.Sprint(mailTexts(t, bob)); got != "[package new hello]" {
		t.Errorf("bob has %s", got)
	}
}

// TestMailIsRolledBack with the message that sent it.
func TestMailIsRolledBack(t *testing.T) {
	v := mailVat(t)
	bob := guests(t, v, "bob")[0]
	followed := make(chan string, 10)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() {
		for m, err := range bob.Follow(ctx, 0) {
			if err != nil {
				return
			}
			followed <- strings.Join(m.Strings, "|")
		}
	}()
	f := faultOf(t, v, capsule("", `exports.main = ({ power }) => { power.mail('self').send('bob', 'lost'); power.mail('self').makeGuest('ghost'); throw new Error('no') }`))
	if f.Message != "no" {
		t.Errorf("got %v", f)
	}
	mustInvoke(t, v, capsule("", `exports.main = ({ power }) => { power.mail('self').send('bob', 'kept') }`))
	if got := <-followed; got != "kept" {
		t.Errorf("a follower saw %q", got)
	}
	if got := fmt.Sprint(mailTexts(t, bob)); got != "[package new kept]" {
		t.Errorf("bob has %s", got)
	}
	if _, err := v.Post().Agent(t.Context(), "ghost"); err == nil {
		t.Error("an agent was made by a message that failed")
	}
}

// TestMailSendsOnce: messages that lose conflicts run again, and send once.
func TestMailSendsOnce(t *testing.T) {
	v := mailVat(t)
	bob := guests(t, v, "bob")[0]
	const all = 40
	var group sync.WaitGroup
	for i := range all {
		group.Go(func() {
			_, err := v.Invoke(context.Background(), "test", capsule(fmt.Sprint(i), `exports.main = ({ power, input }) => {
				const n = (power.table.get('n') ?? 0) + 1
				power.table.set('n', n)
				power.mail('self').send('bob', String(n))
			}`))
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	seen := map[string]int{}
	for _, text := range mailTexts(t, bob) {
		seen[text]++
	}
	for i := 1; i <= all; i++ {
		if text := fmt.Sprintf("package new %d", i); seen[text] != 1 {
			t.Errorf("%q came %d times", text, seen[text])
		}
	}
}
