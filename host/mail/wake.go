package mail

import (
	"context"
	"crypto/sha256"
	"encoding/json"

	"qvat/host/caps"
)

// What runs by itself: the chain that an agent names for what comes to it, and
// calls that programs have made of other chains. Each is a row of the outbox,
// staged with what caused it, and is done once.

// OutboxCall is the kind of the outbox rows that a program's call of a chain
// stages. The payload is a queuedCall as JSON.
const OutboxCall = "call"

// OutboxWake is the kind of the outbox rows that a delivery to an agent with a
// wake stages. The payload is a [Wake] as JSON.
const OutboxWake = "wake"

// Wake says which letter wakes which agent.
type Wake struct {
	Agent  string `json:"seat"` // its number
	Number uint64 `json:"number"`
	Cause         // what its run may cause; how deep it is, the letter tells
}

// Sends tells whether rows of the outbox of this kind are the post's to deal with.
func Sends(kind string) bool { return kind == OutboxWake || kind == OutboxCall }

// SetWake names the published chain that runs on each delivery to the agent, in
// its name; "" for none. It may burn fuel at each, 0 for Limits.WakeFuel; what is
// more than the vat's limit is the vat's limit. docs/MAIL.md says what it is given.
// What comes of each run is in the agent's journal.
func (a *Agent) SetWake(ctx context.Context, name string, fuel int64) error {
	if fuel < 0 {
		return caps.Refuse(caps.Wrong, "a chain cannot burn %d fuel", fuel)
	}
	return a.do(ctx, func(x *txn) error {
		box, err := x.box(ctx, a.who.Number)
		if err != nil {
			return err
		}
		if box.Wake != nil {
			if err := x.Release(ctx, x.p.id(box.Wake.Chain), wakeHolder(a.who)); err != nil {
				return err
			}
		}
		box.Wake = nil
		detail := map[string]any{"name": name}
		if name != "" {
			h, err := x.resolve(ctx, name)
			if err != nil {
				return err
			}
			if h.Type != caps.TypeChain {
				return caps.Refuse(caps.Wrong, "%s is a %s, and no published chain", name, h.Type)
			}
			if _, err := x.Chain(ctx, h.ID); err != nil {
				return err
			}
			if err := x.Hold(ctx, h.ID, wakeHolder(a.who)); err != nil {
				return err
			}
			box.Wake = &wakeRow{Chain: h.ID.Number, Fuel: fuel}
			detail["id"], detail["fuel"] = h.ID, fuel
		}
		return x.journal(ctx, a.who, "setwake", 0, detail)
	})
}

// wake runs what a delivery wakes. An error is one that may pass.
func (p *Post) wake(ctx context.Context, w Wake, last bool) error {
	var c Call
	var who *caps.Agent
	err := p.update(ctx, nil, func(x *txn) (err error) {
		if who, err = x.AgentByNumber(ctx, w.Agent); err != nil {
			return err
		}
		x.who = who
		c, err = x.wakeCall(ctx, w)
		return err
	})
	if err == nil && c.Capsule == nil {
		return nil // it wakes nothing any more
	}
	detail := map[string]any{"number": w.Number, "from": c.Cause.From}
	if err != nil {
		return p.journalNotRun(ctx, who, "wake", detail, err)
	}
	_, err = p.runJournaled(ctx, who, c, "wake", detail, last)
	return mayPass(err)
}

// wakeCall makes the call that a delivery wakes; one without a capsule where
// there is none.
func (x *txn) wakeCall(ctx context.Context, w Wake) (c Call, err error) {
	box, err := x.peekBox(ctx, w.Agent)
	if err != nil || box.Wake == nil {
		return c, err
	}
	row, err := x.mail(ctx, x.who, w.Number)
	if caps.CodeOf(err) == caps.NotFound {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	b, err := row.body()
	if err != nil {
		return c, err
	}
	m, err := row.message(w.Number)
	if err != nil {
		return c, err
	}
	c.Cause = Cause{From: m.From, Left: w.Left, Depth: b.Auto + 1} // mayWake has bounded it
	if c.Capsule, _, err = x.Capsule(ctx, x.p.id(box.Wake.Chain)); err != nil {
		return c, err
	}
	list := slotList{}
	c.Input, err = json.Marshal(map[string]any{"message": list.message(m)})
	c.Slots, c.Agent, c.Once = list.slots, x.who.Handle, true
	c.Fuel = box.Wake.Fuel
	if c.Fuel == 0 {
		c.Fuel = x.p.limits.WakeFuel
	}
	c.ID = sha256.Sum256(append(append([]byte("qvat wake v1\n"), x.who.Key[:]...), m.ID[:]...))
	return c, err
}

// journalNotRun puts in an agent's journal why nothing was run. An error that may pass is
// given back.
func (p *Post) journalNotRun(ctx context.Context, who *caps.Agent, action string, detail any, why error) error {
	if caps.CodeOf(why) == "" || who == nil {
		return why
	}
	ctx = context.WithoutCancel(ctx)
	return p.update(ctx, nil, func(x *txn) error { return x.journalFailure(ctx, who, action, 0, detail, why.Error()) })
}

// mayPass gives an error of a run back when another try may have none. What the
// chain's programs did wrong they would do again.
func mayPass(err error) error {
	if code := caps.CodeOf(err); code != "" && code != caps.Busy {
		return nil
	}
	return err
}
