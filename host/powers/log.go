package powers

import (
	"context"
	_ "embed"
	"encoding/json"
	"log/slog"
	"time"

	"qvat/chains"
	"qvat/runtime"
)

//go:embed log.js
var logSource string

// Bounds of what an invocation logs. A line beyond the last two is dropped and
// counted.
const (
	maxLogText   = 4 << 10 // bytes of a line's text
	maxLogFields = 8 << 10 // bytes of a line's fields, as JSON
	maxLogLines  = 1000
	maxLogBytes  = 256 << 10
)

// Lines are what one attempt at an invocation has logged. The zero value is ready.
// The host keeps them until the attempt has ended, so that one which is run
// again logs once, and then writes them with Emit; whether an invocation commits or
// fails, its lines are written.
type Lines struct {
	lines   []line
	bytes   int
	dropped int
}

type line struct {
	at     time.Time
	level  slog.Level
	text   string
	fields []byte // a JSON object; nil when there are none
}

// Logged is a line that an invocation wrote to qvat:log.
type Logged struct {
	At      time.Time
	Level   slog.Level
	Message string
	Fields  json.RawMessage // a JSON object; nil where there are none
}

// All gives the lines as they are now, until Emit has written them.
func (l *Lines) All() []Logged {
	all := make([]Logged, len(l.lines))
	for i, n := range l.lines {
		all[i] = Logged{n.at, n.level, n.text, n.fields}
	}
	return all
}

func (l *Lines) add(n line) {
	size := len(n.text) + len(n.fields)
	if len(l.lines) >= maxLogLines || l.bytes+size > maxLogBytes {
		l.dropped++
		return
	}
	l.bytes += size
	l.lines = append(l.lines, n)
}

// Emit writes the lines to the log, each at the time and the level of its own,
// with the invocation's id as "message", its fields as "fields", and its outcome as
// "outcome" where that is not "": such an invocation was rolled back, and what its
// lines speak of did not happen. The error is that of the log's handler.
func (l *Lines) Emit(ctx context.Context, log *slog.Logger, id chains.Hash, outcome string) error {
	if l.dropped > 0 {
		l.lines = append(l.lines, line{at: time.Now(), level: slog.LevelWarn, text: "the message logged more lines than are kept"})
	}
	for i, n := range l.lines {
		if !log.Enabled(ctx, n.level) {
			continue
		}
		r := slog.NewRecord(n.at, n.level, n.text, 0)
		r.AddAttrs(slog.String("message", id.String()))
		if outcome != "" {
			r.AddAttrs(slog.String("outcome", outcome))
		}
		if n.fields != nil {
			r.AddAttrs(slog.Any("fields", json.RawMessage(n.fields)))
		}
		if l.dropped > 0 && i == len(l.lines)-1 {
			r.AddAttrs(slog.Int("dropped", l.dropped))
		}
		if err := log.Handler().Handle(ctx, r); err != nil {
			return err
		}
	}
	*l = Lines{}
	return nil
}

// logPower is qvat:log.
type logPower struct{ lines *Lines }

func (p *logPower) Call(_ context.Context, method string, args []byte) (runtime.Reply, error) {
	var r runtime.Reply
	var a arguments
	if err := a.parse(method, args); err != nil {
		return r, err
	}
	n := line{at: time.Now()}
	switch method {
	case "info":
		n.level = slog.LevelInfo
	case "warn":
		n.level = slog.LevelWarn
	case "error":
		n.level = slog.LevelError
	default:
		return r, unknownMethod("qvat:log", method)
	}
	if err := a.count(1, 2); err != nil {
		return r, err
	}
	var err error
	if n.text, err = a.text(0, "the message"); err != nil {
		return r, err
	}
	if len(n.text) > maxLogText {
		return r, rangeError("%s: the message is %d bytes, and %d are allowed", method, len(n.text), maxLogText)
	}
	if len(a.raw) == 2 {
		fields := a.raw[1]
		if fields[0] != '{' {
			return r, typeError("%s: the fields are not an object", method)
		}
		if len(fields) > maxLogFields {
			return r, rangeError("%s: the fields are %d bytes of JSON, and %d are allowed", method, len(fields), maxLogFields)
		}
		n.fields = append([]byte{}, fields...)
	}
	p.lines.add(n)
	return r, nil
}
