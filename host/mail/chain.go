package mail

import (
	"context"
	"encoding/json"
	"maps"

	"qvat/chains"
	"qvat/host/caps"
	"qvat/host/mail/slotted"
)

// Publish keeps a chain under a name; hosts only. Its identifier is a capability:
// who has it can call the chain, and needs nothing else. What a call may do is
// what the chain's links let it do; what it mails is from the agent that
// published it.
//
// capsule is an encoded capsule, with the programs that the vat may lack; what
// input it holds is not used. Its first link must be signed by the vat's root key
// when it is called. It fails with code Wrong when it is no capsule, and with Full
// when it has more than Limits.ChainBytes.
func (a *Agent) Publish(ctx context.Context, name string, capsule []byte) (id caps.ID, err error) {
	if most := a.p.limits.ChainBytes; len(capsule) > most {
		return id, caps.Refuse(caps.Full, "a chain of %d bytes; it may have %d", len(capsule), most)
	}
	if _, err := chains.DecodeCapsule(capsule, chains.Limits{}); err != nil {
		return id, caps.Refuse(caps.Wrong, "this is no capsule: %v", err).WithHint("`qvat sign` makes one")
	}
	text, err := json.Marshal(capsule)
	if err != nil {
		return id, err
	}
	return ask(ctx, a.act, func(x *txn) (caps.ID, error) {
		if err := mustHost(a.who, "publish chains"); err != nil {
			return id, err
		}
		return x.createContent(ctx, "publish", name, caps.Formula{Type: caps.TypeChain, Agent: a.who.Number}, text)
	})
}

// Call calls a published chain, and waits for its result. It runs as a message of
// its own, in a transaction of its own, with an entry in the agent's journal.
//
// input is data with slots: in it the object {"@": "LABEL"} stands for the
// capability that slots names by that label (a name, an identifier or a locator),
// and a key of data that begins with "@" has one more "@" before it. Empty is
// undefined. In the result, nil for undefined, {"@": "IDENTIFIER"} stands for each
// capability.
//
// It fails with code Wrong when what is named is no chain, or the data is not as
// it should be; with Failed when the chain fails, and then nothing of it happened;
// with Busy when the vat has too much to do.
func (a *Agent) Call(ctx context.Context, name string, input json.RawMessage, slots map[string]string) (json.RawMessage, error) {
	if err := a.alone("a call"); err != nil {
		return nil, err
	}
	c, err := ask(ctx, a.act, func(x *txn) (c Call, err error) {
		target, err := x.resolve(ctx, name)
		if err != nil {
			return c, err
		}
		if c, err = x.newCall(ctx, target); err != nil {
			return c, err
		}
		c.Input, c.Slots, err = slotted.Fill(input, slots, func(name string) (slotted.Slot, error) {
			r, err := x.resolveToGive(ctx, name)
			return slotted.Slot(r), err
		})
		if err != nil {
			return c, err
		}
		c.ID, err = x.Random()
		return c, err
	})
	if err != nil {
		return nil, err
	}
	ran, err := a.p.runJournaled(ctx, a.who, c, "call", map[string]any{"name": name}, true)
	return ran.Result, err
}

// newCall makes a call of a chain of this vat, with no input yet.
func (x *txn) newCall(ctx context.Context, target caps.Ref) (c Call, err error) {
	if x.p.o.Run == nil {
		return c, caps.Refuse(caps.Refused, "this vat runs no chains")
	}
	if target.Type != caps.TypeChain {
		return c, caps.Refuse(caps.Wrong, "a %s cannot be called: only a published chain can", target.Type)
	}
	capsule, f, err := x.Capsule(ctx, target.ID)
	if err != nil {
		return c, err
	}
	publisher, err := x.AgentByNumber(ctx, f.Agent)
	if err != nil {
		return c, err
	}
	return Call{Capsule: capsule, Agent: publisher.Handle, Cause: Cause{Left: maxCaused}}, nil
}

// runJournaled runs a call, with an entry in an agent's journal: in the run's own
// transaction, or in another when it fails. What may pass is put there when this
// was the last try.
func (p *Post) runJournaled(ctx context.Context, who *caps.Agent, c Call, action string, detail map[string]any, last bool) (Ran, error) {
	with := func(ran Ran) map[string]any {
		all := maps.Clone(detail)
		all["fuel"] = ran.Fuel
		return all
	}
	c.Commit = func(ctx context.Context, in *Inside, ran Ran) error {
		return in.run(ctx, who, func(x *txn) error { return x.journal(ctx, who, action, 0, with(ran)) })
	}
	ran, err := p.o.Run.Run(ctx, c)
	known := caps.CodeOf(err) != ""
	if err == nil || !known && ctx.Err() != nil || mayPass(err) != nil && !last {
		return ran, err
	}
	ctx = context.WithoutCancel(ctx) // it has failed, whether its caller still waits or not
	text := "the vat could not run it: its log says why"
	if known {
		text = err.Error()
	} else {
		p.log.Error("a chain could not be run", "agent", who.Name, "err", err)
	}
	jerr := p.act(ctx, func(x *txn) error { return x.journalFailure(ctx, who, action, 0, with(ran), text) })
	if jerr != nil {
		p.log.Error("a failure was not put in the agent's log", "agent", who.Name, "err", jerr)
	}
	return ran, err
}
