package control

import (
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"qvat/host/mail"
)

// What the actions answer with. Identifiers and locators are in their own
// text, hashes and ids in 64 hex digits. A name that is shown for an identifier
// is as mail.Dub has it: the agent's pet name for it, or the start of its key.

// Agent is mail.AgentInfo.
type Agent struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"` // "host" or "guest"
	Of     string `json:"of,omitempty"`
	Key    string `json:"key"`
	Handle string `json:"handle"`
	Unread int    `json:"unread"`
	Wakes  string `json:"wakes,omitempty"`
}

func agentOf(i mail.AgentInfo) Agent {
	kind := "guest"
	if i.Host {
		kind = "host"
	}
	return Agent{i.Name, kind, i.Of, i.Key.String(), i.Handle.String(), i.Unread, i.Wakes}
}

// Sent is a message that has been sent.
type Sent struct {
	ID     string `json:"id"`
	Number uint64 `json:"number"`
}

func sentOf(s mail.Sent) Sent { return Sent{hex.EncodeToString(s.ID[:]), s.Number} }

// Message is mail.Message with the names that the agent has for what is in it.
type Message struct {
	Number   uint64    `json:"number"`
	ID       string    `json:"id"`
	Type     string    `json:"type"` // mail.Kind
	From     string    `json:"from"`
	FromName string    `json:"fromName"`
	To       string    `json:"to"`
	ToName   string    `json:"toName"`
	Date     time.Time `json:"date"`
	Arrived  time.Time `json:"arrived"`
	State    string    `json:"state"`
	Strings  []string  `json:"strings"`
	Edges    []string  `json:"edges"`
	IDs      []string  `json:"ids"`
	Types    []string  `json:"types"` // of IDs
	What     string    `json:"what,omitempty"`
	Why      string    `json:"why,omitempty"`
	ReplyTo  string    `json:"replyTo,omitempty"`
	Thread   string    `json:"thread"`
	// FromLike and ToLike are names with which that of the sender or recipient
	// could be confused.
	FromLike string `json:"fromLike,omitempty"`
	ToLike   string `json:"toLike,omitempty"`
}

func messageOf(m mail.Message, from, to shown) Message {
	out := Message{
		Number: m.Number, ID: hex.EncodeToString(m.ID[:]), Type: string(m.Kind),
		From: m.From.String(), FromName: from.name, FromLike: from.like,
		To: m.To.String(), ToName: to.name, ToLike: to.like,
		Date: m.Date, Arrived: m.Arrived, State: string(m.State),
		Strings: list(m.Strings), Edges: list(m.Edges), IDs: []string{}, Types: []string{},
		What: m.What, Why: m.Why, Thread: hex.EncodeToString(m.Thread[:]),
	}
	for _, id := range m.IDs {
		out.IDs = append(out.IDs, id.String())
	}
	for _, t := range m.Types {
		out.Types = append(out.Types, string(t))
	}
	if m.ReplyTo != nil {
		out.ReplyTo = hex.EncodeToString(m.ReplyTo[:])
	}
	return out
}

// list is s as JSON has a list: never null.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// Entry is mail.Entry.
type Entry struct {
	Name string `json:"name"`
	ID   string `json:"id"`
	Type string `json:"type"`
	Like string `json:"like,omitempty"`
}

func entryOf(e mail.Entry) Entry { return Entry{e.Name, e.ID.String(), string(e.Type), e.Like} }

// NameChange is mail.NameChange.
type NameChange struct {
	Name    string `json:"name"`
	ID      string `json:"id,omitempty"`
	Type    string `json:"type,omitempty"`
	Removed bool   `json:"removed,omitempty"`
}

func changeOf(c mail.NameChange) NameChange {
	out := NameChange{Name: c.Name, Type: string(c.Type), Removed: c.Removed}
	if !c.Removed {
		out.ID = c.ID.String()
	}
	return out
}

// Thing is mail.Thing. Of the fields after Local, that of its type is there.
type Thing struct {
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	Local      bool            `json:"local"`
	Name       string          `json:"name"` // as it is dubbed
	Value      json.RawMessage `json:"value,omitempty"`
	Names      int             `json:"names,omitempty"`
	Capsule    []byte          `json:"capsule,omitempty"` // base64
	Promise    *Promise        `json:"promise,omitempty"`
	Invitation *Invitation     `json:"invitation,omitempty"`
}

// Promise is mail.PromiseInfo.
type Promise struct {
	State string `json:"state"`
	ID    string `json:"id,omitempty"`
	Type  string `json:"type,omitempty"`
	Why   string `json:"why,omitempty"`
}

// Invitation is mail.InvitationInfo.
type Invitation struct {
	From    string    `json:"from"`
	Expires time.Time `json:"expires"`
	Used    bool      `json:"used"`
}

func thingOf(t mail.Thing, dubbed shown) Thing {
	out := Thing{
		ID: t.ID.String(), Type: string(t.Type), Local: t.Local, Name: dubbed.name,
		Value: t.Value, Names: t.Names,
	}
	if t.Chain != nil {
		out.Capsule = t.Chain.Capsule
	}
	if p := t.Promise; p != nil {
		out.Promise = &Promise{State: string(p.State), Why: p.Why}
		if p.State == mail.StateResolved {
			out.Promise.ID, out.Promise.Type = p.ID.String(), string(p.Type)
		}
	}
	if i := t.Invitation; i != nil {
		out.Invitation = &Invitation{i.From.String(), i.Expires, i.Used}
	}
	return out
}

// Called is the result of a call; absent for undefined.
type Called struct {
	Result json.RawMessage `json:"result,omitempty"`
}

// Queued is mail.Queued.
type Queued struct {
	ID     string    `json:"id"`
	Number uint64    `json:"number"`
	To     string    `json:"to"`
	ToName string    `json:"toName"`
	Since  time.Time `json:"since"`
	Tries  int       `json:"tries"`
	Next   time.Time `json:"next"`
	Error  string    `json:"error,omitempty"`
}

func queuedOf(q mail.Queued, to shown) Queued {
	return Queued{hex.EncodeToString(q.ID[:]), q.Number, q.To.String(), to.name, q.Since, q.Tries, q.Next, q.Error}
}

// Peer is mail.Peer.
type Peer struct {
	Node  string    `json:"node"`
	At    []string  `json:"at"`
	Since time.Time `json:"since"`
}

func peerOf(p mail.Peer) Peer { return Peer{p.Node.String(), list(p.At), p.Since} }

// LogEntry is mail.LogEntry.
type LogEntry struct {
	Number uint64          `json:"number"`
	At     time.Time       `json:"at"`
	Action string          `json:"action"`
	Detail json.RawMessage `json:"detail,omitempty"`
	Error  string          `json:"error,omitempty"`
}

func logEntryOf(e mail.LogEntry) LogEntry {
	return LogEntry{e.Number, e.At, e.Action, slices.Clone(e.Detail), e.Error}
}

// each makes a list of one type into a list of another.
func each[A, B any](from []A, as func(A) B) []B {
	to := make([]B, len(from))
	for i, a := range from {
		to[i] = as(a)
	}
	return to
}
