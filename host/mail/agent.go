package mail

import (
	"context"
	"crypto/ed25519"
)

// Info tells what the vat's owner sees of the agent.
func (a *Agent) Info(ctx context.Context) (info AgentInfo, err error) {
	err = a.do(ctx, func(x *act) error {
		info, err = x.info(ctx, a.who)
		return err
	})
	return info, err
}

// info is [Agent.Info].
func (x *act) info(ctx context.Context, a *agent) (AgentInfo, error) {
	info := AgentInfo{Name: a.name, Host: a.host, Key: a.key, Handle: a.handle}
	if a.of != "" {
		of, err := x.agentBySeat(ctx, a.of)
		if err != nil {
			return info, err
		}
		info.Of = of.name
	}
	var box boxRow
	if _, err := x.find(ctx, tableBox, a.seat, &box); err != nil {
		return info, err
	}
	info.Unread = box.New
	if box.Wake == nil {
		return info, nil
	}
	id := ID{box.Wake.Chain, x.p.node}
	names, err := x.namesIn(ctx, a.dir, id)
	if err != nil {
		return info, err
	}
	info.Wakes = Dub(id, names)
	return info, nil
}

// MakeHost makes a host. The agent, which must be a host, gets name for its
// handle; the made one gets HOST for the agent's. The vat's owner calls it by
// name as well, so it must be one pet name that no other agent of the vat has:
// otherwise it fails with code BadName. It fails with code Full when the vat has
// Limits.Agents.
func (a *Agent) MakeHost(ctx context.Context, name string) (AgentInfo, error) {
	return a.make(ctx, name, true)
}

// MakeGuest makes a guest, as [Agent.MakeHost] makes a host.
func (a *Agent) MakeGuest(ctx context.Context, name string) (AgentInfo, error) {
	return a.make(ctx, name, false)
}

func (a *Agent) make(ctx context.Context, name string, host bool) (info AgentInfo, err error) {
	if err := CheckName(name); err != nil {
		return info, err
	}
	action := "mkguest"
	if host {
		action = "mkhost"
	}
	err = a.do(ctx, func(x *act) error {
		if err := a.who.mustHost("make agents"); err != nil {
			return err
		}
		made, err := x.makeAgent(ctx, name, host, a.who.seat)
		if err != nil {
			return err
		}
		if err := x.bind(ctx, a.who.dir, name, made.handle, TypeHandle); err != nil {
			return err
		}
		if err := x.log(ctx, a.who, action, 0, map[string]any{"name": name, "id": made.handle}); err != nil {
			return err
		}
		if err := x.log(ctx, made, "made", 0, map[string]any{"by": a.who.handle}); err != nil {
			return err
		}
		if err := x.flush(ctx); err != nil {
			return err
		}
		info, err = x.info(ctx, made)
		return err
	})
	return info, err
}

// mustHost refuses to a guest what is a host's to do.
func (a *agent) mustHost(what string) error {
	if a.host {
		return nil
	}
	return refusal(Refused, "%s is a guest: only hosts %s", a.name, what).hint("ask its host to do it, and to mail the result")
}

// makeAgent makes an agent with all that is its own.
func (x *act) makeAgent(ctx context.Context, name string, host bool, of string) (*agent, error) {
	var s stateRow
	if _, err := x.find(ctx, tableState, "state", &s); err != nil {
		return nil, err
	}
	if s.Agents >= x.p.limits.Agents {
		return nil, refusal(Full, "the vat has %d agents, which is its limit", s.Agents)
	}
	var taken string
	if there, err := x.find(ctx, tableAgentName, name, &taken); err != nil {
		return nil, err
	} else if there {
		return nil, refusal(BadName, "an agent of this vat is called %s already: the name is taken", name)
	}
	s.Agents++
	seat, seed := seatKey(s.Agents), x.random()
	row := agentRow{Name: name, Host: host, Of: of, Seed: seed[:ed25519.SeedSize], Dir: x.random(), Self: x.random(), Inbox: x.random()}
	a := x.p.atHand(seat, row)
	for table, r := range map[string]struct {
		key   string
		value any
	}{
		tableState:     {"state", s},
		tableAgent:     {seat, row},
		tableAgentKey:  {a.key.String(), seat},
		tableAgentName: {name, seat},
	} {
		if err := x.put(ctx, table, r.key, r.value); err != nil {
			return nil, err
		}
	}
	for n, f := range map[number]formulaRow{
		number(a.key): {Type: TypeHandle, Seat: seat},
		a.dir:         {Type: TypeDirectory, Payer: seat},
		a.self:        {Type: TypeAgent, Seat: seat},
		a.inbox:       {Type: TypeDirectory, Seat: seat, Inbox: true},
	} {
		if err := x.put(ctx, tableFormula, n.String(), f); err != nil {
			return nil, err
		}
		if err := x.hold(ctx, ID{n, x.p.node}, holderAgent); err != nil {
			return nil, err
		}
	}
	x.made[seat] = a
	return a, nil
}
