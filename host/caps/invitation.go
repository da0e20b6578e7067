package caps

import (
	"context"
	"slices"
	"time"
)

// invitationKind is to be accepted once. Its name, where it got it, leads to who
// accepts.
var invitationKind = Kind{Type: TypeInvitation, Look: lookInvitation, Secret: true, Placed: true}

// usedKept is how long after its end an invitation that was accepted is kept, to
// tell who comes late that it was used.
const usedKept = 30 * 24 * time.Hour

func lookInvitation(ctx context.Context, x *Txn, _ ID, f Formula, t *Thing) error {
	from, err := x.AgentByNumber(ctx, f.Agent)
	if err != nil {
		return err
	}
	t.Invitation = &InvitationInfo{From: from.Handle, Expires: FromMillis(f.Expires), Used: f.Used}
	return nil
}

// UseInvitation uses up an invitation that guest can accept now, and gives who invites
// and the places whose names lead to it. It is kept for a while, whatever becomes of
// these, so that who comes second is told so. It fails with Wrong when it is something
// else, and with Used, Expired, Refused (it is guest's own), NotFound (it was taken
// back) or Elsewhere.
func (x *Txn) UseInvitation(ctx context.Context, id ID, guest *Agent) (host *Agent, places []Place, err error) {
	f, err := x.Formula(ctx, id)
	switch {
	case err != nil:
		return nil, nil, err
	case f.Type != TypeInvitation:
		return nil, nil, Refuse(Wrong, "it is a %s, not an invitation", f.Type)
	case f.Used:
		return nil, nil, Refuse(Used, "the invitation has been accepted already").WithHint("ask for another one")
	case x.Millis() >= f.Expires:
		return nil, nil, Refuse(Expired, "the invitation has ended").WithHint("ask for another one")
	case f.Agent == guest.Number:
		return nil, nil, Refuse(Refused, "the invitation is your own")
	}
	if places, err = x.placesOf(ctx, id); err != nil {
		return nil, nil, err
	}
	places = slices.DeleteFunc(places, func(at Place) bool { return f.Dir == nil || at.Dir != *f.Dir })
	if len(places) == 0 {
		return nil, nil, Refuse(NotFound, "the invitation has been taken back")
	}
	f.Used = true
	if err := x.putFormula(ctx, id, f); err != nil {
		return nil, nil, err
	}
	if err := x.holdUntil(ctx, id, FromMillis(f.Expires).Add(usedKept)); err != nil {
		return nil, nil, err
	}
	host, err = x.AgentByNumber(ctx, f.Agent)
	return host, places, err
}
