// Package actions is the one table of what an agent can be told to do. An action
// is a request, which does it, and a row of the table, which says what it is
// called and by whom. The socket of the vat's owner (host/control), qvat:mail
// (host/powers), the command line and the page all come of it: who adds an action
// writes its request and its row, here.
//
// What it promises:
//
//   - What an action answers is one value for all: the views of this package. The
//     owner reads them as their JSON, with the names that the agent has for what
//     is in them ([Dub]); a program reads what [ForProgram] leaves of them.
//   - The table and all that is in it have an order, the same each time.
//   - An error is package mail's, or a fault (malformed) where a request is none.
//     What of an action is refused to whom is package mail's to say.
package actions

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"

	"qvat/host/fault"
	"qvat/host/mail"
)

// Request is what an action is asked with, as JSON from the owner and as arguments
// from a program. Do does it as an agent.
type Request[Answer any] interface {
	Do(ctx context.Context, a *mail.Agent) (Answer, error)
}

// Done is the answer of an action that gives nothing.
type Done struct{}

// Order is a request that nothing answers.
type Order = Request[Done]

// Action is a row of the table.
type Action struct {
	// Name is what the owner calls it by, over the socket.
	Name string
	// Signature is the function of qvat:mail that does it, as JavaScript has its
	// parameters: one for each field of the request, or for all of them the one
	// that is called options. "": programs cannot do it.
	Signature string
	Changes   bool // it may change something
	Waits     bool // it may take as long as somebody else takes

	request reflect.Type
	do      func(ctx context.Context, a *mail.Agent, request any) (any, error)
}

// looks is the row of an action that changes nothing.
func looks[Q, A any](name, signature string, do func(Q, context.Context, *mail.Agent) (A, error)) Action {
	return Action{
		Name: name, Signature: signature, request: reflect.TypeFor[Q](),
		do: func(ctx context.Context, a *mail.Agent, request any) (any, error) { return do(*request.(*Q), ctx, a) },
	}
}

// changes is the row of an action that changes something.
func changes[Q, A any](name, signature string, do func(Q, context.Context, *mail.Agent) (A, error)) Action {
	row := looks(name, signature, do)
	row.Changes = true
	return row
}

// waits is the row of an action that waits for somebody else.
func waits[Q, A any](name string, do func(Q, context.Context, *mail.Agent) (A, error)) Action {
	row := looks(name, "", do)
	row.Waits = true
	return row
}

// All gives the table.
func All() []Action { return slices.Clone(table) }

// ByName finds the action that the owner calls by a name.
func ByName(name string) (Action, bool) {
	return find(func(a Action) bool { return a.Name == name })
}

// ByMethod finds the action that a function of qvat:mail does.
func ByMethod(method string) (Action, bool) {
	return find(func(a Action) bool { return a.Signature != "" && a.Method() == method })
}

// NameOf gives the name of the action that a request asks for. It panics where
// the table has none, which is a mistake of who wrote the request's type.
func NameOf(request any) string {
	a, ok := find(func(a Action) bool { return a.request == reflect.TypeOf(request) })
	if !ok {
		panic("actions: no action is asked for with a " + reflect.TypeOf(request).String())
	}
	return a.Name
}

func find(is func(Action) bool) (Action, bool) {
	i := slices.IndexFunc(table, is)
	if i < 0 {
		return Action{}, false
	}
	return table[i], true
}

// Method is the name in the signature.
func (a Action) Method() string {
	name, _, _ := strings.Cut(a.Signature, "(")
	return name
}

// Request makes an empty request: a pointer, for [Action.Do] and [Fields].
func (a Action) Request() any { return reflect.New(a.request).Interface() }

// Do does what a request asks, which is one that Request made, and gives the
// answer: one of the views of this package, an identifier, a locator, or texts.
func (a Action) Do(ctx context.Context, agent *mail.Agent, request any) (any, error) {
	return a.do(ctx, agent, request)
}

// Field is a field of a request.
type Field struct {
	Name  string // in JSON
	Label string // what a program's errors call it: "the recipient"; "" in a request that is options
	Thing bool   // it names a thing, for which a capability is as good
	Into  any    // a pointer to the field
}

// Fields gives the fields of a request that [Action.Request] made, in order, for
// what a program gives for each. Their tags say how they are written: `json:"to"
// program:"the recipient,thing"`.
func Fields(request any) (all []Field) {
	v := reflect.ValueOf(request).Elem()
	for i := range v.NumField() {
		f, into := v.Type().Field(i), v.Field(i).Addr().Interface()
		if f.Anonymous {
			all = append(all, Fields(into)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		label, kind, _ := strings.Cut(f.Tag.Get("program"), ",")
		all = append(all, Field{name, label, kind == "thing", into})
	}
	return all
}

// Decode reads a request from JSON: one object, all of whose fields are known.
// Nothing at all is an object with no fields. It fails with a *fault.Error.
func Decode(b []byte, into any) error {
	if len(b) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var f *fault.Error
	if err := d.Decode(into); errors.As(err, &f) {
		return f
	} else if err != nil {
		return fault.New(fault.Malformed, "the call is not as it should be: %s", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fault.New(fault.Malformed, "something stands after the call's JSON")
	}
	return nil
}
