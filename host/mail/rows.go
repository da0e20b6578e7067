package mail

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"qvat/host/store"
)

// The tables. Numbers in keys are hexadecimal digits of a fixed width, so that
// the order of bytes is that of numbers. An agent is named in keys by its seat,
// a small number that the vat gives it.
const (
	tableState     = store.OwnPrefix + "state"     // "state" -> stateRow; statePeers -> how many rows tablePeer has
	tableAgent     = store.OwnPrefix + "agent"     // seat -> agentRow
	tableAgentKey  = store.OwnPrefix + "agentkey"  // public key -> seat
	tableAgentName = store.OwnPrefix + "agentname" // the owner's name -> seat
	tableBox       = store.OwnPrefix + "box"       // seat -> boxRow: the one row that all deliveries to an agent write
	tableMail      = store.OwnPrefix + "mail"      // seat/number -> mailRow
	tableMailID    = store.OwnPrefix + "mailid"    // message id/seat/way -> mailIDRow
	tableSender    = store.OwnPrefix + "sender"    // Post.senderKey -> how many of its messages are new
	tableQueue     = store.OwnPrefix + "queue"     // seat/number -> queueRow: what is on its way to other nodes
	tableLog       = store.OwnPrefix + "log"       // seat/number -> logRow
	tableFormula   = store.OwnPrefix + "formula"   // number -> formulaRow: what an identifier of this node is
	tableValue     = store.OwnPrefix + "value"     // number -> the JSON of a value; a chain's capsule, as base64
	tableName      = store.OwnPrefix + "name"      // directory/name -> nameRow
	tableNames     = store.OwnPrefix + "names"     // directory -> how many names it has
	tableHeld      = store.OwnPrefix + "held"      // identifier/holder -> 1
	tableSuspect   = store.OwnPrefix + "suspect"   // number -> how far it is from what lost a holder, from 1; see [Post.judgeHolders]
	tableExpiry    = store.OwnPrefix + "expiry"    // milliseconds/number -> 1: an invitation to be forgotten
	tablePeer      = store.OwnPrefix + "peer"      // node -> peerRow
)

// OutboxWake is the kind of the outbox rows that a delivery to an agent with a
// wake stages. The payload is a [Wake] as JSON.
const OutboxWake = "wake"

// Wake says which message wakes which agent.
type Wake struct {
	Seat   string `json:"seat"`
	Number uint64 `json:"number"`
	Left   int    `json:"left"` // runs that its own may cause
}

// statePeers is a key of tableState.
const statePeers = "peers"

// stateRow is the vat's own counters.
type stateRow struct {
	Version int `json:"version"`
	Node    Key `json:"node"`
	Agents  int `json:"agents"`
}

// agentRow is what an agent is. It never changes, so it can be kept in memory.
type agentRow struct {
	Name  string `json:"name"`
	Host  bool   `json:"host,omitempty"`
	Of    string `json:"of,omitempty"` // the seat of the agent that made it
	Seed  []byte `json:"seed"`         // of its key pair: a secret
	Dir   number `json:"dir"`          // its directory
	Self  number `json:"self"`         // its own powers
	Inbox number `json:"inbox"`
}

// boxRow is what changes with each delivery to an agent, and each action of it.
type boxRow struct {
	Mail   uint64   `json:"mail,omitempty"` // the newest message's number
	Log    uint64   `json:"log,omitempty"`  // the newest entry's number
	New    int      `json:"new,omitempty"`  // messages of others that are new
	Bytes  int64    `json:"bytes,omitempty"`
	Queued int      `json:"queued,omitempty"`
	Kept   int64    `json:"kept,omitempty"` // about how many bytes the vat keeps for it
	Wake   *wakeRow `json:"wake,omitempty"`
}

// wakeRow says what runs on each delivery.
type wakeRow struct {
	Chain number `json:"chain"`
	Fuel  int64  `json:"fuel,omitempty"`
}

// mailRow is a message in a mailbox.
type mailRow struct {
	In      bool   `json:"in,omitempty"` // it came; otherwise it is one's own
	From    ID     `json:"-"`
	To      ID     `json:"-"`
	With    ID     `json:"with"` // the one of these that is not the mailbox's agent
	ID      number `json:"id"`
	Body    string `json:"body"`
	Sig     []byte `json:"sig"`
	Arrived int64  `json:"at"` // milliseconds since 1970
	State   State  `json:"state"`
	Thread  number `json:"thread,omitzero"` // on the disk zero stands for its own id
	// Of a request of one's own:
	Promise *number `json:"promise,omitempty"`
	Answer  *held   `json:"answer,omitempty"`
	Settled bool    `json:"settled,omitempty"` // it was answered, or taken back
	Why     string  `json:"why,omitempty"`     // of a refusal
}

// packed leaves out what the key and the mailbox tell.
func (r mailRow) packed() mailRow {
	r.With = r.To
	if r.In {
		r.With = r.From
	}
	if r.Thread == r.ID {
		r.Thread = number{}
	}
	return r
}

// unpacked is the reverse of packed, in an agent's mailbox.
func (r mailRow) unpacked(owner *agent) mailRow {
	r.From, r.To = owner.handle, r.With
	if r.In {
		r.From, r.To = r.With, owner.handle
	}
	if r.Thread == (number{}) {
		r.Thread = r.ID
	}
	return r
}

// held is an identifier with its type.
type held struct {
	ID   ID   `json:"id"`
	Type Type `json:"type"`
}

// mailIDRow leads from a message's id to its number.
type mailIDRow struct {
	Number uint64 `json:"n"`
}

// queueRow is a message on its way to another node.
type queueRow struct {
	ID    number `json:"id"`
	To    ID     `json:"to"`
	Since int64  `json:"since"`
}

// logRow is an entry of an agent's log. Message is the number of the message
// whose state it changed, by which followers hear of it.
type logRow struct {
	At      int64           `json:"at"`
	Action  string          `json:"action"`
	Message uint64          `json:"message,omitempty"`
	Detail  json.RawMessage `json:"detail,omitempty"`
	Error   string          `json:"error,omitempty"`
}

// formulaRow is what an identifier of this node is.
type formulaRow struct {
	Type Type `json:"type"`
	// Seat is the agent's, of a handle, an agent, an inbox and an invitation; of a
	// chain, that of who published it.
	Seat string `json:"seat,omitempty"`
	// Payer is the seat of the agent against which it counts; "" is none.
	Payer string `json:"payer,omitempty"`
	// Holds is what it keeps: the answer of a promise, what a chain may use.
	Holds []held `json:"holds,omitempty"`
	// State and Why are those of a promise.
	State State  `json:"state,omitempty"`
	Why   string `json:"why,omitempty"`
	// Dir is where a promise or an invitation was given its name.
	Dir *number `json:"dir,omitempty"`
	// Expires and Used are those of an invitation; milliseconds since 1970.
	Expires int64 `json:"expires,omitempty"`
	Used    bool  `json:"used,omitempty"`
	// Inbox tells that it is the directory of an agent's messages.
	Inbox bool `json:"inbox,omitempty"`
}

// nameRow is where a name leads.
type nameRow = held

// peerRow is another node.
type peerRow struct {
	At    []string `json:"at,omitempty"`
	Since int64    `json:"since"`
}

// number is 32 bytes that are written as hexadecimal digits.
type number [32]byte

func (n number) String() string               { return hex.EncodeToString(n[:]) }
func (n number) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (n *number) UnmarshalText(text []byte) error {
	parsed, err := parseNumber(string(text))
	*n = parsed
	return err
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

// seatKey and countKey are numbers as keys hold them.
func seatKey(n int) string                 { return fmt.Sprintf("%08x", n) }
func countKey(n uint64) string             { return fmt.Sprintf("%016x", n) }
func below(a, b string) string             { return a + "/" + b }
func mailKey(seat string, n uint64) string { return seat + "/" + countKey(n) }

// The ways of a message, in keys of tableMailID.
const (
	wayIn  = "i" // it came
	wayOut = "o" // one's own
)

// mailIDKey begins with the message's id: those that this vat makes begin with
// the time, so that what is sent by all at once stands together on the disk.
func mailIDKey(seat, way string, id number) string { return id.String() + "/" + seat + "/" + way }

// The holders of an identifier, as the rest of a key of tableHeld.
const (
	holderAgent   = "a" // an agent: its handle, its directory, what else is its own
	holderFormula = "f" // f/number
	holderMail    = "m" // m/seat/number
	holderName    = "n" // n/directory/name
)
