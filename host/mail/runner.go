package mail

import (
	"context"
	"encoding/json"

	"qvat/host/caps"
	"qvat/host/mail/slotted"
)

// Runner runs published chains. It is implemented by the vat. Its methods may be
// called from any goroutine.
type Runner interface {
	// Run runs a call as a message of its own, in a transaction of its own, and
	// returns when that is on the disk. After an error nothing of it happened:
	// an [*caps.Error] with code [caps.Failed] says how the chain failed, one with [caps.Busy]
	// that it did not begin; any other error is the vat's own, or ctx's. What the
	// error of a run says beside it is how much fuel that burnt.
	Run(ctx context.Context, c Call) (Ran, error)
}

// Call is one call of a published chain.
type Call struct {
	// ID is the message's: random, or for a call that must take effect Once, one
	// that comes of what it is for. Where that has committed before, Run does
	// nothing and answers what came of it then.
	ID   [32]byte
	Once bool
	// Capsule is as it was published. Its first link must be signed by the vat's
	// root key when it runs.
	Capsule []byte
	// Input is data with slots: in it {"@": n} stands for Slots[n]. Empty is
	// undefined.
	Input json.RawMessage
	Slots []slotted.Slot
	// Agent is the handle of the agent in whose name the chain acts: what a
	// handle among its slots sends is from this one.
	Agent caps.ID
	// Fuel is what it may burn at the most; 0, and what is more, is the vat's limit.
	Fuel int64
	// Cause says how it came about, and what it may cause in turn: see [Inside.During].
	Cause Cause
	// Commit adds to the transaction in which a run commits; nil adds nothing. It
	// may be called for several runs, of which one commits. An error ends the
	// call with it.
	Commit func(ctx context.Context, in *Inside, ran Ran) error
}

// Ran is what came of a call.
type Ran struct {
	// Result is data with slots, in which {"@": "IDENTIFIER"} stands for each; nil
	// is undefined, and what a failed call has.
	Result json.RawMessage
	Fuel   int64
}
