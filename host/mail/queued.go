package mail

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
)

// queuedCall is a call that waits for the commit of the one that made it. What is
// in it is held until it is over: see [queuedCall.holder].
type queuedCall struct {
	ID    number          `json:"id"`
	Agent ID              `json:"agent"` // whose log tells what came of it
	Chain ID              `json:"chain"`
	Input json.RawMessage `json:"input,omitempty"` // as that of a Call, with Slots
	Slots []Slot          `json:"slots,omitempty"`
	Fuel  int64           `json:"fuel,omitempty"` // as that of the call that made it
	Left  int             `json:"left"`           // as that of a Wake
	Auto  uint8           `json:"auto,omitempty"` // as that of a Call
}

// holder is the call as the holder of its chain and of what is in its data.
func (q queuedCall) holder() string {
	return below(holderAgent, "call/"+number(q.Agent.Number).String()+"/"+q.ID.String())
}

// describeCall says whose waiting call holds something; at is the end of its holder.
func (x *act) describeCall(ctx context.Context, at string) (line string, hidden bool, err error) {
	key, _, _ := strings.Cut(at, "/")
	n, err := parseNumber(key)
	if err != nil {
		return "", false, err
	}
	owner, err := x.agentByKey(ctx, Key(n))
	if err != nil {
		return "", false, err
	}
	ours, err := x.isOurs(ctx, owner)
	return "agent " + owner.name + ": a call that waits to be run", !ours, err
}

// stageCall stages a call. It fails with Refused when what is running may cause no
// more runs.
func (in *Inside) stageCall(ctx context.Context, q queuedCall) error {
	return in.run(ctx, nil, func(x *act) error {
		if q.Left, q.Auto = x.share(), x.auto; q.Left < 0 {
			return tooFar()
		}
		if err := x.hold(ctx, q.Chain, q.holder()); err != nil {
			return err
		}
		for _, slot := range q.Slots {
			if err := x.hold(ctx, slot.ID, q.holder()); err != nil {
				return err
			}
		}
		payload, err := encodeJSON(q)
		if err != nil {
			return err
		}
		x.stages = append(x.stages, stagedRow{OutboxCall, payload})
		return nil
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
	rerr := p.run(context.WithoutCancel(ctx), nil, func(x *act) error {
		for _, slot := range q.Slots {
			if err := x.release(ctx, slot.ID, q.holder()); err != nil {
				return err
			}
		}
		return x.release(ctx, q.Chain, q.holder())
	})
	return errors.Join(err, rerr)
}

// runQueued is callQueued without the end.
func (p *Post) runQueued(ctx context.Context, q queuedCall, last bool) error {
	var c Call
	var who *agent
	err := p.run(ctx, nil, func(x *act) (err error) {
		if who, err = x.agentByKey(ctx, q.Agent.Number); err != nil {
			return err
		}
		x.who = who
		c, err = x.newCall(ctx, held{q.Chain, TypeChain})
		return err
	})
	if who == nil && codeOf(err) == NotFound {
		return nil // the agent is gone, and its log
	}
	detail := map[string]any{"id": q.Chain, "call": q.ID}
	if err != nil {
		return p.notRun(ctx, who, "call", detail, err)
	}
	c.Input, c.Slots, c.Fuel = q.Input, q.Slots, q.Fuel
	c.ID, c.Once, c.Left, c.Auto = q.ID, true, q.Left, q.Auto
	_, err = p.runLogged(ctx, who, c, "call", detail, last)
	return mayPass(err)
}
