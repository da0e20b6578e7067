package actions

import (
	"encoding/json"
	"time"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/letter"
)

// What the actions answer with. The fields that a view says are dubbed are empty
// until [Dub] has filled them.

// Agent is an agent as the vat's owner sees it.
type Agent struct {
	Name   string   `json:"name"`
	Kind   string   `json:"kind"` // "host" or "guest"
	Of     string   `json:"of,omitempty"`
	Key    caps.Key `json:"key"`
	Handle caps.ID  `json:"handle"`
	Unread int      `json:"unread"`
	Wakes  string   `json:"wakes,omitempty"`
}

// kindHost is the kind of an agent that is a host.
const kindHost = "host"

// Host tells whether the agent is a host.
func (a Agent) Host() bool { return a.Kind == kindHost }

func agentOf(i mail.AgentInfo) Agent {
	kind := "guest"
	if i.Host {
		kind = kindHost
	}
	return Agent{i.Name, kind, i.Of, i.Key, i.Handle, i.Unread, i.Wakes}
}

func agentOr(i mail.AgentInfo, err error) (Agent, error) { return agentOf(i), err }

// Sent is a letter that has been sent, with its number in the sender's mailbox.
type Sent struct {
	ID     MessageID `json:"id"`
	Number uint64    `json:"number"`
}

func sentOf(s mail.Sent) Sent { return Sent{idOf(s.ID), s.Number} }

// Letter is a letter in a mailbox.
type Letter struct {
	Number   uint64      `json:"number"`
	ID       MessageID   `json:"id"`
	Kind     letter.Kind `json:"type"`
	From     caps.ID     `json:"from"`
	FromName string      `json:"fromName"` // dubbed
	To       caps.ID     `json:"to"`
	ToName   string      `json:"toName"` // dubbed
	Date     time.Time   `json:"date"`   // the sender's
	Arrived  time.Time   `json:"arrived"`
	State    mail.State  `json:"state"`
	Strings  []string    `json:"strings"`
	Edges    []string    `json:"edges"`
	IDs      []caps.ID   `json:"ids"`   // of what the edges carry
	Types    []caps.Type `json:"types"` // of IDs
	What     string      `json:"what,omitempty"`
	Why      string      `json:"why,omitempty"`
	ReplyTo  MessageID   `json:"replyTo,omitempty"`
	Thread   MessageID   `json:"thread"`
	// FromLike and ToLike are names with which that of the sender or recipient
	// could be confused; dubbed.
	FromLike string `json:"fromLike,omitempty"`
	ToLike   string `json:"toLike,omitempty"`
}

func letterOf(m mail.Message) Letter {
	l := Letter{
		Number: m.Number, ID: idOf(m.ID), Kind: m.Kind, From: m.From, To: m.To, Date: m.Date, Arrived: m.Arrived,
		State: m.State, Strings: list(m.Strings), Edges: list(m.Edges), IDs: list(m.IDs), Types: list(m.Types),
		What: m.What, Why: m.Why, Thread: idOf(m.Thread),
	}
	if m.ReplyTo != nil {
		l.ReplyTo = idOf(*m.ReplyTo)
	}
	return l
}

func letterOr(m mail.Message, err error) (Letter, error) {
	if err != nil {
		return Letter{}, err
	}
	return letterOf(m), nil
}

// Part is a piece of a letter's text, and the edge after it, or "".
type Part struct{ Text, Edge string }

// Parts are the letter's text with its edges. What has no text, such as the answer
// to a request, has none.
func (l Letter) Parts() []Part {
	parts := make([]Part, len(l.Strings))
	for i, s := range l.Strings {
		parts[i].Text = s
		if i < len(l.Edges) {
			parts[i].Edge = l.Edges[i]
		}
	}
	return parts
}

// Attachment is what an edge carries.
type Attachment struct {
	Edge string
	ID   caps.ID
	Type caps.Type
}

// Attachments are what the letter carries.
func (l Letter) Attachments() []Attachment {
	all := make([]Attachment, min(len(l.Edges), len(l.IDs), len(l.Types)))
	for i := range all {
		all[i] = Attachment{l.Edges[i], l.IDs[i], l.Types[i]}
	}
	return all
}

// Entry is a name in a directory.
type Entry struct {
	Name string    `json:"name"`
	ID   caps.ID   `json:"id"`
	Type caps.Type `json:"type"`
	Like string    `json:"like,omitempty"` // an entry with which it could be confused
}

func entryOf(e caps.Entry) Entry { return Entry(e) }

// NameChange is a name that has come to lead somewhere, or is gone.
type NameChange struct {
	Name    string    `json:"name"`
	ID      caps.ID   `json:"id,omitzero"`
	Type    caps.Type `json:"type,omitempty"`
	Removed bool      `json:"removed,omitempty"`
}

func changeOf(c caps.NameChange) NameChange {
	if c.Removed {
		c.ID = caps.ID{}
	}
	return NameChange(c)
}

// Thing is what a name leads to. Of the fields after Name, that of its type is there.
type Thing struct {
	ID         caps.ID         `json:"id"`
	Type       caps.Type       `json:"type"`
	Local      bool            `json:"local"`
	Name       string          `json:"name"` // dubbed
	Value      json.RawMessage `json:"value,omitempty"`
	Names      int             `json:"names,omitempty"`   // how many a directory has
	Capsule    []byte          `json:"capsule,omitempty"` // base64
	Promise    *Promise        `json:"promise,omitempty"`
	Invitation *Invitation     `json:"invitation,omitempty"`
}

// Promise is what has become of a promise.
type Promise struct {
	State mail.State `json:"state"`
	ID    caps.ID    `json:"id,omitzero"` // what it was resolved to
	Type  caps.Type  `json:"type,omitempty"`
	Why   string     `json:"why,omitempty"` // it was rejected
}

// Invitation is what is known of an invitation. From is the handle of who invites.
type Invitation struct {
	From    caps.ID   `json:"from"`
	Expires time.Time `json:"expires"`
	Used    bool      `json:"used"`
}

func thingOf(t caps.Thing) Thing {
	out := Thing{ID: t.ID, Type: t.Type, Local: t.Local, Value: t.Value, Names: t.Names}
	if t.Chain != nil {
		out.Capsule = t.Chain.Capsule
	}
	if p := t.Promise; p != nil {
		out.Promise = &Promise{State: p.State, Why: p.Why}
		if p.State == caps.StateResolved {
			out.Promise.ID, out.Promise.Type = p.ID, p.Type
		}
	}
	if t.Invitation != nil {
		i := Invitation(*t.Invitation)
		out.Invitation = &i
	}
	return out
}

// Called is the result of a call; absent for undefined.
type Called struct {
	Result json.RawMessage `json:"result,omitempty"`
}

// Queued is a letter on its way to another node.
type Queued struct {
	ID     MessageID `json:"id"`
	Number uint64    `json:"number"`
	To     caps.ID   `json:"to"`
	ToName string    `json:"toName"` // dubbed
	Since  time.Time `json:"since"`
	Tries  int       `json:"tries"`
	Next   time.Time `json:"next"`
	Error  string    `json:"error,omitempty"`
}

func queuedOf(q mail.Queued) Queued {
	return Queued{idOf(q.ID), q.Number, q.To, "", q.Since, q.Tries, q.Next, q.Error}
}

// Peer is another node that the vat has heard of.
type Peer struct {
	Node  caps.Key  `json:"node"`
	At    []string  `json:"at"`
	Since time.Time `json:"since"`
}

func peerOf(p caps.Peer) Peer { return Peer{p.Node, list(p.At), p.Since} }

// LogEntry is an entry of an agent's journal.
type LogEntry struct {
	Number uint64          `json:"number"`
	At     time.Time       `json:"at"`
	Action string          `json:"action"`
	Detail json.RawMessage `json:"detail,omitempty"`
	Error  string          `json:"error,omitempty"`
}

func logEntryOf(e mail.LogEntry) LogEntry { return LogEntry(e) }

// list is s as JSON has a list: never null.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// each makes a list of one type into a list of another.
func each[A, B any](from []A, as func(A) B) []B {
	to := make([]B, len(from))
	for i, a := range from {
		to[i] = as(a)
	}
	return to
}
