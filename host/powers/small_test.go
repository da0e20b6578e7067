package powers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"qvat/chains"
)

func TestMessage(t *testing.T) {
	v := newVat(t, Grants{Message: true}, `exports.message = require('qvat:message')`)
	program := `exports.main = async ({ power, next }) => { const m = power.message; if (next) await next.load()({}); return [m.id, m.arrived, m.signers] }`
	a := v.attempt(&Recorder{}, "7", program, `exports.main = () => 1`)
	v.commit(a)
	want := fmt.Sprintf(`["%s",1700000000123,[["%s"],["%s"]]]`, a.id, newParty(t, "root").public, newParty(t, "bob").public)
	if got := string(a.out.Result); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	// root-power.js may read them as it is evaluated, which is for each message.
	v = newVat(t, Grants{Message: true}, `exports.id = require('qvat:message').id`)
	a = v.attempt(&Recorder{}, "8", `exports.main = ({ power }) => power.id`)
	v.commit(a)
	if got := string(a.out.Result); got != `"`+a.id.String()+`"` {
		t.Errorf("got %s for message %s", got, a.id)
	}
	p := &messagePower{}
	wantRefusal(t, p, "id", `[1]`, "TypeError", "takes 0 arguments")
	wantRefusal(t, p, "key", `[]`, "TypeError", "no method")
	wantRefusal(t, p, "id", `x`, "TypeError", "not JSON")
}

func TestClockAndRandom(t *testing.T) {
	v := newVat(t, Grants{Clock: true, Random: true}, `exports.now = require('qvat:clock').now; exports.random = require('qvat:random')`)
	program := `exports.main = ({ power: { now, random } }) => ({ t: [now(), now()], b: random.bytes(3), h: random.hex(4), u: random.uint32(), id: random.uuid() })`
	live := v.attempt(&Recorder{}, "", program)
	v.commit(live)
	var got struct {
		T []int64
	}
	if err := json.Unmarshal(live.out.Result, &got); err != nil {
		t.Fatalf("%s: %v", live.out.Result, err)
	}
	form := regexp.MustCompile(`^\{"t":\[\d{13},\d{13}\],"b":\[\d+,\d+,\d+\],"h":"[0-9a-f]{8}","u":\d+,"id":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"\}$`)
	if !form.Match(live.out.Result) || got.T[1] < got.T[0] || got.T[0] < arrived.UnixMilli() {
		t.Errorf("got %s", live.out.Result)
	}
	replay, _, err := Replay(record(live.recorder))
	if err != nil {
		t.Fatal(err)
	}
	again := v.attempt(replay, "", program)
	if again.err != nil || !bytes.Equal(again.out.Result, live.out.Result) || again.out.Fuel != live.out.Fuel {
		t.Errorf("the replay gave %s for %d fuel, the run %s for %d (%v)", again.out.Result, again.out.Fuel, live.out.Result, live.out.Fuel, again.err)
	}
	if err := replay.Finish(); err != nil {
		t.Error(err)
	}
	// Divergence cannot be caught.
	replay, _, err = Replay(record(live.recorder))
	if err != nil {
		t.Fatal(err)
	}
	a := v.attempt(replay, "", `exports.main = ({ power }) => { try { for (let i = 0; i < 5; i++) power.now() } catch { return 'caught' } }`)
	if a.err == nil || !strings.Contains(a.err.Error(), ErrDiverged.Error()) {
		t.Errorf("got %v, %s", a.err, a.out.Result)
	}
}

func TestClockAndRandomArguments(t *testing.T) {
	clock, random := &clockPower{&Recorder{}, 0}, &randomPower{&Recorder{}}
	wantRefusal(t, clock, "now", `[1]`, "TypeError", "takes 0 arguments")
	wantRefusal(t, clock, "set", `[1]`, "TypeError", "no method")
	wantRefusal(t, clock, "now", `{}`, "TypeError", "not an array")
	for _, args := range []string{`[0]`, `[-1]`, `[4097]`, `[1e3]`, `[2.5]`, `[99999999999999999999]`} {
		wantRefusal(t, random, "bytes", args, "RangeError", "from 1 to 4096")
		wantRefusal(t, random, "hex", args, "RangeError", "from 1 to 4096")
	}
	wantRefusal(t, random, "bytes", `["1"]`, "TypeError", "not a number")
	wantRefusal(t, random, "bytes", `[]`, "TypeError", "takes 1 arguments")
	wantRefusal(t, random, "uint32", `[1]`, "TypeError", "takes 0 arguments")
	wantRefusal(t, random, "uuid", `[1]`, "TypeError", "takes 0 arguments")
	wantRefusal(t, random, "seed", `[]`, "TypeError", "no method")
	if random.recorder.Told() {
		t.Error("a refused call was recorded")
	}
}

func TestLog(t *testing.T) {
	v := newVat(t, Grants{Log: true}, `exports.log = require('qvat:log')`)
	program := `exports.main = ({ power: { log } }) => { log.info('hello\nlevel=ERROR', { n: 1, o: { s: '"' } }); log.warn('careful'); log.error('bad', {}) }`
	a := v.attempt(&Recorder{}, "", program)
	if a.err != nil {
		t.Fatal(a.err)
	}
	got := emitted(t, a.lines, a.id, "")
	want := []string{
		fmt.Sprintf(`{"level":"INFO","msg":"hello\nlevel=ERROR","message":"%s","fields":{"n":1,"o":{"s":"\""}}}`, a.id),
		fmt.Sprintf(`{"level":"WARN","msg":"careful","message":"%s"}`, a.id),
		fmt.Sprintf(`{"level":"ERROR","msg":"bad","message":"%s","fields":{}}`, a.id),
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if again := emitted(t, a.lines, a.id, ""); len(again) != 0 {
		t.Errorf("the lines were written twice: %q", again)
	}
}

// emitted writes lines to a JSON log, and gives them without their times.
func emitted(t *testing.T, l *Lines, id chains.Hash, outcome string) []string {
	t.Helper()
	var b bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&b, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey && len(groups) == 0 {
			return slog.Attr{}
		}
		return a
	}}))
	if err := l.Emit(context.Background(), log, id, outcome); err != nil {
		t.Fatal(err)
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool { return r == '\n' })
}

func TestLogOutcome(t *testing.T) {
	l := &Lines{}
	if _, err := (&logPower{l}).Call(t.Context(), "info", []byte(`["did it"]`)); err != nil {
		t.Fatal(err)
	}
	got := emitted(t, l, chains.Hash{}, "out_of_fuel")
	if len(got) != 1 || !strings.Contains(got[0], `"outcome":"out_of_fuel"`) {
		t.Errorf("got %q", got)
	}
}

func TestLogBounds(t *testing.T) {
	l := &Lines{}
	p := &logPower{l}
	wantRefusal(t, p, "info", `[]`, "TypeError", "takes 1 to 2 arguments, not 0")
	wantRefusal(t, p, "info", `[1]`, "TypeError", "the message is not a string")
	wantRefusal(t, p, "info", `["a",[]]`, "TypeError", "the fields are not an object")
	wantRefusal(t, p, "info", `["a",null]`, "TypeError", "the fields are not an object")
	wantRefusal(t, p, "debug", `["a"]`, "TypeError", "no method")
	wantRefusal(t, p, "info", `["`+strings.Repeat("x", maxLogText+1)+`"]`, "RangeError", "4096 are allowed")
	wantRefusal(t, p, "info", `["a",{"x":"`+strings.Repeat("x", maxLogFields)+`"}]`, "RangeError", "8192 are allowed")
	for range 5000 {
		if _, err := p.Call(t.Context(), "info", []byte(`["a line"]`)); err != nil {
			t.Fatal(err)
		}
	}
	got := emitted(t, l, chains.Hash{}, "")
	if len(got) != maxLogLines+1 || !strings.Contains(got[maxLogLines], `"dropped":4000`) {
		t.Errorf("got %d lines, the last %s", len(got), got[len(got)-1])
	}
	for range 100 {
		if _, err := p.Call(t.Context(), "info", []byte(`["`+strings.Repeat("x", 4000)+`"]`)); err != nil {
			t.Fatal(err)
		}
	}
	if l.bytes > maxLogBytes || l.dropped == 0 {
		t.Errorf("%d bytes are kept, %d lines were dropped", l.bytes, l.dropped)
	}
}
