package mail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"

	"qvat/host/caps"
	"qvat/host/mail/letter"
	"qvat/host/mail/slotted"
)

// Slots are the capabilities in the data of one run of a call: what its programs
// can do with them, in the run's transaction. It is for one goroutine.
type Slots struct {
	in     *Inside
	call   Call
	list   slotted.List
	queued uint64
}

// Slots gives those of a run of c in the transaction.
func (in *Inside) Slots(c Call) *Slots {
	s := &Slots{in: in, call: c}
	for _, slot := range c.Slots {
		s.list.Number(slot)
	}
	return s
}

// of finds the slot of a number, which a program can have only from this run.
func (s *Slots) of(ref []byte) (slotted.Slot, error) {
	n, err := strconv.Atoi(string(ref))
	if err != nil || n < 0 || n >= len(s.list.Slots) {
		return slotted.Slot{}, fmt.Errorf("the run has no slot %.20q", ref)
	}
	return s.list.Slots[n], nil
}

// shown gives for what stands for a slot in data what is to stand there instead.
func (s *Slots) shown(show func(slot slotted.Slot) any) func(ref []byte) ([]byte, error) {
	return func(ref []byte) ([]byte, error) {
		slot, err := s.of(ref)
		if err != nil {
			return nil, err
		}
		return json.Marshal(show(slot))
	}
}

// Result is the data of a run as it leaves: identifiers stand in it for numbers.
// nil stays nil.
func (s *Slots) Result(data []byte) (json.RawMessage, error) {
	if data == nil {
		return nil, nil
	}
	return slotted.Map(data, s.shown(func(slot slotted.Slot) any { return slot.ID }))
}

// Names makes plain JSON of a program's data: for each slot there stands what an
// agent's method takes in the place of a name. It is as good as the capability, and
// must become nothing that somebody reads.
func (s *Slots) Names(data []byte) ([]byte, error) {
	return slotted.Plain(data, s.shown(func(slot slotted.Slot) any { return s.name(slot) }))
}

// name is what resolves to a slot: its identifier, and for what another node has
// its locator, since only that tells the type.
func (s *Slots) name(slot slotted.Slot) string {
	if slot.ID.Node == s.in.p.node {
		return slot.ID.String()
	}
	return caps.Locator{ID: slot.ID, Type: slot.Type}.String()
}

// Plain is Names for what may hold no slot: a value is data, and what is kept
// of a capability has to be a name.
func (s *Slots) Plain(data []byte) ([]byte, error) {
	return slotted.Plain(data, func([]byte) ([]byte, error) {
		return nil, caps.Refuse(caps.Wrong, "a value cannot hold a capability").WithHint("give the capability a name in a directory")
	})
}

// Data makes data with slots of plain JSON, which holds none.
func (s *Slots) Data(plain []byte) ([]byte, error) { return slotted.Data(plain) }

// Thing gives what a name of an agent's leads to as a slot of the run's data.
func (s *Slots) Thing(ctx context.Context, a *Agent, name string) ([]byte, error) {
	return s.find(ctx, a, func(x *txn) (caps.Ref, error) {
		r, err := x.resolve(ctx, name)
		if err == nil {
			err = x.mayGive(r)
		}
		return r, err
	})
}

// find gives what an agent finds as a slot of the run's data.
func (s *Slots) find(ctx context.Context, a *Agent, work func(x *txn) (caps.Ref, error)) ([]byte, error) {
	r, err := ask(ctx, a.act, work)
	if err != nil {
		return nil, err
	}
	return json.Marshal(s.list.Reference(slotted.Slot(r)))
}

// Call does what a program asks of slot n: see the table of docs/MAIL.md. data
// and the answer are data with slots by number; nil is undefined. An [*Error] is
// for the program to see, and nothing was done then.
func (s *Slots) Call(ctx context.Context, n int, data []byte) ([]byte, error) {
	slot, err := s.of(strconv.AppendInt(nil, int64(n), 10))
	if err != nil {
		return nil, err
	}
	switch slot.Type {
	case caps.TypeHandle:
		return nil, s.send(ctx, slot, data)
	case caps.TypeChain:
		return nil, s.queue(ctx, slot, data)
	case caps.TypeValue, caps.TypeDirectory, caps.TypePromise:
		return s.look(ctx, slot, data)
	}
	return nil, caps.Refuse(caps.Wrong, "a capability of type %s cannot be called", slot.Type)
}

// agent is the one in whose name the chain acts.
func (s *Slots) agent(ctx context.Context) (*Agent, error) {
	return s.in.Agent(ctx, s.call.Agent.String())
}

// look answers a call of what only tells.
func (s *Slots) look(ctx context.Context, slot slotted.Slot, data []byte) ([]byte, error) {
	a, err := s.agent(ctx)
	if err != nil {
		return nil, err
	}
	thing, err := a.Lookup(ctx, s.name(slot))
	if err != nil {
		return nil, err
	}
	if !thing.Local {
		return nil, caps.Refuse(caps.Elsewhere, "a %s of another node cannot be asked from within a message", slot.Type)
	}
	switch {
	case slot.Type == caps.TypeDirectory:
		return s.entry(ctx, a, slot, data)
	case data != nil:
		return nil, caps.Refuse(caps.Wrong, "a %s is called with nothing", slot.Type)
	case slot.Type == caps.TypeValue:
		return slotted.Data(thing.Value)
	}
	switch p := thing.Promise; {
	case p == nil || p.State == caps.StateNew:
		return nil, caps.Refuse(caps.Refused, "the promise is not settled yet")
	case p.State == caps.StateRejected:
		return nil, caps.Refuse(caps.Refused, "the promise was rejected: %s", p.Why)
	default:
		return json.Marshal(s.list.Reference(slotted.Slot{ID: p.ID, Type: p.Type}))
	}
}

// entry answers a call of a directory: its names, or what one of them leads to.
func (s *Slots) entry(ctx context.Context, a *Agent, slot slotted.Slot, data []byte) ([]byte, error) {
	if data == nil {
		entries, err := a.List(ctx, slot.ID.String())
		if err != nil {
			return nil, err
		}
		names := make([]string, len(entries))
		for i, e := range entries {
			names[i] = e.Name
		}
		return json.Marshal(names)
	}
	var name string
	if json.Unmarshal(data, &name) != nil {
		return nil, caps.Refuse(caps.Wrong, "a directory is called with a name, or with nothing")
	}
	if err := caps.CheckName(name); err != nil {
		return nil, err
	}
	return s.find(ctx, a, func(x *txn) (caps.Ref, error) {
		dir, err := x.directory(ctx, slot.ID.String())
		if err != nil {
			return caps.Ref{}, err
		}
		return x.NameIn(ctx, caps.Place{Dir: dir, Name: name})
	})
}

// packet is what a program sends to a handle.
type packet struct {
	Strings []string `json:"strings"`
	Edges   []string `json:"edges"`
	Things  []struct {
		N *int `json:"@"`
	} `json:"things"`
}

// send mails a package to a handle's agent, in the transaction.
func (s *Slots) send(ctx context.Context, to slotted.Slot, data []byte) error {
	var p packet
	var text string
	if json.Unmarshal(data, &text) == nil {
		p.Strings = []string{text}
	} else {
		d := json.NewDecoder(bytes.NewReader(data))
		d.DisallowUnknownFields()
		if data == nil || d.Decode(&p) != nil {
			return caps.Refuse(caps.Wrong, "a handle is called with a text, or with {strings, edges, things}")
		}
	}
	if len(p.Things) != len(p.Edges) {
		return caps.Refuse(caps.Wrong, "a message has %d edges and %d things", len(p.Edges), len(p.Things))
	}
	names := make([]string, len(p.Things))
	for i, t := range p.Things {
		if t.N == nil {
			return caps.Refuse(caps.Wrong, "thing %d of the message is no capability", i)
		}
		slot, err := s.of(strconv.AppendInt(nil, int64(*t.N), 10))
		if err != nil {
			return err
		}
		names[i] = s.name(slot)
	}
	a, err := s.agent(ctx)
	if err != nil {
		return err
	}
	_, err = a.Send(ctx, to.ID.String(), p.Strings, p.Edges, names)
	return err
}

// queue stages a call of another chain, which runs after the commit in a
// transaction of its own: see docs/RATIONALE.md.
func (s *Slots) queue(ctx context.Context, slot slotted.Slot, data []byte) error {
	q := queuedCall{Agent: s.call.Agent, Chain: slot.ID, Fuel: s.call.Fuel}
	if data != nil {
		list := slotted.List{}
		var err error
		if q.Input, err = slotted.Map(data, s.shown(func(slot slotted.Slot) any { return list.Number(slot) })); err != nil {
			return err
		}
		q.Slots = list.Slots
	}
	s.queued++
	q.ID = sha256.Sum256(binary.BigEndian.AppendUint64(append([]byte("qvat queued call v1\n"), s.call.ID[:]...), s.queued))
	return s.in.stageCall(ctx, q)
}

// wokenMessage is a message as the chain that it wakes sees it.
type wokenMessage struct {
	Number  uint64              `json:"number"`
	ID      caps.Number         `json:"id"`
	Type    letter.Kind         `json:"type"`
	From    slotted.Reference   `json:"from"`
	FromID  string              `json:"fromId"`
	Date    int64               `json:"date"` // milliseconds since 1970
	Strings []string            `json:"strings"`
	Edges   []string            `json:"edges"`
	Things  []slotted.Reference `json:"things"`
	Types   []caps.Type         `json:"types"`
	ReplyTo *caps.Number        `json:"replyTo,omitempty"`
	What    string              `json:"what,omitempty"`
	Why     string              `json:"why,omitempty"`
	Thread  caps.Number         `json:"thread"`
}

// showWoken shows a message, whose sender and attachments become slots.
func showWoken(l *slotted.List, m Message) wokenMessage {
	w := wokenMessage{
		Number: m.Number, ID: m.ID, Type: m.Kind, From: l.Reference(slotted.Slot{ID: m.From, Type: caps.TypeHandle}), FromID: m.From.String(),
		Date: m.Date.UnixMilli(), Strings: append([]string{}, m.Strings...), Edges: append([]string{}, m.Edges...),
		Things: []slotted.Reference{}, Types: append([]caps.Type{}, m.Types...), What: m.What, Why: m.Why, Thread: m.Thread,
	}
	for i, id := range m.IDs {
		w.Things = append(w.Things, l.Reference(slotted.Slot{ID: id, Type: m.Types[i]}))
	}
	if m.ReplyTo != nil {
		n := caps.Number(*m.ReplyTo)
		w.ReplyTo = &n
	}
	return w
}
