// Package mail is what the agents of a vat do: by pet names they find what they hold
// (package caps), and they mail it to each other.
//
// An agent is a host or a guest. It has an Ed25519 key pair, whose public half
// is its handle: who holds the handle can deliver to the agent and check that
// mail is from it, and can do nothing else with it. Messages carry identifiers,
// never names: what a thing is called is the reader's own matter, and is looked
// up where it is shown. (docs/MAIL.md; the design is that of Endo's mail.)
//
// What it promises:
//
//   - An action is one transaction: mailboxes, names, and the agent's journal change
//     together, or nothing does. When an action returns, it is on the disk.
//   - Nobody can send in another's name. A message is sealed by its sender's key
//     for one recipient; one that was forged, re-addressed, cut or seen before is
//     refused and counted.
//   - What leaves for another node is kept until it has been acknowledged, over
//     restarts, and the sender can see it and take it back. Package wire brings it
//     there, and takes what comes.
//
// Errors that a caller acts on are a [*caps.Error]; their texts hold nothing of the
// host.
package mail

import (
	"time"

	"qvat/host/caps"
	"qvat/host/mail/letter"
)

// State is what has become of a message in a mailbox: one of caps', where it is
// new or a request that was answered, or one of these.
type State = caps.State

const (
	StateSent      State = "sent"   // one's own, in one's own mailbox; acknowledged where it is not local
	StateQueued    State = "queued" // one's own, on its way to another node
	StateDismissed State = "dismissed"
)

// Message is a message in a mailbox.
type Message struct {
	// Number counts from 1 in this mailbox, and is the cursor of followers.
	Number uint64
	// ID is the message's own, which its sender chose: eight bytes of the time,
	// so that the newest lie together on the disk, and 24 random ones.
	ID       [32]byte
	Kind     letter.Kind
	From, To caps.ID
	Date     time.Time // the sender's
	Arrived  time.Time
	State    State
	Strings  []string // text around the edges: one more than these
	Edges    []string
	IDs      []caps.ID
	Types    []caps.Type // of IDs
	// ReplyTo is the message that this answers, where it does.
	ReplyTo *[32]byte
	// Why is the reason of a refusal; What is that of a request or receipt.
	What, Why string
	// Thread is the first message of a line of answers; its own ID for one that
	// answers nothing.
	Thread [32]byte
	// Sealed is the message as it travelled.
	Sealed letter.Sealed
}
