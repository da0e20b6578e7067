package mail

import (
	"crypto/ed25519"
	"log/slog"
	"time"

	"qvat/host/store"
)

// Store is what a post office needs of the vat's store.
type Store interface {
	store.Transactions
	store.Outbox
}

// Options say what a post office is made of. Store and Node must be set.
type Options struct {
	// Store keeps everything. Its own tables (store.OwnPrefix) are the post's.
	Store Store
	// Node is the vat's own key on the network; not the root key.
	Node ed25519.PrivateKey
	// At are the addresses that locators give for this node; there may be none.
	At []string
	// Run runs published chains; nil: none can be called.
	Run Runner
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Logger gets what the vat's owner should know; nil discards it.
	Logger *slog.Logger
	// Limits bound everything; their zero values are the defaults.
	Limits Limits
}

// Limits bound what agents keep and send. Zero stands for the default that is
// named beside it.
type Limits struct {
	MailboxCount int   // 100,000: messages of others in a mailbox whose state is new
	MailboxBytes int64 // 256 MiB: the same, their bodies' bytes
	SenderCount  int   // 10,000: new messages of one sender in one mailbox
	Queued       int   // 10,000: messages of one agent on their way to other nodes
	MessageBytes int   // 64 KiB: a body
	Edges        int   // 64: attachments of a message
	ValueBytes   int   // 256 KiB: a stored value
	ChainBytes   int   // 512 KiB: the capsule of a published chain
	Names        int   // 10,000: names in one directory
	Agents       int   // 10,000: agents in the vat
	AgentBytes   int64 // 4 times MailboxBytes: what is kept for one agent, with its mailbox, what it made and its names
	LogCount     int   // 100,000: entries kept of one agent's journal, the newest ones
	NodeWakes    int   // 300: runs a minute that the messages of one other node cause
	WakeFuel     int64 // 100,000,000: fuel of a chain that a message wakes, where the agent sets none
	// Receipts has agents tell senders when a message of theirs was adopted
	// from or dismissed. It is off by default: when somebody reads is his own
	// affair.
	Receipts bool
}

// withDefaults replaces zeros by defaults.
func (l Limits) withDefaults() Limits {
	orDefault(&l.MailboxCount, 100_000)
	orDefault(&l.MailboxBytes, 256<<20)
	orDefault(&l.SenderCount, 10_000)
	orDefault(&l.Queued, 10_000)
	orDefault(&l.MessageBytes, 64<<10)
	orDefault(&l.Edges, 64)
	orDefault(&l.ValueBytes, 256<<10)
	orDefault(&l.ChainBytes, 512<<10)
	orDefault(&l.Names, 10_000)
	orDefault(&l.Agents, 10_000)
	orDefault(&l.AgentBytes, 4*l.MailboxBytes)
	orDefault(&l.LogCount, 100_000)
	orDefault(&l.NodeWakes, 300)
	orDefault(&l.WakeFuel, 100_000_000)
	return l
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
