package mail

import (
	"context"

	"qvat/host/caps"
	"qvat/host/mail/letter"
)

// Take takes a letter from another node, which has proved that it is m.From.Node,
// and whose seal holds; b is what it says. When it returns nil, the letter is on the
// disk. It fails with Replayed, NotFound (no such agent), Full, Refused or Wrong.
func (p *Post) Take(ctx context.Context, m letter.Sealed, b letter.Body) error {
	return p.act(ctx, func(x *txn) error {
		to, err := x.AgentByKey(ctx, m.To.Number)
		if err != nil {
			return err
		}
		if err := x.unseen(ctx, to, m); err != nil {
			return err
		}
		if err := x.ownTypes(ctx, b); err != nil {
			return err
		}
		if err := x.Meet(ctx, x.who, m.From.Node, nil); err != nil {
			return err
		}
		if err := x.admit(ctx, to, m, b); err != nil {
			return err
		}
		return x.deliver(ctx, to, m, b)
	})
}

// ownTypes refuses what a message from elsewhere says wrongly of things of this
// node. What it says of others' is for them to say.
func (x *txn) ownTypes(ctx context.Context, b letter.Body) error {
	for i, id := range b.IDs {
		if id.Node != x.p.node {
			continue
		}
		typ, err := x.TypeOf(ctx, id)
		if err != nil {
			return err
		}
		if typ != b.Types[i] {
			return caps.Refuse(caps.Wrong, "the edge %s carries a %s, not a %s", b.Edges[i], typ, b.Types[i])
		}
	}
	return nil
}

// unseen refuses a message that has come before.
func (x *txn) unseen(ctx context.Context, to *caps.Agent, m letter.Sealed) error {
	row, _, seen, err := x.byID(ctx, to, wayIn, m.ID)
	switch {
	case err != nil || !seen:
		return err
	case row != nil && (row.From != m.From || row.Body != string(m.Body)):
		return caps.Refuse(caps.Refused, "another message has this one's id")
	}
	return caps.Refuse(caps.Replayed, "the message has been delivered before")
}
