package mail

import (
	"encoding/json"
	"time"
)

// Sent is a message that is on the disk, in the sender's mailbox and, when the
// recipient lives in the same vat, in the recipient's.
type Sent struct {
	ID     [32]byte `json:"id"`
	Number uint64   `json:"number"` // in the sender's mailbox
}

// MessageQuery says which messages of a mailbox to give.
type MessageQuery struct {
	After  uint64 // numbers above it
	Before uint64 // numbers below it; 0 is no bound
	Limit  int    // how many at most; 0 is 100, and 1,000 the most
	Newest bool   // the newest of them, where there are more; still ascending
	State  State  // those of this state; "" is any
	Thread *[32]byte
}

// LogQuery says which entries of an agent's log to give: the newest Limit of
// those above After and below Before, ascending.
type LogQuery struct {
	After  uint64
	Before uint64 // 0 is no bound
	Limit  int    // 0 is 100, and 1,000 the most
}

// NameChange is a name that has come to lead somewhere, or is gone.
type NameChange struct {
	Name    string
	ID      ID
	Type    Type
	Removed bool
}

// Thing is what a name or an identifier leads to.
type Thing struct {
	ID   ID
	Type Type
	// Local tells that it lives in this vat. Of what does not, only ID and Type
	// are known.
	Local bool
	// Value is that of a value.
	Value json.RawMessage
	// Names counts the names of a directory.
	Names      int
	Chain      *ChainInfo
	Promise    *PromiseInfo
	Invitation *InvitationInfo
}

// ChainInfo is what is known of a published chain.
type ChainInfo struct {
	Capsule []byte // as it was published
}

// PromiseInfo is what has become of a promise.
type PromiseInfo struct {
	State State // new, resolved or rejected
	ID    ID    // what it was resolved to
	Type  Type
	Why   string // it was rejected
}

// InvitationInfo is what is known of an invitation.
type InvitationInfo struct {
	From    ID // the handle of who invites
	Expires time.Time
	Used    bool
}

// Queued is a message on its way to another node.
type Queued struct {
	ID     [32]byte
	Number uint64 // in the sender's mailbox
	To     ID
	Since  time.Time
	Tries  int       // that failed since the vat was started, of it or of all for its node
	Next   time.Time // when it is tried next
	Error  string    // of the last try; "" before the first
}

// Peer is another node that this one has heard of.
type Peer struct {
	Node  Key
	At    []string
	Since time.Time
}
