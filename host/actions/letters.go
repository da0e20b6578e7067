package actions

import (
	"context"
	"encoding/hex"

	"qvat/host/fault"
	"qvat/host/mail"
	"qvat/host/mail/letter"
)

// Of the requests, names are pet names, paths of them, identifiers, or locators,
// as the method of mail.Agent takes that does it, and numbers those of letters in
// the agent's mailbox. Many are asked with one thing alone: a name to be given or
// to go, what a name leads to, a letter by its number or its id.
type (
	named struct {
		Name string `json:"name" program:"the name"`
	}
	leading struct {
		Name string `json:"name" program:"the name,thing"`
	}
	numbered struct {
		Number uint64 `json:"number" program:"the number"`
	}
	identified struct {
		ID MessageID `json:"id"`
	}
)

// MessageID is the id of a letter, in 64 hex digits.
type MessageID string

func idOf(id [32]byte) MessageID { return MessageID(hex.EncodeToString(id[:])) }

// Bytes are the id's. It fails with a *fault.Error where it is none.
func (m MessageID) Bytes() (id [32]byte, err error) {
	b, err := hex.DecodeString(string(m))
	if err != nil || len(b) != len(id) {
		return id, fault.New(fault.Malformed, "a message's id is 64 hex digits")
	}
	return [32]byte(b), nil
}

// Text is what a letter says and carries, one value: texts with an edge between
// each two, and the names of what the edges carry. In JSON it is three lists.
type Text struct {
	Strings []string `json:"strings" program:"the strings"`
	Edges   []string `json:"edges" program:"the edges"`
	Names   []string `json:"names" program:"the names,thing"`
}

// ParseText takes a text apart in which @name attaches, as [letter.Parse] does.
func ParseText(text string) (Text, error) {
	t, err := letter.Parse(text)
	return Text(t), err
}

// Send mails a text to a handle.
type Send struct {
	To string `json:"to" program:"the recipient,thing"`
	Text
}

func (q Send) Do(ctx context.Context, a *mail.Agent) (Sent, error) {
	s, err := a.Send(ctx, q.To, q.Strings, q.Edges, q.Names)
	return sentOf(s), err
}

// Reply answers a letter.
type Reply struct {
	Number uint64 `json:"number" program:"the number"`
	Text
}

func (q Reply) Do(ctx context.Context, a *mail.Agent) (Sent, error) {
	s, err := a.Reply(ctx, q.Number, q.Strings, q.Edges, q.Names)
	return sentOf(s), err
}

// Ask requests a thing. Name is what the answer gets, or "".
type Ask struct {
	To   string `json:"to" program:"the recipient,thing"`
	What string `json:"what" program:"what is asked for"`
	Name string `json:"name,omitempty" program:"the name"`
}

func (q Ask) Do(ctx context.Context, a *mail.Agent) (Sent, error) {
	s, err := a.Request(ctx, q.To, q.What, q.Name)
	return sentOf(s), err
}

// Wait waits until a request of the agent's own is settled, and gives it.
type Wait identified

func (q Wait) Do(ctx context.Context, a *mail.Agent) (Letter, error) {
	id, err := q.ID.Bytes()
	if err != nil {
		return Letter{}, err
	}
	return letterOr(a.Wait(ctx, id))
}

// Resolve grants a request.
type Resolve struct {
	Number uint64 `json:"number" program:"the number"`
	Name   string `json:"name" program:"the name,thing"`
}

func (q Resolve) Do(ctx context.Context, a *mail.Agent) (Done, error) {
	return Done{}, a.Resolve(ctx, q.Number, q.Name)
}

// Reject refuses a request.
type Reject struct {
	Number uint64 `json:"number" program:"the number"`
	Why    string `json:"why,omitempty" program:"the reason"`
}

func (q Reject) Do(ctx context.Context, a *mail.Agent) (Done, error) {
	return Done{}, a.Reject(ctx, q.Number, q.Why)
}

// Dismiss puts a letter aside.
type Dismiss numbered

func (q Dismiss) Do(ctx context.Context, a *mail.Agent) (Done, error) {
	return Done{}, a.Dismiss(ctx, q.Number)
}

// Adopt names what an edge of a letter carries. Name is "" for the edge's own.
type Adopt struct {
	Number uint64 `json:"number" program:"the number"`
	Edge   string `json:"edge" program:"the edge"`
	Name   string `json:"name,omitempty" program:"the name"`
}

func (q Adopt) Do(ctx context.Context, a *mail.Agent) (Done, error) {
	return Done{}, a.Adopt(ctx, q.Number, q.Edge, q.Name)
}

// Letters gives letters of the mailbox, as mail.MessageQuery says.
type Letters struct {
	After  uint64     `json:"after,omitempty"`
	Before uint64     `json:"before,omitempty"`
	Limit  int        `json:"limit,omitempty"`
	Newest bool       `json:"newest,omitempty"`
	State  mail.State `json:"state,omitempty"`
	Thread MessageID  `json:"thread,omitempty"`
}

func (q Letters) Do(ctx context.Context, a *mail.Agent) ([]Letter, error) {
	m := mail.MessageQuery{After: q.After, Before: q.Before, Limit: q.Limit, Newest: q.Newest, State: q.State}
	if q.Thread != "" {
		id, err := q.Thread.Bytes()
		if err != nil {
			return nil, err
		}
		m.Thread = &id
	}
	all, err := a.Messages(ctx, m)
	return each(all, letterOf), err
}

// OneLetter gives a letter by its number.
type OneLetter numbered

func (q OneLetter) Do(ctx context.Context, a *mail.Agent) (Letter, error) {
	return letterOr(a.Message(ctx, q.Number))
}

// Outbox lists what is on its way to other nodes.
type Outbox struct{}

func (q Outbox) Do(ctx context.Context, a *mail.Agent) ([]Queued, error) {
	all, err := a.Outbox(ctx)
	return each(all, queuedOf), err
}

// Cancel takes back a letter that is on its way.
type Cancel identified

func (q Cancel) Do(ctx context.Context, a *mail.Agent) (Done, error) {
	id, err := q.ID.Bytes()
	if err != nil {
		return Done{}, err
	}
	return Done{}, a.Cancel(ctx, id)
}
