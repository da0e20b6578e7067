package powers

import (
	"context"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"qvat/host/mail"
	"qvat/runtime"
)

//go:embed mail.js
var mailSource string

// mailPower is qvat:mail: the agents of the vat, in the message's transaction.
type mailPower struct {
	post   *mail.Inside
	slots  *mail.Slots            // nil: the message is no call
	agents map[string]*mail.Agent // by the names that it was asked for
}

// maxNumber is the largest number of a message that a program can say exactly.
const maxNumber = 1<<53 - 1

func (p *mailPower) Call(ctx context.Context, method string, args []byte) (r runtime.Reply, err error) {
	var a arguments
	if err := a.parse(method, args); err != nil {
		return r, err
	}
	if p.slots == nil {
		return p.call(ctx, method, &a)
	}
	if err := p.unslot(&a); err != nil {
		return r, MailRefusal(err)
	}
	if r, err = p.call(ctx, method, &a); err == nil && r.JSON != nil && method != "thing" {
		r.JSON, err = p.slots.Data(r.JSON)
	}
	return r, err
}

// takesThings are the arguments that name things; the agent is argument 0. There
// a capability is as good as its name.
var takesThings = map[string][]int{
	"send": {1, 4}, "request": {1}, "resolve": {2}, "reply": {4}, "list": {1}, "lookup": {1}, "thing": {1}, "locate": {1},
	"identify": {1}, "names": {1}, "copy": {1}, "wake": {1}, "accept": {1},
}

// unslot makes plain JSON of the arguments of a call. Everywhere else than in a
// name's place a capability is refused: its identifier is a secret, and would
// stand in a text or a value for all to read.
func (p *mailPower) unslot(a *arguments) (err error) {
	for i, raw := range a.raw {
		plain := p.slots.Plain
		if slices.Contains(takesThings[a.method], i) {
			plain = p.slots.Names
		}
		if a.raw[i], err = plain(raw); err != nil {
			return err
		}
	}
	return nil
}

func (p *mailPower) call(ctx context.Context, method string, a *arguments) (runtime.Reply, error) {
	how, ok := mailMethods[method]
	if !ok {
		return runtime.Reply{}, unknownMethod("qvat:mail", method)
	}
	if err := a.count(how.args+1, how.args+1); err != nil {
		return runtime.Reply{}, err
	}
	name, err := a.text(0, "the agent's name")
	if err != nil {
		return runtime.Reply{}, err
	}
	agent, err := p.agent(ctx, name)
	if err != nil {
		return runtime.Reply{}, MailRefusal(err)
	}
	c := &mailCall{ctx: ctx, arguments: a, agent: agent, slots: p.slots}
	v, err := how.do(c)
	if c.bad != nil {
		err = c.bad
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

// MailRefusal makes what the caller of an agent did wrong an error for a program
// to see: its code stands before its text. Other errors stay: they end the
// message, and some have it run again.
func MailRefusal(err error) error {
	var known *mail.Error
	if !errors.As(err, &known) {
		return err
	}
	switch known.Code {
	case mail.Wrong, mail.BadName:
		return typeError("%s: %s", known.Code, known.Message)
	case mail.Full:
		return rangeError("%s: %s", known.Code, known.Message)
	}
	return refusal("%s: %s", known.Code, known.Message)
}

// mailCall is one call of a method. Its readers note the first argument that is
// not what it should be, and give a zero then: see [mailCall.ok].
type mailCall struct {
	*arguments
	ctx   context.Context //nolint:containedctx // lives for one call
	agent *mail.Agent
	slots *mail.Slots
	bad   error
}

// ok tells whether all arguments were what they should be; if not, nothing is
// to be done.
func (c *mailCall) ok() bool { return c.bad == nil }

func (c *mailCall) note(err error) {
	if c.bad == nil {
		c.bad = err
	}
}

func (c *mailCall) str(i int, what string) string {
	s, err := c.text(i, what)
	c.note(err)
	return s
}

func (c *mailCall) num(i int, what string, most int) int {
	n, err := c.integer(i, what, 0, most)
	c.note(err)
	return n
}

// number reads that of a message.
func (c *mailCall) number(i int) uint64 { return uint64(c.num(i, "the number", maxNumber)) }

func (c *mailCall) strs(i int, what string) []string {
	var list []*string
	if c.raw[i][0] != '[' || json.Unmarshal(c.raw[i], &list) != nil {
		c.note(typeError("%s: %s are not an array of strings", c.method, what))
		return nil
	}
	out := make([]string, len(list))
	for j, s := range list {
		if s == nil {
			c.note(typeError("%s: %s are not an array of strings", c.method, what))
			return nil
		}
		out[j] = *s
	}
	return out
}

// mailMethods are the calls, with the number of arguments beside the agent. A nil
// answer is undefined.
var mailMethods = map[string]struct {
	args int
	do   func(c *mailCall) (any, error)
}{
	"info":      {0, func(c *mailCall) (any, error) { return infoView(c.agent.Info(c.ctx)) }},
	"makeHost":  {1, func(c *mailCall) (any, error) { return c.make(c.agent.MakeHost) }},
	"makeGuest": {1, func(c *mailCall) (any, error) { return c.make(c.agent.MakeGuest) }},
	"send":      {4, mailSend},
	"request": {3, func(c *mailCall) (any, error) {
		to, what, name := c.str(1, "the recipient"), c.str(2, "what is asked for"), c.str(3, "the name")
		return c.sent(func() (mail.Sent, error) { return c.agent.Request(c.ctx, to, what, name) })
	}},
	"resolve": {2, func(c *mailCall) (any, error) {
		n, name := c.number(1), c.str(2, "the name")
		return c.done(func() error { return c.agent.Resolve(c.ctx, n, name) })
	}},
	"reject": {2, func(c *mailCall) (any, error) {
		n, why := c.number(1), c.str(2, "the reason")
		return c.done(func() error { return c.agent.Reject(c.ctx, n, why) })
	}},
	"reply": {4, mailReply},
	"dismiss": {1, func(c *mailCall) (any, error) {
		n := c.number(1)
		return c.done(func() error { return c.agent.Dismiss(c.ctx, n) })
	}},
	"adopt": {3, func(c *mailCall) (any, error) {
		n, edge, name := c.number(1), c.str(2, "the edge"), c.str(3, "the name")
		return c.done(func() error { return c.agent.Adopt(c.ctx, n, edge, name) })
	}},
	"messages": {1, mailMessages},
	"message": {1, func(c *mailCall) (any, error) {
		n := c.number(1)
		if !c.ok() {
			return nil, nil
		}
		m, err := c.agent.Message(c.ctx, n)
		return messageView(m), err
	}},
	"list":     {1, mailList},
	"lookup":   {1, mailLookup},
	"thing":    {1, mailThing},
	"locate":   {1, mailLocate},
	"identify": {1, mailIdentify},
	"names":    {1, mailNames},
	"move":     {2, func(c *mailCall) (any, error) { return c.two(c.agent.Move) }},
	"copy":     {2, func(c *mailCall) (any, error) { return c.two(c.agent.Copy) }},
	"remove":   {1, func(c *mailCall) (any, error) { return c.one(c.agent.Remove) }},
	"mkdir":    {1, func(c *mailCall) (any, error) { return c.one(c.agent.MakeDirectory) }},
	"store": {2, func(c *mailCall) (any, error) {
		name, value := c.str(1, "the name"), append(json.RawMessage(nil), c.raw[2]...)
		return c.id(func() (mail.ID, error) { return c.agent.StoreValue(c.ctx, name, value) })
	}},
	"publish": {2, mailPublish},
	"wake": {2, func(c *mailCall) (any, error) {
		name, fuel := c.str(1, "the chain's name"), c.num(2, "the fuel", maxNumber)
		return c.done(func() error { return c.agent.SetWake(c.ctx, name, int64(fuel)) })
	}},
	"invite": {2, mailInvite},
	"accept": {2, func(c *mailCall) (any, error) { return c.two(c.agent.Accept) }},
	"log":    {1, mailLog},
}

// done does what gives nothing back.
func (c *mailCall) done(f func() error) (any, error) {
	if !c.ok() {
		return nil, nil
	}
	return nil, f()
}

func (c *mailCall) one(f func(context.Context, string) error) (any, error) {
	name := c.str(1, "the name")
	return c.done(func() error { return f(c.ctx, name) })
}

func (c *mailCall) two(f func(context.Context, string, string) error) (any, error) {
	a, b := c.str(1, "the first argument"), c.str(2, "the second argument")
	return c.done(func() error { return f(c.ctx, a, b) })
}

func (c *mailCall) id(f func() (mail.ID, error)) (any, error) {
	if !c.ok() {
		return nil, nil
	}
	id, err := f()
	return id.String(), err
}

func (c *mailCall) make(f func(context.Context, string) (mail.AgentInfo, error)) (any, error) {
	name := c.str(1, "the name")
	if !c.ok() {
		return nil, nil
	}
	return infoView(f(c.ctx, name))
}

func (c *mailCall) sent(f func() (mail.Sent, error)) (any, error) {
	if !c.ok() {
		return nil, nil
	}
	s, err := f()
	return map[string]any{"id": hex.EncodeToString(s.ID[:]), "number": s.Number}, err
}

func mailSend(c *mailCall) (any, error) {
	to, strings, edges, names := c.str(1, "the recipient"), c.strs(2, "the strings"), c.strs(3, "the edges"), c.strs(4, "the names")
	return c.sent(func() (mail.Sent, error) { return c.agent.Send(c.ctx, to, strings, edges, names) })
}

func mailReply(c *mailCall) (any, error) {
	n, strings, edges, names := c.number(1), c.strs(2, "the strings"), c.strs(3, "the edges"), c.strs(4, "the names")
	return c.sent(func() (mail.Sent, error) { return c.agent.Reply(c.ctx, n, strings, edges, names) })
}

func mailThing(c *mailCall) (any, error) {
	name := c.str(1, "the name")
	if c.slots == nil {
		c.note(refusal("%s: only in a call of a published chain can a thing be had to be called", c.method))
	}
	if !c.ok() {
		return nil, nil
	}
	data, err := c.slots.Thing(c.ctx, c.agent, name)
	return json.RawMessage(data), err
}

func mailPublish(c *mailCall) (any, error) {
	name, text := c.str(1, "the name"), c.str(2, "the capsule")
	capsule, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		c.note(typeError("publish: the capsule is not base64"))
	}
	return c.id(func() (mail.ID, error) { return c.agent.Publish(c.ctx, name, capsule) })
}

func mailInvite(c *mailCall) (any, error) {
	name, ms := c.str(1, "the name"), c.num(2, "the time", int(100*365*24*time.Hour/time.Millisecond))
	if !c.ok() {
		return nil, nil
	}
	l, err := c.agent.Invite(c.ctx, name, time.Duration(ms)*time.Millisecond)
	return l.String(), err
}
