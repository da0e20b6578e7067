package mail

import (
	"context"
	"encoding/json"

	"qvat/chains"
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
func (a *Agent) Publish(ctx context.Context, name string, capsule []byte) (id ID, err error) {
	if most := a.p.limits.ChainBytes; len(capsule) > most {
		return id, refusal(Full, "a chain of %d bytes; it may have %d", len(capsule), most)
	}
	if _, err := chains.DecodeCapsule(capsule, chains.Limits{}); err != nil {
		return id, refusal(Wrong, "this is no capsule: %v", err).hint("`qvat sign` makes one")
	}
	text, err := json.Marshal(capsule)
	if err != nil {
		return id, err
	}
	err = a.do(ctx, func(x *act) error {
		if err := a.who.mustHost("publish chains"); err != nil {
			return err
		}
		if id, err = x.create(ctx, name, formulaRow{Type: TypeChain, Seat: a.who.seat}); err != nil {
			return err
		}
		if err := x.setValue(ctx, id, text); err != nil {
			return err
		}
		return x.log(ctx, a.who, "publish", 0, map[string]any{"name": name, "id": id})
	})
	return id, err
}

// chain gives a published chain of this node's.
func (x *act) chain(ctx context.Context, id ID) (formulaRow, error) {
	f, err := x.formula(ctx, id)
	if err == nil && f.Type != TypeChain {
		err = refusal(Wrong, "it is a %s, and no published chain", f.Type)
	}
	return f, err
}

// capsule gives that of a published chain.
func (x *act) capsule(ctx context.Context, id ID) (capsule []byte, err error) {
	if _, err := x.chain(ctx, id); err != nil {
		return nil, err
	}
	there, err := x.find(ctx, tableValue, number(id.Number).String(), &capsule)
	if err == nil && !there {
		err = refusal(NotFound, "the published chain is not there any more")
	}
	return capsule, err
}

// dropCapsule removes that of a published chain that nobody holds any more.
func (x *act) dropCapsule(ctx context.Context, n number) error {
	_, err := x.drop(ctx, tableValue, n.String())
	return err
}

// Call calls a published chain, and waits for its result. It runs as a message of
// its own, in a transaction of its own, with an entry in the agent's log.
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
	var c Call
	err := a.p.run(ctx, a.who, func(x *act) error {
		target, err := x.resolve(ctx, name)
		if err == nil {
			c, err = x.newCall(ctx, target)
		}
		if err == nil {
			c.Input, c.Slots, err = x.fillSlots(ctx, input, slots)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	c.ID, c.Left = random(), maxCaused
	ran, err := a.p.runLogged(ctx, a.who, c, "call", map[string]any{"name": name}, true)
	return ran.Result, err
}

// newCall makes a call of a chain of this vat, with no input yet.
func (x *act) newCall(ctx context.Context, target held) (c Call, err error) {
	if x.p.o.Run == nil {
		return c, refusal(Refused, "this vat runs no chains")
	}
	if target.Type != TypeChain {
		return c, refusal(Wrong, "a %s cannot be called: only a published chain can", target.Type)
	}
	f, err := x.chain(ctx, target.ID)
	if err != nil {
		return c, err
	}
	of, err := x.agentBySeat(ctx, f.Seat)
	if err != nil {
		return c, err
	}
	c.Agent = of.handle
	c.Capsule, err = x.capsule(ctx, target.ID)
	return c, err
}

// fillSlots makes the input of a call of one in which labels stand for
// capabilities.
func (x *act) fillSlots(ctx context.Context, input []byte, labels map[string]string) (data []byte, _ []Slot, err error) {
	list := slotList{}
	used := map[string]bool{}
	if len(input) > 0 {
		data, err = mapSlots(input, func(ref []byte) ([]byte, error) {
			var label string
			if json.Unmarshal(ref, &label) != nil {
				return nil, refusal(Wrong, "a slot of the data names its capability by a string, not by %.40s", ref)
			}
			name, ok := labels[label]
			if !ok {
				return nil, refusal(Wrong, "the data has a slot %.80q, which the call gives nothing for", label)
			}
			used[label] = true
			h, err := x.given(ctx, name)
			if err != nil {
				return nil, err
			}
			return json.Marshal(list.number(Slot(h)))
		})
	}
	for label := range labels {
		if err == nil && !used[label] {
			err = refusal(Wrong, "the data has no slot %.80q", label).hint(`write {"@": %q} where it is to stand`, label)
		}
	}
	return data, list.slots, err
}

// runLogged runs a call, with an entry in an agent's log: in the run's own
// transaction, or in another when it fails. What may pass is put there when this
// was the last try.
func (p *Post) runLogged(ctx context.Context, who *agent, c Call, action string, detail map[string]any, last bool) (Ran, error) {
	with := func(ran Ran) map[string]any {
		all := map[string]any{"fuel": ran.Fuel}
		for k, v := range detail {
			all[k] = v
		}
		return all
	}
	c.Commit = func(ctx context.Context, in *Inside, ran Ran) error {
		return in.run(ctx, who, func(x *act) error { return x.log(ctx, who, action, 0, with(ran)) })
	}
	ran, err := p.o.Run.Run(ctx, c)
	known := codeOf(err) != ""
	if err == nil || !known && ctx.Err() != nil || mayPass(err) != nil && !last {
		return ran, err
	}
	ctx = context.WithoutCancel(ctx) // it has failed, whether its caller still waits or not
	text := "the vat could not run it: its log says why"
	if known {
		text = err.Error()
	} else {
		p.log.Error("a chain could not be run", "agent", who.name, "err", err)
	}
	lerr := p.run(ctx, nil, func(x *act) error { return x.logFailure(ctx, who, action, 0, with(ran), text) })
	if lerr != nil {
		p.log.Error("a failure was not put in the agent's log", "agent", who.name, "err", lerr)
	}
	return ran, err
}
