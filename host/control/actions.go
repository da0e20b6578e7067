package control

import (
	"context"
	"encoding/hex"
	"net/http"
	"time"

	"qvat/host/fault"
	"qvat/host/mail"
)

// action does one thing as an agent; body is what it is asked with.
type action func(ctx context.Context, a *mail.Agent, body []byte) (any, error)

// on makes an action of a function that takes what was decoded.
func on[Ask any](do func(ctx context.Context, a *mail.Agent, ask Ask) (any, error)) action {
	return func(ctx context.Context, a *mail.Agent, body []byte) (any, error) {
		var ask Ask
		if err := decode(body, &ask); err != nil {
			return nil, err
		}
		return do(ctx, a, ask)
	}
}

// done is the answer of an action that gives nothing.
type done struct{}

// agents lists the vat's agents.
func (s *Server) agents(r *http.Request, body []byte) (any, error) {
	if err := decode(body, &Nothing{}); err != nil {
		return nil, err
	}
	all, err := s.o.Post.Agents(r.Context())
	return each(all, agentOf), err
}

func (s *Server) login(r *http.Request, body []byte) (any, error) {
	if err := decode(body, &Nothing{}); err != nil {
		return nil, err
	}
	if s.o.Login == nil {
		return nil, &mail.Error{
			Code: mail.NotFound, Message: "this vat has no page",
			Hint: "qvat.toml can say [web] enabled = true",
		}
	}
	url, err := s.o.Login(r.Context())
	if err == nil && url == "" {
		err = &mail.Error{
			Code: mail.NotFound, Message: "the vat's page does not answer to the address that the vat listens at",
			Hint: "name what the vat is called in hosts, under [web] in qvat.toml, or listen at a loopback address",
		}
	}
	return Link{url}, err
}

// Link is where to log in to the page.
type Link struct {
	URL string `json:"url"`
}

// act does an action as an agent.
func (s *Server) act(r *http.Request, body []byte) (any, error) {
	name := r.PathValue("action")
	do, ok := s.actions[name]
	if !ok {
		return nil, fault.New(fault.Malformed, "agents have no action %q", name)
	}
	a, err := s.o.Post.Agent(r.Context(), r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	return do(r.Context(), a, body)
}

// actions is the table of what an agent can be told to do.
func actions() map[string]action {
	all := map[string]action{}
	for _, some := range []map[string]action{agentActions(), mailActions(), nameActions(), powerActions(), networkActions()} {
		for name, do := range some {
			all[name] = do
		}
	}
	return all
}

func agentActions() map[string]action {
	return map[string]action{
		"info": on(func(ctx context.Context, a *mail.Agent, _ Nothing) (any, error) {
			i, err := a.Info(ctx)
			return agentOf(i), err
		}),
		"makehost": on(func(ctx context.Context, a *mail.Agent, q Named) (any, error) {
			i, err := a.MakeHost(ctx, q.Name)
			return agentOf(i), err
		}),
		"makeguest": on(func(ctx context.Context, a *mail.Agent, q Named) (any, error) {
			i, err := a.MakeGuest(ctx, q.Name)
			return agentOf(i), err
		}),
		"setwake": on(func(ctx context.Context, a *mail.Agent, q Waking) (any, error) {
			return done{}, a.SetWake(ctx, q.Name, q.Fuel)
		}),
		"log": on(func(ctx context.Context, a *mail.Agent, q Reading) (any, error) {
			all, err := a.Log(ctx, mail.LogQuery{After: q.After, Before: q.Before, Limit: q.Limit})
			return each(all, logEntryOf), err
		}),
	}
}

func mailActions() map[string]action {
	return map[string]action{
		"send": on(func(ctx context.Context, a *mail.Agent, q Sending) (any, error) {
			s, err := a.Send(ctx, q.To, q.Strings, q.Edges, q.Names)
			return sentOf(s), err
		}),
		"request": on(func(ctx context.Context, a *mail.Agent, q Requesting) (any, error) {
			s, err := a.Request(ctx, q.To, q.What, q.Name)
			return sentOf(s), err
		}),
		"wait": on(func(ctx context.Context, a *mail.Agent, q Identified) (any, error) {
			id, err := messageID(q.ID)
			if err != nil {
				return nil, err
			}
			m, err := a.Wait(ctx, id)
			if err != nil {
				return nil, err
			}
			return newDubber(a).message(ctx, m)
		}),
		"resolve": on(func(ctx context.Context, a *mail.Agent, q Resolving) (any, error) {
			return done{}, a.Resolve(ctx, q.Number, q.Name)
		}),
		"reject": on(func(ctx context.Context, a *mail.Agent, q Rejecting) (any, error) {
			return done{}, a.Reject(ctx, q.Number, q.Why)
		}),
		"reply": on(func(ctx context.Context, a *mail.Agent, q Replying) (any, error) {
			s, err := a.Reply(ctx, q.Number, q.Strings, q.Edges, q.Names)
			return sentOf(s), err
		}),
		"dismiss": on(func(ctx context.Context, a *mail.Agent, q Numbered) (any, error) {
			return done{}, a.Dismiss(ctx, q.Number)
		}),
		"adopt": on(func(ctx context.Context, a *mail.Agent, q Adopting) (any, error) {
			return done{}, a.Adopt(ctx, q.Number, q.Edge, q.Name)
		}),
		"messages": on(messages),
		"message": on(func(ctx context.Context, a *mail.Agent, q Numbered) (any, error) {
			m, err := a.Message(ctx, q.Number)
			if err != nil {
				return nil, err
			}
			return newDubber(a).message(ctx, m)
		}),
	}
}

func messages(ctx context.Context, a *mail.Agent, q Querying) (any, error) {
	ask := mail.MessageQuery{
		After: q.After, Before: q.Before, Limit: q.Limit, Newest: q.Newest, State: mail.State(q.State),
	}
	if q.Thread != "" {
		id, err := messageID(q.Thread)
		if err != nil {
			return nil, err
		}
		ask.Thread = &id
	}
	all, err := a.Messages(ctx, ask)
	if err != nil {
		return nil, err
	}
	return newDubber(a).messages(ctx, all)
}

func nameActions() map[string]action {
	return map[string]action{
		"list": on(func(ctx context.Context, a *mail.Agent, q Named) (any, error) {
			all, err := a.List(ctx, q.Name)
			return each(all, entryOf), err
		}),
		"lookup": on(func(ctx context.Context, a *mail.Agent, q Named) (any, error) {
			t, err := a.Lookup(ctx, q.Name)
			if err != nil {
				return nil, err
			}
			dubbed, err := newDubber(a).dub(ctx, t.ID)
			return thingOf(t, dubbed), err
		}),
		"locate": on(func(ctx context.Context, a *mail.Agent, q Named) (any, error) {
			l, err := a.Locate(ctx, q.Name)
			return l.String(), err
		}),
		"identify": on(func(ctx context.Context, a *mail.Agent, q Named) (any, error) {
			id, err := a.Identify(ctx, q.Name)
			return id.String(), err
		}),
		"reverseidentify": on(func(ctx context.Context, a *mail.Agent, q Identified) (any, error) {
			id, err := mail.ParseID(q.ID)
			if err != nil {
				return nil, err
			}
			names, err := a.ReverseIdentify(ctx, id)
			return list(names), err
		}),
		"reverselocate": on(func(ctx context.Context, a *mail.Agent, q Located) (any, error) {
			l, err := mail.ParseLocator(q.Locator)
			if err != nil {
				return nil, err
			}
			names, err := a.ReverseLocate(ctx, l)
			return list(names), err
		}),
		"move": on(func(ctx context.Context, a *mail.Agent, q Moving) (any, error) {
			return done{}, a.Move(ctx, q.From, q.To)
		}),
		"copy": on(func(ctx context.Context, a *mail.Agent, q Moving) (any, error) {
			return done{}, a.Copy(ctx, q.From, q.To)
		}),
		"remove": on(func(ctx context.Context, a *mail.Agent, q Named) (any, error) {
			return done{}, a.Remove(ctx, q.Name)
		}),
		"makedirectory": on(func(ctx context.Context, a *mail.Agent, q Named) (any, error) {
			return done{}, a.MakeDirectory(ctx, q.Name)
		}),
		"why": on(func(ctx context.Context, a *mail.Agent, q Identified) (any, error) {
			id, err := mail.ParseID(q.ID)
			if err != nil {
				return nil, err
			}
			way, err := a.Why(ctx, id)
			return list(way), err
		}),
	}
}

func powerActions() map[string]action {
	return map[string]action{
		"storevalue": on(func(ctx context.Context, a *mail.Agent, q Storing) (any, error) {
			id, err := a.StoreValue(ctx, q.Name, q.Value)
			return id.String(), err
		}),
		"publish": on(func(ctx context.Context, a *mail.Agent, q Publishing) (any, error) {
			id, err := a.Publish(ctx, q.Name, q.Capsule)
			return id.String(), err
		}),
		"call": on(func(ctx context.Context, a *mail.Agent, q Calling) (any, error) {
			result, err := a.Call(ctx, q.Name, q.Input, q.Slots)
			return Called{result}, err
		}),
		"invite": on(func(ctx context.Context, a *mail.Agent, q Inviting) (any, error) {
			if q.Seconds < 0 || q.Seconds > maxSeconds {
				return nil, fault.New(fault.Malformed, "an invitation lasts from 1 to %d seconds", maxSeconds)
			}
			l, err := a.Invite(ctx, q.Name, time.Duration(q.Seconds)*time.Second)
			return l.String(), err
		}),
		"accept": on(func(ctx context.Context, a *mail.Agent, q Accepting) (any, error) {
			return done{}, a.Accept(ctx, q.Locator, q.Name)
		}),
	}
}

// maxSeconds is a hundred years: what a time.Duration holds, and then some less.
const maxSeconds = 100 * 365 * 24 * 3600

func networkActions() map[string]action {
	return map[string]action{
		"outbox": on(func(ctx context.Context, a *mail.Agent, _ Nothing) (any, error) {
			all, err := a.Outbox(ctx)
			if err != nil {
				return nil, err
			}
			d, out := newDubber(a), []Queued{}
			for _, q := range all {
				to, err := d.dub(ctx, q.To)
				if err != nil {
					return nil, err
				}
				out = append(out, queuedOf(q, to))
			}
			return out, nil
		}),
		"cancel": on(func(ctx context.Context, a *mail.Agent, q Identified) (any, error) {
			id, err := messageID(q.ID)
			if err != nil {
				return nil, err
			}
			return done{}, a.Cancel(ctx, id)
		}),
		"peers": on(func(ctx context.Context, a *mail.Agent, _ Nothing) (any, error) {
			all, err := a.Peers(ctx)
			return each(all, peerOf), err
		}),
	}
}

// messageID reads a message's id.
func messageID(s string) (id [32]byte, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(id) {
		return id, fault.New(fault.Malformed, "a message's id is 64 hex digits")
	}
	return [32]byte(b), nil
}
