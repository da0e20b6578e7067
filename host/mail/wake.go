package mail

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"

	"qvat/host/caps"
	"qvat/host/mail/jobs"
	"qvat/host/mail/slotted"
	"qvat/host/store"
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
	return a.act(ctx, func(x *txn) error {
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
			r, err := x.resolve(ctx, name)
			if err != nil {
				return err
			}
			if r.Type != caps.TypeChain {
				return caps.Refuse(caps.Wrong, "%s is a %s, and no published chain", name, r.Type)
			}
			if _, err := x.Chain(ctx, r.ID); err != nil {
				return err
			}
			if err := x.Hold(ctx, r.ID, wakeHolder(a.who)); err != nil {
				return err
			}
			box.Wake = &wakeRow{Chain: r.ID.Number, Fuel: fuel}
			detail["id"], detail["fuel"] = r.ID, fuel
		}
		return x.journal(ctx, a.who, "setwake", 0, detail)
	})
}

// wake runs what a delivery wakes. An error is one that may pass.
func (p *Post) wake(ctx context.Context, w Wake, last bool) error {
	detail := map[string]any{"number": w.Number, "from": caps.ID{}}
	return p.runStaged(ctx, "wake", detail, last, func(x *txn) (who *caps.Agent, c Call, err error) {
		if who, err = x.AgentByNumber(ctx, w.Agent); err != nil {
			return nil, c, err
		}
		c, err = x.wakeCall(ctx, who, w)
		detail["from"] = c.Cause.From
		return who, c, err
	})
}

// wakeCall makes the call that a delivery wakes; one without a capsule where
// there is none.
func (x *txn) wakeCall(ctx context.Context, who *caps.Agent, w Wake) (c Call, err error) {
	box, err := x.peekBox(ctx, w.Agent)
	if err != nil || box.Wake == nil {
		return c, err
	}
	row, b, err := x.mailBody(ctx, who, w.Number)
	if caps.CodeOf(err) == caps.NotFound {
		return c, nil
	}
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
	list := slotted.List{}
	c.Input, err = json.Marshal(map[string]any{"message": showWoken(&list, m)})
	c.Slots, c.Agent, c.Once = list.Slots, who.Handle, true
	c.Fuel = cmp.Or(box.Wake.Fuel, x.p.limits.WakeFuel)
	c.ID = sha256.Sum256(append(append([]byte("qvat wake v1\n"), who.Key[:]...), m.ID[:]...))
	return c, err
}

// runStaged makes a run that was staged: the call that find makes, for an agent whose
// journal tells of it, with detail. One without a capsule is nothing to run. An error
// is one that may pass.
func (p *Post) runStaged(ctx context.Context, action string, detail map[string]any, last bool, find func(x *txn) (*caps.Agent, Call, error)) error {
	var who *caps.Agent
	c, err := ask(ctx, p.act, func(x *txn) (c Call, err error) {
		who, c, err = find(x)
		return c, err
	})
	switch code := caps.CodeOf(err); {
	case err == nil && c.Capsule == nil:
		return nil
	case err == nil:
		_, err = p.runJournaled(ctx, who, c, action, detail, last)
		return mayPass(err)
	case code == caps.NotFound && who == nil:
		return nil // the agent is gone, and its journal
	case code == "" || who == nil:
		return err
	}
	ctx = context.WithoutCancel(ctx)
	return p.act(ctx, func(x *txn) error { return x.journalFailure(ctx, who, action, 0, detail, err.Error()) })
}

// mayPass gives an error of a run back when another try may have none. What the
// chain's programs did wrong they would do again.
func mayPass(err error) error {
	if code := caps.CodeOf(err); code != "" && code != caps.Busy {
		return nil
	}
	return err
}

// runJobs makes the runs that were staged, until ctx ends.
func (p *Post) runJobs(ctx context.Context) {
	if p.o.Run == nil {
		return
	}
	changed, stop := p.caps.Subscribe(topicRuns)
	defer stop()
	jobs.Loop(ctx, jobs.Options{
		Outbox: p.o.Store, Kinds: []string{OutboxWake, OutboxCall}, Read: p.readJob, Changed: changed, Logger: p.log,
	})
}

// readJob reads a row of the outbox.
func (p *Post) readJob(row store.Outgoing) (j jobs.Job) {
	var err error
	switch row.Kind {
	case OutboxWake:
		var w Wake
		err = json.Unmarshal(row.Payload, &w)
		j = jobs.Job{Whose: w.Agent, Do: func(ctx context.Context, last bool) error { return p.wake(ctx, w, last) }}
	case OutboxCall:
		var q queuedCall
		err = json.Unmarshal(row.Payload, &q)
		j = jobs.Job{Whose: q.Agent.String(), Do: func(ctx context.Context, last bool) error { return p.callQueued(ctx, q, last) }}
	}
	if err != nil {
		p.log.Error("a row of the outbox is not what this version writes, and is dropped", "outbox", row.ID, "err", err)
		j.Do = func(context.Context, bool) error { return nil }
	}
	return j
}
