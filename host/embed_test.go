package host_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qvat/chains"
	"qvat/chains/chaintest"
	"qvat/host"
	"qvat/host/fault"
	"qvat/host/powers"
	"qvat/host/store"
	"qvat/runtime"
)

// embedded opens a vat with what an embedder adds.
func embedded(t *testing.T, dir string, e host.Embed) *host.Vat {
	t.Helper()
	v, err := host.Open(t.Context(), host.Options{Dir: dir, Embed: e})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// lamp is a power of an embedder's: it tells the id of its message.
type lamp struct{ id string }

func (l lamp) Call(_ context.Context, method string, args []byte) (runtime.Reply, error) {
	return runtime.Reply{JSON: fmt.Appendf(nil, "[%q,%q,%s]", l.id, method, args)}, nil
}

func lampModule(name string) host.Module {
	return host.Module{
		Module: runtime.Module{Name: name, Source: `exports.on = n => host('on', n)`},
		Open:   func(m powers.Scope) runtime.Power { return lamp{m.ID.String()} },
	}
}

func TestEmbedModules(t *testing.T) {
	dir := newDir(t, "", `exports.lamp = require('acme:lamp')`)
	v := embedded(t, dir, host.Embed{Modules: []host.Module{lampModule("acme:lamp")}})
	c := capsule("", `exports.main = ({ power }) => power.lamp.on(3)`)
	if got, want := mustInvoke(t, v, c), `["`+c.ID().String()+`","on",[3]]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEmbedModulesDiffer(t *testing.T) {
	dir := newDir(t, "", "")
	for _, e := range []host.Embed{
		{Modules: []host.Module{lampModule("qvat:store")}},
		{Modules: []host.Module{lampModule("acme:lamp"), lampModule("acme:lamp")}},
		{Modules: []host.Module{lampModule("")}},
		{Modules: []host.Module{{Module: runtime.Module{Name: "acme:lamp"}}}},
	} {
		if v, err := host.Open(t.Context(), host.Options{Dir: dir, Embed: e}); err == nil {
			t.Errorf("the modules %v were taken: %v", e.Modules, v.Close())
		}
	}
}

func TestObserve(t *testing.T) {
	dir := newDir(t, "", `exports.log = require('qvat:log')`)
	var all []host.Observed
	v := embedded(t, dir, host.Embed{Observe: func(o host.Observed) { all = append(all, o) }})
	good := capsule(`1`,
		`exports.main = ({ power, next }) => { console.warn('above'); return next.load()(power) }`,
		`exports.main = ({ power, input }) => { power.log.info('below', { input }); return input }`)
	a, err := v.Invoke(t.Context(), "test", good)
	if err != nil {
		t.Fatal(err)
	}
	bad := capsule("", `exports.main = ({ power }) => { power.log.error('lost'); console.log('gone'); throw new RangeError('no') }`)
	faultOf(t, v, bad)
	faultOf(t, v, chaintest.ParseTexts("mallory", map[string]string{"mallory": `exports.main = () => 1`}).Capsule(""))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := v.Invoke(gone, "test", good); !errors.Is(err, context.Canceled) {
		t.Errorf("a message whose sender has left: %v", err)
	}

	if len(all) != 4 {
		t.Fatalf("%d messages were observed, want 4", len(all))
	}
	one := all[0]
	if one.ID != good.ID() || one.Outcome != "ok" || one.Err != nil || one.Fuel != a.Fuel || one.Micros != a.Micros {
		t.Errorf("of the first: %+v", one)
	}
	if len(one.Programs) != 2 || one.Programs[1] != good.Chain.Links[1].Program {
		t.Errorf("its programs are %v", one.Programs)
	}
	if len(one.Console) != 1 || one.Console[0].Text != "above" || one.Console[0].Level != "warn" {
		t.Errorf("its console is %v", one.Console)
	}
	if len(one.Log) != 1 || one.Log[0].Message != "below" || string(one.Log[0].Fields) != `{"input":1}` || one.Log[0].At.IsZero() {
		t.Errorf("its log is %v", one.Log)
	}
	two := all[1]
	if two.Outcome != "program_error" || fault.Of(two.Err).Name != "RangeError" || two.Fuel == 0 || len(two.Console) != 1 || len(two.Log) != 1 {
		t.Errorf("of the one that failed: %+v", two)
	}
	if all[2].Outcome != "root_not_signed" || all[2].Fuel != 0 || all[3].Outcome != "abandoned" {
		t.Errorf("of those that did not run: %+v, %+v", all[2], all[3])
	}
}

func TestEmbedNow(t *testing.T) {
	dir := newDir(t, "[powers]\nclock = true\n", `const m = require('qvat:message'), c = require('qvat:clock'); exports.times = () => [m.arrived, c.now()]`)
	at := time.UnixMilli(1_000_000)
	v := embedded(t, dir, host.Embed{Now: func() time.Time { return at }})
	c := capsule("", `exports.main = ({ power }) => power.times()`)
	if got := mustInvoke(t, v, c); got != "[1000000,1000000]" {
		t.Errorf("the times are %s", got)
	}
	at = at.Add(time.Hour)
	if got := mustInvoke(t, v, c); got != "[4600000,4600000]" {
		t.Errorf("an hour later they are %s", got)
	}
}

// TestExchange: requests go to the stand-in, staged ones when the embedder says
// so, and their answers run as messages.
func TestExchange(t *testing.T) {
	dir := newDir(t, "[powers.http]\norigins = [\"https://a.example\"]\nimmediate = true\n",
		`exports.http = require('qvat:http'); exports.answers = require('qvat:store').table('answers')`)
	var left []powers.OutRequest
	status := 0
	v := embedded(t, dir, host.Embed{Exchange: func(_ context.Context, r powers.OutRequest) (powers.OutAnswer, error) {
		left = append(left, r)
		if status < 0 {
			return powers.OutAnswer{}, errors.New("nobody is there")
		}
		return powers.OutAnswer{Status: status, Headers: map[string]string{"X-Seen": "yes"}, Body: []byte("heard")}, nil
	}})
	got := mustInvoke(t, v, capsule("", `exports.main = async ({ power }) => power.http.fetch({ url: 'https://a.example/x', method: 'POST', headers: { a: 'b' }, body: 'on' })`))
	if got != `{"status":200,"headers":{"x-seen":"yes"},"body":"heard"}` {
		t.Errorf("fetch gave %s", got)
	}
	if len(left) != 1 || left[0].Method != "POST" || left[0].URL != "https://a.example/x" || left[0].Headers["a"] != "b" || string(left[0].Body) != "on" || left[0].ID == "" {
		t.Errorf("what left is %+v", left)
	}
	status = -1
	failed := mustInvoke(t, v, capsule("", `exports.main = async ({ power }) => { try { await power.http.fetch({ url: 'https://a.example/y' }) } catch (e) { return e.message } }`))
	if !strings.Contains(failed, "could not be reached") || strings.Contains(failed, "nobody") {
		t.Errorf("a request that fails says %s", failed)
	}

	left, status = nil, 201
	then := capsule(`{}`, `exports.main = ({ power, input }) => { if (input.status) power.answers.set('got', [input.status, input.body]) }`)
	mustInvoke(t, v, then)
	chain, err := json.Marshal(then.Chain.Encode())
	if err != nil {
		t.Fatal(err)
	}
	send := `exports.main = ({ power, input }) => power.http.send({ url: 'https://a.example/z', then: input })`
	id := mustInvoke(t, v, capsule(string(chain), send))
	if len(left) != 0 {
		t.Errorf("a staged request left by itself: %v", left)
	}
	if err := v.SendOutbox(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(left) != 1 || `"`+left[0].ID+`"` != id {
		t.Errorf("what left is %v, want the request %s", left, id)
	}
	rows, err := v.Entries(t.Context(), "answers", store.EntriesQuery{})
	if err != nil || len(rows) != 1 || rows[0].Key != "got" || string(rows[0].Value) != `[201,"heard"]` {
		t.Errorf("the answer's message left %v, %v", rows, err)
	}
	if err := v.SendOutbox(t.Context()); err != nil || len(left) != 1 {
		t.Errorf("it left again: %v, %v", left, err)
	}
}

// TestLike: vats that share an engine share nothing else.
func TestLike(t *testing.T) {
	like := embedded(t, newDir(t, "", ""), host.Embed{})
	var vats []*host.Vat
	for range 2 {
		vats = append(vats, embedded(t, newDir(t, "", ""), host.Embed{Like: like}))
	}
	for n := range 3 {
		for i, v := range vats {
			if got, want := mustInvoke(t, v, capsule("", add)), fmt.Sprint(n+1); got != want {
				t.Errorf("vat %d: got %s, want %s", i, got, want)
			}
		}
	}
	if got := mustInvoke(t, like, capsule("", add)); got != "1" {
		t.Errorf("the first vat: got %s", got)
	}
	var missing []chains.Hash
	p, err := chains.NewProgram([]byte(add), 0)
	if err != nil {
		t.Fatal(err)
	}
	fresh := embedded(t, newDir(t, "", ""), host.Embed{Like: like})
	if missing, err = fresh.Missing(t.Context(), "test", []chains.Hash{p.Hash()}); err != nil || len(missing) != 1 {
		t.Errorf("a fresh vat has a program of another's: %v, %v", missing, err)
	}
}

func TestRootPowerElsewhere(t *testing.T) {
	project := t.TempDir()
	for name, text := range map[string]string{
		"power.js": `exports.n = require('./lib.js')`, "lib.js": `module.exports = 7`,
	} {
		if err := os.WriteFile(filepath.Join(project, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	dir := newDir(t, "", `exports.n = 1`)
	v, err := host.Open(t.Context(), host.Options{Dir: dir, RootPower: filepath.Join(project, "power.js")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}()
	if got := mustInvoke(t, v, capsule("", `exports.main = ({ power }) => power.n`)); got != "7" {
		t.Errorf("got %s", got)
	}
	if err := os.WriteFile(filepath.Join(project, "lib.js"), []byte(`module.exports = 8`), 0o644); err != nil {
		t.Fatal(err)
	}
	for {
		got := mustInvoke(t, v, capsule("", `exports.main = ({ power }) => power.n`))
		if got == "8" {
			break
		}
		if got != "7" {
			t.Fatalf("after a change: got %s", got)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
