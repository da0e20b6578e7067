package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"qvat/chains"
	"qvat/chains/chaintest"
	"qvat/host/config"
	"qvat/host/mail"
	"qvat/host/powers"
	"qvat/host/store"
	"qvat/host/store/sqlite/lite"
)

// replayVat is a vat that grants every power, whose answers from the network come of
// a counter: what is asked of it twice is not answered twice the same.
type replayVat struct {
	*Vat
	t    *testing.T
	dir  string
	seen []Observed
}

func openReplayVat(t *testing.T, dir string) *replayVat {
	t.Helper()
	v := &replayVat{t: t, dir: dir}
	asked := 0
	open, err := Open(t.Context(), Options{Dir: dir, Embed: Embed{
		Observe: func(o Observed) { v.seen = append(v.seen, o) },
		Exchange: func(context.Context, powers.OutRequest) (powers.OutAnswer, error) {
			asked++
			return powers.OutAnswer{Body: fmt.Appendf(nil, "%s %d", filepath.Base(dir), asked)}, nil
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	v.Vat = open
	return v
}

func newReplayVat(t *testing.T) *replayVat {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "first")
	if err := Init(dir, InitOptions{}); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		config.File: fmt.Sprintf(`
root_key = %q
cache = %q
[powers]
clock = true
random = true
mail = true
[powers.files]
dir = "files"
write = true
[powers.http]
origins = ["https://a.example"]
immediate = true
`, chaintest.Public("root"), os.Getenv("QVAT_TEST_MACHINE_CODE")),
		rootPower: `for (const name of ['message', 'clock', 'random', 'files', 'http', 'log']) exports[name] = require('qvat:' + name)
			exports.self = require('qvat:mail').agent('self')
			exports.rows = require('qvat:store').table('rows')`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return openReplayVat(t, dir)
}

func (v *replayVat) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

// fork closes the vat, and gives it and a copy of it as they were.
func (v *replayVat) fork() (first, second *replayVat) {
	v.t.Helper()
	v.must(v.Close())
	dir := filepath.Join(filepath.Dir(v.dir), "second")
	v.must(os.CopyFS(dir, os.DirFS(v.dir)))
	return openReplayVat(v.t, v.dir), openReplayVat(v.t, dir)
}

// again runs a record again, in a vat that has the programs and the rows that it
// found then.
func (v *replayVat) again(r store.Record) (Answer, error) {
	v.t.Helper()
	recorder, of, err := powers.Replay(r.Recorded)
	v.must(err)
	c := cause{}
	if of.Call != nil {
		var call callRecord
		v.must(json.Unmarshal(of.Call, &call))
		c.call = &mail.Call{ID: r.ID, Input: of.Input, Slots: call.Slots, Agent: call.Agent, Fuel: call.Fuel, Cause: call.Cause}
	}
	t := target{id: r.ID, capsule: chains.Capsule{Chain: of.Chain, Input: of.Input}}
	a, _, err := v.run(v.t.Context(), newInvocation(t, c, time.UnixMicro(r.At)), recorder)
	if a.ID != r.ID || a.Fuel != r.Fuel || a.Memory != r.Memory {
		v.t.Errorf("it used %+v, and before %+v", a, r)
	}
	return a, err
}

// record gives that of what has run last.
func (v *replayVat) record() store.Record {
	v.t.Helper()
	r, ok, err := v.store.FindRecord(v.t.Context(), v.seen[len(v.seen)-1].ID)
	if err != nil || !ok {
		v.t.Fatalf("there is no record: %v", err)
	}
	return r
}

// left closes the vat, and gives all that invocations have left in it.
func (v *replayVat) left(query string) []string {
	v.t.Helper()
	v.must(v.Close())
	c, err := lite.Open(filepath.Join(v.dir, database), 0)
	v.must(err)
	s, err := c.Prepare(query)
	v.must(err)
	var all []string
	for {
		more, err := s.Step()
		v.must(err)
		if !more {
			break
		}
		all = append(all, string(s.ColumnBytes(0)))
	}
	v.must(errors.Join(s.Close(), c.Close()))
	return all
}

const everything = `
	SELECT 'row '||tbl||' '||key||' '||value FROM rows UNION ALL SELECT 'row '||tbl||' '||key||' '||value FROM qvat_rows
	UNION ALL SELECT 'staged '||id||' '||kind||' '||payload FROM qvat_outbox
	UNION ALL SELECT 'record '||hex(id)||' '||at||' '||outcome||' '||coalesce(result,'')||' '||fuel||' '||memory||' '||hex(recorded) FROM qvat_messages
	ORDER BY 1`

// TestReplay: a record holds what running it again takes. In a vat that has the same
// programs and rows it gives the same result, rows, staged effects, files and
// record, and burns the same fuel.
func TestReplay(t *testing.T) {
	v := newReplayVat(t)
	c := chaintest.ParseTexts("root -> bob", map[string]string{
		"root": `exports.main = async ({ power, next }) => [await next.load()(power), power.message.signers]`,
		"bob": `exports.main = async ({ power: { message, clock, random, files, http, log, self, rows }, input }) => {
			const n = rows.get('n')
			const answers = [await http.fetch({ url: 'https://a.example/1' }), await http.fetch({ url: 'https://a.example/2' })]
			files.write('a', random.hex(8)); files.append('a', 'more')
			const guest = self.makeGuest('guest')
			const sent = self.send('guest', ['hello ', ''], ['n'], [self.store('n', n) && 'n'])
			rows.set('n', n + input)
			rows.set('told', [message.id, message.arrived, clock.now(), random.uuid(), answers])
			const staged = http.send({ url: 'https://a.example/later', method: 'POST', body: random.hex(4) })
			log.info('told')
			return [n, answers, guest, sent, staged, clock.now(), random.uint32()]
		}`,
	}).Capsule("5")
	for _, p := range c.Programs {
		_, err := v.PutProgram(t.Context(), "test", p.Hash(), p)
		v.must(err)
	}
	_, err := v.Invoke(t.Context(), "test", chaintest.ParseTexts("root", map[string]string{"root": `exports.main = ({ power }) => power.rows.set('n', 1)`}).Capsule(""))
	v.must(err)
	first, second := v.fork()
	a, err := first.Invoke(t.Context(), "test", c)
	first.must(err)
	again, err := second.again(first.record())
	if err != nil || string(again.Result) != string(a.Result) {
		t.Errorf("the result was %s, and is %s, %v", a.Result, again.Result, err)
	}
	before, after := first.left(everything), second.left(everything)
	if len(before) < 10 || !strings.Contains(string(a.Result), "first 2") {
		t.Errorf("the invocation left %d rows, and its result is %s", len(before), a.Result)
	}
	for i := range min(len(before), len(after)) {
		if before[i] != after[i] {
			t.Errorf("it left %s\nand now %s", before[i], after[i])
		}
	}
	if len(before) != len(after) {
		t.Errorf("it left %d rows, and now %d", len(before), len(after))
	}
	var files []string
	for _, w := range []*replayVat{first, second} {
		b, err := os.ReadFile(filepath.Join(w.dir, "files", "a"))
		w.must(err)
		files = append(files, string(b))
	}
	if files[0] != files[1] || len(files[0]) != 20 {
		t.Errorf("the files hold %q", files)
	}
}

// TestReplayOfFailure: so does the record of a failure.
func TestReplayOfFailure(t *testing.T) {
	first, second := newReplayVat(t).fork()
	c := chaintest.ParseTexts("root", map[string]string{
		"root": `exports.main = ({ power }) => { power.rows.set('n', 1); throw new Error('at ' + power.clock.now() + ' ' + power.random.hex(4)) }`,
	}).Capsule(`"input"`)
	_, err := second.PutProgram(t.Context(), "test", c.Programs[0].Hash(), c.Programs[0])
	second.must(err)
	_, failed := first.Invoke(t.Context(), "test", c)
	first.must(first.Close()) // it is on the disk then
	first = openReplayVat(t, first.dir)
	failures, err := first.store.Failures(t.Context(), 1)
	if err != nil || len(failures) != 1 {
		t.Fatalf("the records of failures are %v, %v", failures, err)
	}
	_, again := second.again(failures[0])
	if failed == nil || again == nil || again.Error() != failed.Error() {
		t.Errorf("it failed with %v, and now with %v", failed, again)
	}
	first.must(errors.Join(first.Close(), second.Close()))
}

// TestReplayOfCall: so does that of an agent's call, with the capabilities in its
// data. What the agent's own journal says of it is not the chain's.
func TestReplayOfCall(t *testing.T) {
	v := newReplayVat(t)
	self, err := v.Post().Agent(t.Context(), "self")
	v.must(err)
	capsule, err := chaintest.ParseTexts("root", map[string]string{
		"root": `exports.main = async ({ power, input }) => {
			power.rows.set('told', power.random.hex(8))
			return { value: await input.it(), made: power.self.store('made', 2) }
		}`,
	}).Capsule("").Encode()
	v.must(err)
	_, err = self.Publish(t.Context(), "chain", capsule)
	v.must(err)
	_, err = self.StoreValue(t.Context(), "value", json.RawMessage(`{"n":7}`))
	v.must(err)
	_, err = v.PutProgram(t.Context(), "test", chains.Hash{}, mustProgram(t, capsule))
	v.must(err)
	first, second := v.fork()
	if self, err = first.Post().Agent(t.Context(), "self"); err != nil {
		t.Fatal(err)
	}
	result, err := self.Call(t.Context(), "chain", json.RawMessage(`{"it":{"@":"v"}}`), map[string]string{"v": "value"})
	first.must(err)
	again, err := second.again(first.record())
	if err != nil || string(again.Result) != string(result) || !strings.Contains(string(result), `{"n":7}`) {
		t.Errorf("the result was %s, and is %s, %v", result, again.Result, err)
	}
	const rows = `SELECT tbl||' '||key||' '||value FROM (SELECT * FROM rows UNION ALL SELECT * FROM qvat_rows) WHERE tbl NOT IN ('qvat:log','qvat:box') ORDER BY 1`
	if before, after := first.left(rows), second.left(rows); !slices.Equal(before, after) {
		t.Errorf("it left\n%s\nand now\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
}

func mustProgram(t *testing.T, capsule []byte) chains.Program {
	t.Helper()
	c, err := chains.DecodeCapsule(capsule, chains.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return c.Programs[0]
}
