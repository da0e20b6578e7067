package mail

import "qvat/host/caps"

// Sent is a message that is on the disk, in the sender's mailbox and, when the
// recipient lives in the same vat, in the recipient's.
type Sent struct {
	ID     [32]byte `json:"id"`
	Number uint64   `json:"number"` // in the sender's mailbox
}

// MessageQuery says which messages of a mailbox to give.
type MessageQuery struct {
	After  uint64     // numbers above it
	Before uint64     // numbers below it; 0 is no bound
	Limit  int        // how many at most; 0 is 100, and 1,000 the most
	Newest bool       // the newest of them, where there are more; still ascending
	State  caps.State // those of this state; "" is any
	Thread *[32]byte
}
