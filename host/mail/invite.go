package mail

import (
	"context"
	"time"

	"qvat/host/caps"
)

// How long an invitation lasts.
const (
	inviteDefault = 7 * 24 * time.Hour
	inviteMost    = 366 * 24 * time.Hour
)

// Invite makes an invitation under a name, and gives its locator, to be shown to
// one other. When that one accepts it, the name leads to his handle. Until then
// removing the name, or moving it to another directory, takes the invitation back. expires is how long it lasts; 0
// is seven days, a year is the most.
func (a *Agent) Invite(ctx context.Context, name string, expires time.Duration) (l caps.Locator, err error) {
	if expires == 0 {
		expires = inviteDefault
	}
	if expires < 0 || expires > inviteMost {
		return l, caps.Refuse(caps.Wrong, "an invitation lasts between no time and a year, not %v", expires)
	}
	return ask(ctx, a.act, func(x *txn) (l caps.Locator, err error) {
		f := caps.Formula{Type: caps.TypeInvitation, Agent: a.who.Number, Expires: x.Time().Add(expires).UnixMilli()}
		id, err := x.create(ctx, name, f)
		if err != nil {
			return l, err
		}
		// The journal does not tell the invitation's number: who reads it could accept.
		err = x.journal(ctx, a.who, "invite", 0, map[string]any{"name": name, "expires": caps.FromMillis(f.Expires)})
		if err != nil {
			return l, err
		}
		return x.locator(ctx, caps.Ref{ID: id, Type: caps.TypeInvitation})
	})
}

// Accept accepts an invitation by its locator or identifier: name leads to the
// handle of who invited, and his name for the invitation leads to the agent's,
// both in one transaction. It fails with Used when it was accepted before, with
// Expired when it has ended, with NotFound when it was taken back, and with
// Elsewhere when it is of another node.
func (a *Agent) Accept(ctx context.Context, locator, name string) error {
	return a.act(ctx, func(x *txn) error {
		r, err := x.resolve(ctx, locator)
		if err != nil {
			return err
		}
		host, places, err := x.UseInvitation(ctx, r.ID, a.who)
		if err != nil {
			return err
		}
		if err := x.boxesOf(ctx, host.Number, a.who.Number); err != nil {
			return err
		}
		at, err := x.walk(ctx, name)
		if err != nil {
			return err
		}
		if err := x.Bind(ctx, at, caps.Ref{ID: host.Handle, Type: caps.TypeHandle}); err != nil {
			return err
		}
		for _, at := range places {
			if err := x.Rebind(ctx, at, caps.Ref{ID: a.who.Handle, Type: caps.TypeHandle}); err != nil {
				return err
			}
		}
		if err := x.journal(ctx, host, "accepted", 0, map[string]any{"name": places[0].Name, "by": a.who.Handle}); err != nil {
			return err
		}
		return x.journal(ctx, a.who, "accept", 0, map[string]any{"name": name, "from": host.Handle})
	})
}
