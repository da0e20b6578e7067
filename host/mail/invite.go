package mail

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// How long an invitation lasts.
const (
	inviteDefault = 7 * 24 * time.Hour
	inviteMost    = 366 * 24 * time.Hour
	// inviteKept is how long after its end one that was accepted is kept, to
	// tell who comes late that it was used.
	inviteKept = 30 * 24 * time.Hour
)

// Invite makes an invitation under a name, and gives its locator, to be shown to
// one other. When that one accepts it, the name leads to his handle. Until then
// removing the name, or moving it to another directory, takes the invitation back. expires is how long it lasts; 0
// is seven days, a year is the most.
func (a *Agent) Invite(ctx context.Context, name string, expires time.Duration) (l Locator, err error) {
	if expires == 0 {
		expires = inviteDefault
	}
	if expires < 0 || expires > inviteMost {
		return l, refusal(Wrong, "an invitation lasts between no time and a year, not %v", expires)
	}
	err = a.do(ctx, func(x *act) error {
		f := formulaRow{Type: TypeInvitation, Seat: a.who.seat, Expires: x.at.Add(expires).UnixMilli()}
		id, err := x.create(ctx, name, f)
		if err != nil {
			return err
		}
		if l, err = x.locator(ctx, held{id, TypeInvitation}); err != nil {
			return err
		}
		// The log does not tell the invitation's number: who reads it could accept.
		return x.log(ctx, a.who, "invite", 0, map[string]any{"name": name, "expires": fromMillis(f.Expires)})
	})
	return l, err
}

// Accept accepts an invitation by its locator or identifier: name leads to the
// handle of who invited, and his name for the invitation leads to the agent's,
// both in one transaction. It fails with Used when it was accepted before, with
// Expired when it has ended, with NotFound when it was taken back, and with
// Elsewhere when it is of another node.
func (a *Agent) Accept(ctx context.Context, locator, name string) error {
	return a.do(ctx, func(x *act) error {
		h, err := x.resolve(ctx, locator)
		if err != nil {
			return err
		}
		f, err := x.formula(ctx, h.ID)
		if err != nil {
			return err
		}
		places, err := x.invitation(ctx, h.ID, f)
		if err != nil {
			return err
		}
		host, err := x.agentBySeat(ctx, f.Seat)
		if err != nil {
			return err
		}
		if err := x.boxesOf(ctx, host.seat, a.who.seat); err != nil {
			return err
		}
		if err := x.use(ctx, h.ID, f); err != nil {
			return err
		}
		at, err := x.walk(ctx, name)
		if err != nil {
			return err
		}
		if err := x.bind(ctx, at.dir, at.name, host.handle, TypeHandle); err != nil {
			return err
		}
		for _, at := range places {
			if err := x.relead(ctx, at.dir, at.name, held{a.who.handle, TypeHandle}); err != nil {
				return err
			}
		}
		if err := x.log(ctx, host, "accepted", 0, map[string]any{"name": places[0].name, "by": a.who.handle}); err != nil {
			return err
		}
		return x.log(ctx, a.who, "accept", 0, map[string]any{"name": name, "from": host.handle})
	})
}

// invitation checks that an invitation can be accepted now, and gives its names.
func (x *act) invitation(ctx context.Context, id ID, f formulaRow) ([]place, error) {
	switch {
	case f.Type != TypeInvitation:
		return nil, refusal(Wrong, "it is a %s, not an invitation", f.Type)
	case f.Used:
		return nil, refusal(Used, "the invitation has been accepted already").hint("ask for another one")
	case x.millis() >= f.Expires:
		return nil, refusal(Expired, "the invitation has ended").hint("ask for another one")
	case f.Seat == x.who.seat:
		return nil, refusal(Refused, "the invitation is your own")
	}
	places, err := x.namesOf(ctx, id)
	places = slices.DeleteFunc(places, func(at place) bool { return f.Dir == nil || at.dir != *f.Dir })
	if err == nil && len(places) == 0 {
		err = refusal(NotFound, "the invitation has been taken back")
	}
	return places, err
}

// use notes that an invitation was accepted. It is kept for a while, whatever
// becomes of its names, so that who comes second is told so.
func (x *act) use(ctx context.Context, id ID, f formulaRow) error {
	f.Used = true
	if err := x.putFormula(ctx, id, f); err != nil {
		return err
	}
	if err := x.hold(ctx, id, holderAgent); err != nil {
		return err
	}
	end := uint64(fromMillis(f.Expires).Add(inviteKept).UnixMilli())
	return x.set(ctx, tableExpiry, below(countKey(end), number(id.Number).String()), present)
}

// forgetInvitations lets go of accepted invitations whose time has passed.
func (x *act) forgetInvitations(ctx context.Context) error {
	entries, err := x.tx.Entries(ctx, tableExpiry, expiredBefore(x.millis()))
	if err != nil {
		return err
	}
	for _, e := range entries {
		n, err := parseNumber(e.Key[len(e.Key)-numberDigits:])
		if err != nil {
			return fmt.Errorf("row %s of %s is damaged: %w", e.Key, tableExpiry, err)
		}
		if err := x.release(ctx, ID{n, x.p.node}, holderAgent); err != nil {
			return err
		}
		if _, err := x.drop(ctx, tableExpiry, e.Key); err != nil {
			return err
		}
	}
	return nil
}
