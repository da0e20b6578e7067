package actions

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// ForProgram gives what a program reads of an answer, to be written as JSON: the
// facts alone, since names would have to be looked up for them, with times in
// milliseconds since 1970. It is nil for what gives nothing.
func ForProgram(answer any) any {
	switch v := answer.(type) {
	case Done:
		return nil
	case Agent:
		return v.program()
	case Letter:
		return v.program()
	case []Letter:
		return each(v, Letter.program)
	case Thing:
		return v.program()
	case []LogEntry:
		return each(v, LogEntry.program)
	}
	return answer // it reads the same to all
}

func (a Agent) program() object {
	return object{
		"name", a.Name, "host", a.Host(), "of", some(a.Of), "key", a.Key, "handle", a.Handle,
		"unread", a.Unread, "wakes", some(a.Wakes),
	}
}

func (l Letter) program() object {
	return object{
		"number", l.Number, "id", l.ID, "type", l.Kind, "from", l.From, "to", l.To,
		"date", l.Date.UnixMilli(), "arrived", l.Arrived.UnixMilli(), "state", l.State,
		"strings", l.Strings, "edges", l.Edges, "ids", l.IDs, "types", l.Types,
		"replyTo", some(l.ReplyTo), "what", some(l.What), "why", some(l.Why), "thread", l.Thread,
	}
}

// program is a thing, and what has become of it where it is a promise.
func (t Thing) program() object {
	o := object{"id", t.ID, "type", t.Type, "value", some(t.Value)}
	if p := t.Promise; p != nil {
		o = append(o, "state", p.State, "to", some(p.ID), "why", some(p.Why))
	}
	return o
}

func (e LogEntry) program() object {
	return object{
		"number", e.Number, "at", e.At.UnixMilli(), "action", e.Action, "detail", some(e.Detail), "error", some(e.Error),
	}
}

// object is a JSON object whose members have an order: their names and values in
// turn. Those that are nil are left out.
type object []any

// some is v, or nil where it is nothing.
func some(v any) any {
	if r := reflect.ValueOf(v); r.IsZero() || r.Kind() == reflect.Slice && r.Len() == 0 {
		return nil
	}
	return v
}

// MarshalJSON writes the members.
func (o object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i := 0; i < len(o); i += 2 {
		if o[i+1] == nil {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		value, err := json.Marshal(o[i+1])
		if err != nil {
			return nil, err
		}
		b = append(fmt.Appendf(b, "%q:", o[i]), value...)
	}
	return append(b, '}'), nil
}
