package mail

import (
	"context"

	"qvat/host/caps"
)

// Agent is one agent of the vat. Its methods may be called from any goroutine.
//
// Each is one transaction with an entry in the agent's journal, and is on the disk
// when it returns. One that fails has done nothing. They fail with a [*caps.Error],
// with ctx's error, or with the store's.
//
// Where a name is asked for, a path of pet names from the agent's own directory
// (friends.bob), a special name, an identifier or a locator will do; a name that
// is to be made is a path, whose directory exists and does not have it yet.
type Agent struct {
	p   *Post
	who *caps.Agent
	in  *Inside // nil: each action has a transaction of its own
}

// act does an action of the agent.
func (a *Agent) act(ctx context.Context, work func(x *txn) error) error {
	if a.in != nil {
		return a.in.run(ctx, a.who, work)
	}
	return a.p.update(ctx, a.who, work)
}

// alone refuses what waits, within somebody else's transaction.
func (a *Agent) alone(what string) error {
	if a.in != nil {
		return caps.Refuse(caps.Refused, "%s waits for others, which a transaction cannot", what)
	}
	return nil
}

// AgentInfo is what the vat's owner sees of an agent.
type AgentInfo struct {
	Name   string // as the owner calls it; unique in the vat
	Host   bool
	Of     string // the agent that made it; "" for the first
	Key    caps.Key
	Handle caps.ID
	Unread int // messages of others whose state is new
	Wakes  string
}

// Info tells what the vat's owner sees of the agent.
func (a *Agent) Info(ctx context.Context) (AgentInfo, error) {
	return ask(ctx, a.act, func(x *txn) (AgentInfo, error) { return x.info(ctx, a.who) })
}

// info is [Agent.Info].
func (x *txn) info(ctx context.Context, a *caps.Agent) (AgentInfo, error) {
	info := AgentInfo{Name: a.Name, Host: a.Host, Key: a.Key, Handle: a.Handle}
	if a.Maker != "" {
		maker, err := x.AgentByNumber(ctx, a.Maker)
		if err != nil {
			return info, err
		}
		info.Of = maker.Name
	}
	box, err := x.peekBox(ctx, a.Number)
	if err != nil {
		return info, err
	}
	info.Unread = box.New
	if box.Wake == nil {
		return info, nil
	}
	id := x.p.id(box.Wake.Chain)
	names, err := x.NamesFor(ctx, a.Dir, id)
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
	return a.makeAgent(ctx, name, true, "mkhost")
}

// MakeGuest makes a guest, as [Agent.MakeHost] makes a host.
func (a *Agent) MakeGuest(ctx context.Context, name string) (AgentInfo, error) {
	return a.makeAgent(ctx, name, false, "mkguest")
}

func (a *Agent) makeAgent(ctx context.Context, name string, host bool, action string) (AgentInfo, error) {
	return ask(ctx, a.act, func(x *txn) (info AgentInfo, err error) {
		if err := caps.CheckName(name); err != nil {
			return info, err
		}
		if err := mustHost(a.who, "make agents"); err != nil {
			return info, err
		}
		made, err := x.MakeAgent(ctx, name, host, a.who.Number)
		if err != nil {
			return info, err
		}
		at, handle := caps.Place{Dir: a.who.Dir, Name: name}, caps.Ref{ID: made.Handle, Type: caps.TypeHandle}
		if err := x.Bind(ctx, at, handle); err != nil {
			return info, err
		}
		if err := x.journal(ctx, a.who, action, 0, map[string]any{"name": name, "id": made.Handle}); err != nil {
			return info, err
		}
		if err := x.journal(ctx, made, "made", 0, map[string]any{"by": a.who.Handle}); err != nil {
			return info, err
		}
		return x.info(ctx, made)
	})
}

// mustHost refuses to a guest what is a host's to do.
func mustHost(a *caps.Agent, what string) error {
	if a.Host {
		return nil
	}
	return caps.Refuse(caps.Refused, "%s is a guest: only hosts %s", a.Name, what).WithHint("ask its host to do it, and to mail the result")
}

// Why tells what holds something: the way from an agent or a message to it, a
// line for each step. It is for hosts; what another host's agents hold is not
// told in detail. It is empty when nothing holds it. It fails with Full when so
// many hold it that no way was found.
func (a *Agent) Why(ctx context.Context, id caps.ID) ([]string, error) {
	return ask(ctx, a.act, func(x *txn) ([]string, error) {
		if err := mustHost(a.who, "ask what holds something"); err != nil {
			return nil, err
		}
		return x.Why(ctx, a.who, id)
	})
}

// Peers lists the other nodes that this one has heard of, in the order of their
// keys. It is for hosts.
func (a *Agent) Peers(ctx context.Context) ([]caps.Peer, error) {
	return ask(ctx, a.act, func(x *txn) ([]caps.Peer, error) {
		if err := mustHost(a.who, "know peers"); err != nil {
			return nil, err
		}
		return x.Peers(ctx)
	})
}
