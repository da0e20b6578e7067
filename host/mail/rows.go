package mail

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"qvat/host/caps"
	"qvat/host/store"
)

// The tables, beside those of package caps and the journal. Keys begin with the
// agent number of the mailbox's agent.
const (
	tableBox    = store.OwnPrefix + "box"    // agent number -> boxRow: the one row that all deliveries to an agent write
	tableMail   = store.OwnPrefix + "mail"   // agent number/number -> mailRow
	tableMailID = store.OwnPrefix + "mailid" // message id/agent number/way -> mailIDRow
	tableSender = store.OwnPrefix + "sender" // Post.senderKey -> how many of its letters are new
	tableQueue  = store.OwnPrefix + "queue"  // agent number/number -> queueRow: what is on its way to other nodes
)

// boxRow is what changes with each delivery to an agent, and each action of it.
type boxRow struct {
	Mail    uint64   `json:"mail,omitempty"` // the newest letter's number
	Journal uint64   `json:"log,omitempty"`  // the newest entry's number
	New     int      `json:"new,omitempty"`  // letters of others that are new
	Bytes   int64    `json:"bytes,omitempty"`
	Queued  int      `json:"queued,omitempty"`
	Kept    int64    `json:"kept,omitempty"` // about how many bytes the vat keeps for it
	Wake    *wakeRow `json:"wake,omitempty"`
}

// wakeRow says what runs on each delivery.
type wakeRow struct {
	Chain caps.Number `json:"chain"`
	Fuel  int64       `json:"fuel,omitempty"`
}

// mailRow is a letter in a mailbox.
type mailRow struct {
	In      bool        `json:"in,omitempty"` // it came; otherwise it is one's own
	From    caps.ID     `json:"-"`
	To      caps.ID     `json:"-"`
	With    caps.ID     `json:"with"` // the one of these that is not the mailbox's agent
	ID      caps.Number `json:"id"`
	Body    string      `json:"body"`
	Sig     []byte      `json:"sig"`
	Arrived int64       `json:"at"` // milliseconds since 1970
	State   State       `json:"state"`
	Thread  caps.Number `json:"thread,omitzero"` // on the disk zero stands for its own id
	// Of a request of one's own:
	Promise *caps.Number `json:"promise,omitempty"`
	Answer  *caps.Ref    `json:"answer,omitempty"`
	Settled bool         `json:"settled,omitempty"` // it was answered, or taken back
	Why     string       `json:"why,omitempty"`     // of a refusal
}

// packed leaves out what the key and the mailbox tell.
func (r mailRow) packed() mailRow {
	r.With = r.To
	if r.In {
		r.With = r.From
	}
	if r.Thread == r.ID {
		r.Thread = caps.Number{}
	}
	return r
}

// unpacked is the reverse of packed, in an agent's mailbox.
func (r mailRow) unpacked(owner *caps.Agent) mailRow {
	r.From, r.To = owner.Handle, r.With
	if r.In {
		r.From, r.To = r.With, owner.Handle
	}
	if r.Thread == (caps.Number{}) {
		r.Thread = r.ID
	}
	return r
}

// way is a letter's in keys of tableMailID.
func (r mailRow) way() string {
	if r.In {
		return wayIn
	}
	return wayOut
}

// mailIDRow leads from a letter's id to its number.
type mailIDRow struct {
	Number uint64 `json:"n"`
}

// queueRow is a letter on its way to another node.
type queueRow struct {
	ID    caps.Number `json:"id"`
	To    caps.ID     `json:"to"`
	Since int64       `json:"since"`
}

// mailKey is the key of an agent's nth letter, or entry of its journal.
func mailKey(agentNumber string, n uint64) string {
	return caps.Below(agentNumber, caps.CountKey(n))
}

// between asks for an agent's letters, or entries of its journal, above after and
// below before, each of which may be 0 for no bound.
func between(owner *caps.Agent, after, before uint64, limit int) store.EntriesQuery {
	q := store.EntriesQuery{Prefix: owner.Number + "/", Limit: limit}
	if after > 0 {
		q.After = mailKey(owner.Number, after)
	}
	if before > 0 {
		q.Before = mailKey(owner.Number, min(before, math.MaxInt64))
	}
	return q
}

// agentOf reads the agent number at the beginning of a key.
func agentOf(key string) string {
	number, _, _ := strings.Cut(key, "/")
	return number
}

// numberOf reads the number at the end of a key.
func numberOf(key string) (uint64, error) {
	_, digits, _ := strings.Cut(key, "/")
	n, err := strconv.ParseUint(digits, 16, 64)
	if err != nil {
		return 0, fmt.Errorf("the key %q is damaged: %w", key, err)
	}
	return n, nil
}

// The ways of a letter, in keys of tableMailID.
const (
	wayIn  = "i" // it came
	wayOut = "o" // one's own
)

// mailIDKey begins with the letter's id: those that this vat makes begin with
// the time, so that what is sent by all at once stands together on the disk.
func mailIDKey(agentNumber, way string, id caps.Number) string {
	return id.String() + "/" + agentNumber + "/" + way
}
