package powers

import (
	"context"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"qvat/host/actions"
	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/runtime"
)

//go:embed mail.js
var mailGuest string

// mailSource is the guest half: mail.js with a function for each action that a
// program can do.
var mailSource = strings.Replace(mailGuest, "    // FUNCTIONS\n", mailFunctions(), 1)

// thingFunction is the one function that is no action: only a program has slots.
const thingFunction = "thing(name)"

func mailFunctions() string {
	var b strings.Builder
	write := func(signature string) {
		name, rest, _ := strings.Cut(strings.TrimSuffix(signature, ")"), "(")
		given := []string{"'" + name + "'"}
		for param := range strings.SplitSeq(rest, ", ") {
			switch param, _, _ = strings.Cut(param, " = "); param {
			case "":
			case "strings":
				given = append(given, "texts(strings)")
			case "options":
				given = append(given, "defined(options)")
			default:
				given = append(given, param)
			}
		}
		b.WriteString("    " + name + ": (" + rest + ") => call(" + strings.Join(given, ", ") + "),\n")
	}
	for _, a := range actions.All() {
		if a.Signature != "" {
			write(a.Signature)
		}
		if a.Name == "lookup" {
			write(thingFunction)
		}
	}
	return b.String()
}

// mailPower is qvat:mail: the agents of the vat, in the message's transaction.
type mailPower struct {
	post   *mail.Inside
	slots  *mail.Slots            // nil: the message is no call
	agents map[string]*mail.Agent // by the names that it was asked for
}

// maxNumber is the largest number of a message that a program can say exactly.
const maxNumber = 1<<53 - 1

// mailCall is what a function does, and the fields that its arguments are read into.
type mailCall struct {
	fields []actions.Field
	do     func(ctx context.Context, a *mail.Agent) (any, error)
}

// options tells that the one argument is an object whose properties are the fields.
func (c mailCall) options() bool { return len(c.fields) > 0 && c.fields[0].Label == "" }

// find finds a function.
func (p *mailPower) find(method string) (c mailCall, ok bool) {
	if method == "thing" {
		q := &actions.Lookup{} // it is asked for in the same way
		return mailCall{actions.Fields(q), func(ctx context.Context, a *mail.Agent) (any, error) { return p.thing(ctx, a, q.Name) }}, true
	}
	action, ok := actions.ByMethod(method)
	if !ok {
		return c, false
	}
	q := action.Request()
	return mailCall{actions.Fields(q), func(ctx context.Context, a *mail.Agent) (any, error) {
		v, err := action.Do(ctx, a, q)
		return actions.ForProgram(v), err
	}}, true
}

func (p *mailPower) Call(ctx context.Context, method string, args []byte) (r runtime.Reply, err error) {
	var a arguments
	if err := a.parse(method, args); err != nil {
		return r, err
	}
	c, ok := p.find(method)
	if p.slots != nil {
		if err := p.unslot(&a, c); err != nil {
			return r, MailRefusal(err)
		}
	}
	if !ok {
		return r, unknownMethod("qvat:mail", method)
	}
	if r, err = p.call(ctx, c, &a); err == nil && p.slots != nil && r.JSON != nil && method != "thing" {
		r.JSON, err = p.slots.Data(r.JSON)
	}
	return r, err
}

// unslot makes plain JSON of the arguments of a call. Everywhere else than in the
// place of a thing's name, where it is as good, a capability is refused: its
// identifier is a secret, and would stand in a text or a value for all to read.
func (p *mailPower) unslot(a *arguments, c mailCall) (err error) {
	for i, raw := range a.raw {
		plain := p.slots.Plain
		if i > 0 && i <= len(c.fields) && c.fields[i-1].Thing {
			plain = p.slots.Names
		}
		if a.raw[i], err = plain(raw); err != nil {
			return err
		}
	}
	return nil
}

func (p *mailPower) call(ctx context.Context, c mailCall, a *arguments) (runtime.Reply, error) {
	wanted := len(c.fields) + 1
	if c.options() {
		wanted = 2
	}
	if err := a.count(wanted, wanted); err != nil {
		return runtime.Reply{}, err
	}
	name, err := a.text(0, "the agent's name")
	if err != nil {
		return runtime.Reply{}, err
	}
	agent, err := p.agent(ctx, name)
	if err == nil {
		err = a.fill(c)
	}
	var v any
	if err == nil {
		v, err = c.do(ctx, agent)
	}
	if err != nil || v == nil {
		return runtime.Reply{}, MailRefusal(err)
	}
	return answer(v)
}

func (p *mailPower) agent(ctx context.Context, name string) (*mail.Agent, error) {
	if a, ok := p.agents[name]; ok {
		return a, nil
	}
	if p.post == nil {
		return nil, refusal("the vat has no agents")
	}
	a, err := p.post.Agent(ctx, name)
	if err == nil {
		p.agents[name] = a
	}
	return a, err
}

// thing gives what a name leads to as a slot.
func (p *mailPower) thing(ctx context.Context, a *mail.Agent, name string) (any, error) {
	if p.slots == nil {
		return nil, refusal("thing: only in a call of a published chain can a thing be had to be called")
	}
	data, err := p.slots.Thing(ctx, a, name)
	return json.RawMessage(data), err
}

// MailRefusal makes what the caller of an agent did wrong an error for a program
// to see: its code stands before its text. Other errors stay: they end the
// message, and some have it run again.
func MailRefusal(err error) error {
	var known *caps.Error
	if !errors.As(err, &known) {
		return err
	}
	switch known.Code {
	case caps.Wrong, caps.BadName:
		return typeError("%s: %s", known.Code, known.Message)
	case caps.Full:
		return rangeError("%s: %s", known.Code, known.Message)
	}
	return refusal("%s: %s", known.Code, known.Message)
}

// fill reads the arguments behind the agent's name.
func (a *arguments) fill(c mailCall) error {
	if !c.options() {
		for i, f := range c.fields {
			if err := fill(f.Into, a.raw[i+1], a.method+": "+f.Label); err != nil {
				return err
			}
		}
		return nil
	}
	names := make([]string, len(c.fields))
	for i, f := range c.fields {
		names[i] = f.Name
	}
	given, err := a.object(1, "the query", names...)
	if err != nil {
		return err
	}
	for _, f := range c.fields {
		if raw, ok := given[f.Name]; ok {
			if err := fill(f.Into, raw, a.method+": "+f.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// fill reads JSON, sound as that of arguments is, into a field of a request; what
// is what errors call it.
func fill(into any, raw []byte, what string) error {
	var err error
	switch into := into.(type) {
	case *string:
		*into, err = said(raw, what)
	case *uint64:
		err = fillNumber(into, raw, what, 0, maxNumber)
	case *int64:
		err = fillNumber(into, raw, what, 0, maxNumber)
	case *int:
		err = fillNumber(into, raw, what, 1, 1000)
	case *actions.Lifetime:
		err = fillNumber(into, raw, what, 0, int(actions.MaxLifetime/actions.Lifetime(time.Millisecond)))
		*into *= actions.Lifetime(time.Millisecond)
	case *bool:
		if json.Unmarshal(raw, into) != nil {
			err = typeError("%s is not a boolean", what)
		}
	case *mail.State:
		if json.Unmarshal(raw, into) != nil {
			err = typeError("%s is not a string", what)
		}
	case *actions.MessageID:
		s, _ := text(raw)
		*into = actions.MessageID(s)
		if _, bad := into.Bytes(); bad != nil {
			err = typeError("%s is not 64 hex digits", what)
		}
	case *[]string:
		err = fillTexts(into, raw, what)
	case *json.RawMessage:
		*into = append(json.RawMessage(nil), raw...)
	case *[]byte:
		var s string
		if s, err = said(raw, what); err == nil {
			*into, err = fromBase64(s, what)
		}
	default:
		err = errors.New("qvat:mail: nothing is known of the type of " + what)
	}
	return err
}

func fromBase64(s, what string) ([]byte, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, typeError("%s is not base64", what)
	}
	return b, nil
}

func said(raw []byte, what string) (string, error) {
	s, ok := text(raw)
	if !ok {
		return "", typeError("%s is not a string", what)
	}
	return s, nil
}

func fillNumber[N ~int | ~int64 | ~uint64](into *N, raw []byte, what string, least, most int) error {
	n, err := integer(raw, what, least, most)
	*into = N(n)
	return err
}

func fillTexts(into *[]string, raw []byte, what string) error {
	var list []*string
	if raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		return typeError("%s are not an array of strings", what)
	}
	for _, s := range list {
		if s == nil {
			return typeError("%s are not an array of strings", what)
		}
		*into = append(*into, *s)
	}
	return nil
}
