// Package wire brings letters to other nodes, and takes those that come from them.
//
// What it promises:
//
//   - What waits in the queue of package mail is delivered until the other node has
//     acknowledged it, again and again, over restarts of either side. What was
//     delivered when the vat was killed is delivered again: the other side drops what
//     it has seen.
//   - What comes is taken when its seal holds and it was not seen before; all else is
//     refused and counted.
//   - A node that is slow, or cannot be reached, holds up no other.
//
// What carries letters is a [Network]; a vat has none yet.
package wire

import (
	"context"
	"log/slog"
	"time"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/letter"
)

// Network takes sealed letters to other nodes. Its methods may be called from
// any goroutine.
type Network interface {
	// Deliver returns nil when the other side has committed the letter. A
	// [*caps.Error] is the other side's refusal; with code Full or Elsewhere it is
	// tried again, and with code Replayed the other side has it already. Any
	// other error is tried again, too. at are addresses that are known for the
	// node; there may be none.
	Deliver(ctx context.Context, node caps.Key, at []string, m letter.Sealed) error
}

// Options say what a wire is made of. Post must be set.
type Options struct {
	// Post is the vat's, whose letters are brought, and which takes others'.
	Post *mail.Post
	// Network delivers to other nodes; nil: what is for them stays queued.
	Network Network
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Logger gets what the vat's owner should know; nil discards it.
	Logger *slog.Logger
}

// Wire is a vat's way to other nodes. Its methods may be called from any goroutine.
type Wire struct {
	o     Options
	queue *mail.Queue
}

// New makes a wire.
func New(o Options) *Wire {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Wire{o: o, queue: o.Post.Queue()}
}
