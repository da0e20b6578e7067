// Package mail is the agents of a vat: their keys, handles, pet names and
// mailboxes, and what they mail each other.
//
// An agent is a host or a guest. It has an Ed25519 key pair, whose public half
// is its handle: who holds the handle can deliver to the agent and check that
// mail is from it, and can do nothing else with it. Messages carry identifiers,
// never names: what a thing is called is the reader's own matter, and is looked
// up where it is shown. (docs/MAIL.md; the design is that of Endo's mail.)
//
// What it promises:
//
//   - An action is one transaction: mailboxes, names, and the agent's log change
//     together, or nothing does. When an action returns, it is on the disk.
//   - Nobody can send in another's name. A message is sealed by its sender's key
//     for one recipient; one that was forged, re-addressed, cut or seen before is
//     refused and counted.
//   - What somebody holds stays; what nobody can reach any more is removed.
//   - What leaves for another node is kept until it has been acknowledged, over
//     restarts, and the sender can see it and take it back.
//
// Errors that a caller acts on are an [*Error] with a [Code]; their texts hold
// nothing of the host.
package mail

import (
	"crypto/ed25519"
	"encoding/json"
	"time"
)

// Key is an Ed25519 public key: an agent's or a node's.
type Key [ed25519.PublicKeySize]byte

// ID is an identifier: what, and on which node it is. It is written as both
// halves in 64 hex digits with a colon between. The number of a handle is its
// agent's public key; every other number is random and cannot be guessed.
type ID struct {
	Number [32]byte
	Node   Key
}

// Type is what an identifier leads to.
type Type string

const (
	TypeHandle     Type = "handle"     // an agent's public face
	TypeAgent      Type = "agent"      // an agent's own powers: held by nobody but its host
	TypeValue      Type = "value"      // JSON
	TypeDirectory  Type = "directory"  // names for identifiers
	TypeChain      Type = "chain"      // a published chain: calling it runs it
	TypePromise    Type = "promise"    // of a request
	TypeInvitation Type = "invitation" // to be accepted once
	TypeNode       Type = "node"       // a vat on the network
)

// Locator is an identifier with where to find it:
// qvat://NODE/?id=NUMBER&type=TYPE&at=ADDRESS.
type Locator struct {
	ID   ID
	Type Type
	At   []string
}

// Kind is what a message is.
type Kind string

const (
	KindPackage Kind = "package" // text with attachments
	KindRequest Kind = "request" // asks for a thing
	KindReply   Kind = "reply"   // a package that answers one
	KindValue   Kind = "value"   // the answer to a request: a thing, or a refusal
	KindReceipt Kind = "receipt" // that a message was adopted from or dismissed
)

// State is what has become of a message in a mailbox.
type State string

const (
	StateNew       State = "new"
	StateSent      State = "sent"     // one's own, in one's own mailbox; acknowledged where it is not local
	StateQueued    State = "queued"   // one's own, on its way to another node
	StateResolved  State = "resolved" // a request that was granted
	StateRejected  State = "rejected" // a request that was refused
	StateDismissed State = "dismissed"
)

// Message is a message in a mailbox.
type Message struct {
	// Number counts from 1 in this mailbox, and is the cursor of followers.
	Number uint64
	// ID is the message's own, which its sender chose: eight bytes of the time,
	// so that the newest lie together on the disk, and 24 random ones.
	ID       [32]byte
	Kind     Kind
	From, To ID
	Date     time.Time // the sender's
	Arrived  time.Time
	State    State
	Strings  []string // text around the edges: one more than these
	Edges    []string
	IDs      []ID
	Types    []Type // of IDs
	// ReplyTo is the message that this answers, where it does.
	ReplyTo *[32]byte
	// Why is the reason of a refusal; What is that of a request or receipt.
	What, Why string
	// Thread is the first message of a line of answers; its own ID for one that
	// answers nothing.
	Thread [32]byte
	// Sealed is the message as it travelled.
	Sealed Sealed
}

// Sealed is a message as it travels: the body, byte for byte, and a signature
// by the sender's agent key over recipient, sender, id and the body's hash.
type Sealed struct {
	From, To  ID
	ID        [32]byte
	Body      []byte // JSON
	Signature [ed25519.SignatureSize]byte
}

// Entry is a name in a directory.
type Entry struct {
	Name string
	ID   ID
	Type Type
	// Like names another entry of the directory with which this one could be
	// confused (case, look-alike letters), or is "".
	Like string
}

// AgentInfo is what the vat's owner sees of an agent.
type AgentInfo struct {
	Name   string // as the owner calls it; unique in the vat
	Host   bool
	Of     string // the agent that made it; "" for the first
	Key    Key
	Handle ID
	Unread int // messages of others whose state is new
	Wakes  string
}

// LogEntry is an action of an agent, or what happened to it.
type LogEntry struct {
	Number uint64
	At     time.Time
	Action string          // as the method is called, in lower case: "send", "adopt"
	Detail json.RawMessage // what to show of it
	Error  string          // of a wake that failed
}

// Code says what kind of error an [Error] is.
type Code string

const (
	NotFound  Code = "not_found" // a name, number, edge or identifier that is not there
	BadName   Code = "bad_name"  // no pet name, or one that is taken or special
	Refused   Code = "refused"   // not this agent's to do, or not in this state
	Full      Code = "full"      // a quota
	BadSeal   Code = "bad_seal"  // forged, re-addressed, cut
	Replayed  Code = "replayed"  // seen before
	Expired   Code = "expired"   // an invitation
	Used      Code = "used"      // an invitation that was accepted already
	Wrong     Code = "wrong"     // not of the type that the action wants
	Elsewhere Code = "elsewhere" // another node's, which cannot be reached now
)

// Error is an error that a caller acts on.
type Error struct {
	Code    Code
	Message string // what happened, to what
	Hint    string // what to do next; may be ""
}

func (e *Error) Error() string { return e.Message }
