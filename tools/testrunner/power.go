package testrunner

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"qvat/host/powers"
	"qvat/host/store"
	"qvat/runtime"
)

// moduleName is the host module that makes `t`.
const moduleName = "qvat:test"

//go:embed t.js
var moduleSource string

// open opens qvat:test for a message of a driver vat. A test file is evaluated
// for its names, too, by a message that is no test's.
func (r *run) open(m powers.Message) runtime.Power {
	s, ok := r.sessions.Load(m.ID)
	if !ok {
		return noTest{}
	}
	return &power{s.(*session)}
}

// noTest answers what is called while no test runs.
type noTest struct{}

func (noTest) Call(context.Context, string, []byte) (runtime.Reply, error) {
	return runtime.Reply{}, refuse("t is there while a test runs")
}

func refuse(format string, args ...any) error {
	return &runtime.Refusal{Name: "TypeError", Message: fmt.Sprintf(format, args...)}
}

// power is qvat:test for one test.
type power struct{ s *session }

// maxName is how many bytes the name of a key may have.
const maxName = 256

// Call is runtime.Power's.
func (p *power) Call(ctx context.Context, method string, args []byte) (runtime.Reply, error) {
	switch method {
	case "send", "chain", "requests":
		return p.later(method, args)
	case "rows":
		return p.rows(ctx, args)
	case "advance":
		return p.advance(args)
	case "answer":
		return p.answer(args)
	case "key":
		var name string
		if err := take(args, &name); err != nil || name == "" || len(name) > maxName {
			return runtime.Reply{}, refuse("t.key takes a name, of 1 to %d bytes", maxName)
		}
		return key(name)
	case "root":
		return key(rootName)
	}
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	switch method {
	case "fuel":
		return reply(p.s.lastFuel)
	case "now":
		return reply(p.s.clock.UnixMilli())
	case "log":
		return reply(logLines(p.s.logged))
	}
	return runtime.Reply{}, refuse("t has no %.64q", method)
}

func reply(v any) (runtime.Reply, error) {
	b, err := json.Marshal(v)
	return runtime.Reply{JSON: b}, err
}

func key(name string) (runtime.Reply, error) {
	k, err := publicOf(name)
	if err != nil {
		return runtime.Reply{}, err
	}
	return reply(k.String())
}

// take decodes a call's arguments, a JSON array, into as many pointers. Those
// that are missing are left as they are.
func take(args []byte, to ...any) error {
	var raw []json.RawMessage
	if err := json.Unmarshal(args, &raw); err != nil {
		return err
	}
	if len(raw) > len(to) {
		return fmt.Errorf("it takes %d arguments, not %d", len(to), len(raw))
	}
	for i, b := range raw {
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(to[i]); err != nil {
			return explainJSON(err)
		}
	}
	return nil
}

// explainJSON says what is wrong with JSON to one who does not know Go.
func explainJSON(err error) error {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Errorf("%s cannot be a %s", kind.Field, kind.Value)
	case errors.As(err, &kind):
		return fmt.Errorf("it cannot be a %s", kind.Value)
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}

// later is a call that answers when a vat has.
func (p *power) later(method string, args []byte) (runtime.Reply, error) {
	var specs []linkSpec
	var input json.RawMessage
	switch method {
	case "send":
		if err := take(args, &specs, &input); err != nil {
			return runtime.Reply{}, refuse("t.send takes links and an input: %v", err)
		}
	case "chain":
		if err := take(args, &specs); err != nil {
			return runtime.Reply{}, refuse("t.chain takes links: %v", err)
		}
	}
	if method != "requests" {
		if len(specs) == 0 {
			return runtime.Reply{}, refuse("t.%s takes an array of links, each with a program", method)
		}
		for _, l := range specs {
			if l.Program == "" {
				return runtime.Reply{}, refuse("t.%s: a link names no program", method)
			}
		}
	}
	return runtime.Reply{Later: func(ctx context.Context) ([]byte, error) {
		if !p.s.enter() {
			return nil, context.Canceled // the test is over
		}
		defer p.s.calls.Done()
		var value json.RawMessage
		var err error
		switch method {
		case "send":
			value, err = p.s.send(ctx, specs, input)
		case "chain":
			value, err = p.s.chain(ctx, specs)
		default:
			value, err = p.s.requests(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err() // the test is over
		case err != nil:
			return json.Marshal(map[string]any{"error": p.s.fails(err)})
		case value == nil:
			return []byte("{}"), nil
		}
		return json.Marshal(map[string]any{"value": value})
	}}, nil
}

// rows gives the rows of a table. A vat that no message has reached has none.
func (p *power) rows(ctx context.Context, args []byte) (runtime.Reply, error) {
	var table string
	if err := take(args, &table); err != nil || table == "" {
		return runtime.Reply{}, refuse("t.rows takes the name of a table")
	}
	v, err := p.s.subject(ctx)
	if err != nil {
		return runtime.Reply{}, err
	}
	entries, err := v.Entries(ctx, table, store.EntriesQuery{})
	if err != nil {
		return runtime.Reply{}, refuse("t.rows: %v", err)
	}
	rows := make([][2]json.RawMessage, len(entries))
	for i, e := range entries {
		if rows[i][0], err = json.Marshal(e.Key); err != nil {
			return runtime.Reply{}, err
		}
		rows[i][1] = e.Value
	}
	return reply(rows)
}

// mostAdvance is how far a clock is moved at once: a hundred years, in ms.
const mostAdvance = 100 * 366 * 24 * 60 * 60 * 1000

func (p *power) advance(args []byte) (runtime.Reply, error) {
	ms := int64(-1)
	if err := take(args, &ms); err != nil || ms < 0 || ms > mostAdvance {
		return runtime.Reply{}, refuse("t.advance takes a whole number of milliseconds, from 0 on: a clock does not go back")
	}
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.s.clock = p.s.clock.Add(time.Duration(ms) * time.Millisecond)
	return runtime.Reply{}, nil
}

func (p *power) answer(args []byte) (runtime.Reply, error) {
	var answers []struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
	}
	if err := take(args, &answers); err != nil {
		return runtime.Reply{}, refuse("t.answer takes answers, each { status, headers, body }: %v", err)
	}
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.s.answers = nil
	for _, a := range answers {
		if a.Status != 0 && (a.Status < 200 || a.Status > 599) {
			return runtime.Reply{}, refuse("t.answer: %d is no status of an answer", a.Status)
		}
		p.s.answers = append(p.s.answers, powers.OutAnswer{Status: a.Status, Headers: a.Headers, Body: []byte(a.Body)})
	}
	return runtime.Reply{}, nil
}

// logLines are lines of qvat:log as a test sees them.
func logLines(logged []powers.Logged) any {
	type line struct {
		Level   string          `json:"level"`
		Message string          `json:"message"`
		Fields  json.RawMessage `json:"fields,omitempty"`
	}
	all := make([]line, len(logged))
	for i, l := range logged {
		all[i] = line{strings.ToLower(l.Level.String()), l.Message, l.Fields}
	}
	return all
}
