package mail

import (
	"context"
	"encoding/json"
	"errors"

	"qvat/host/caps"
	"qvat/host/mail/slotted"
)

// queuedCall is a call that waits for the commit of the one that made it. What is
// in it is held until it is over: see [queuedCall.holder].
type queuedCall struct {
	ID    caps.Number     `json:"id"`
	Agent caps.ID         `json:"agent"` // whose journal tells what came of it
	Chain caps.ID         `json:"chain"`
	Input json.RawMessage `json:"input,omitempty"` // as that of a Call, with Slots
	Slots []slotted.Slot  `json:"slots,omitempty"`
	Fuel  int64           `json:"fuel,omitempty"` // as that of the call that made it
	Cause                 // what it may cause in turn
}

// stageCall stages a call. It fails with Refused when what is running may cause no
// more runs.
func (in *Inside) stageCall(ctx context.Context, q queuedCall) error {
	return in.run(ctx, nil, func(x *txn) (err error) {
		if q.Cause, err = x.cause.share(); err != nil {
			return err
		}
		if err := x.Hold(ctx, q.Chain, q.holder()); err != nil {
			return err
		}
		for _, slot := range q.Slots {
			if err := x.Hold(ctx, slot.ID, q.holder()); err != nil {
				return err
			}
		}
		return x.stage(OutboxCall, q)
	})
}

// callQueued makes a call that a program has queued. An error is one that may pass;
// after the last try, or without one, the call holds nothing any more.
//
// What it holds is released after the run and not with it, so that it is released
// as well when the vat was killed between the two: the row is done again then, and
// the run, which has committed, is not.
func (p *Post) callQueued(ctx context.Context, q queuedCall, last bool) error {
	err := p.runQueued(ctx, q, last)
	if err != nil && (!last || ctx.Err() != nil) {
		return err
	}
	rerr := p.act(context.WithoutCancel(ctx), func(x *txn) error {
		for _, slot := range q.Slots {
			if err := x.Release(ctx, slot.ID, q.holder()); err != nil {
				return err
			}
		}
		return x.Release(ctx, q.Chain, q.holder())
	})
	return errors.Join(err, rerr)
}

// runQueued is callQueued without the end.
func (p *Post) runQueued(ctx context.Context, q queuedCall, last bool) error {
	detail := map[string]any{"id": q.Chain, "call": q.ID}
	return p.runStaged(ctx, "call", detail, last, func(x *txn) (who *caps.Agent, c Call, err error) {
		if who, err = x.AgentByKey(ctx, q.Agent.Number); err != nil {
			return nil, c, err
		}
		c, err = x.newCall(ctx, caps.Ref{ID: q.Chain, Type: caps.TypeChain})
		c.Input, c.Slots, c.Fuel = q.Input, q.Slots, q.Fuel
		c.ID, c.Once, c.Cause = q.ID, true, q.Cause
		return who, c, err
	})
}
