package mail

import (
	"context"
	"slices"

	"qvat/host/store"
)

// What an agent has the vat keep is counted in its box, about as many bytes as it
// takes on the disk: messages in its mailbox with its own copies, what it has
// made, and names in directories that it has made. At Limits.AgentBytes messages
// that are done with are forgotten, the oldest first, and when there is none it is
// refused.

// What things cost, beside the bytes of bodies and values.
const (
	messageCost = 1024 // a message, its id and its entries in tables
	edgeCost    = 256  // an edge of a message
	formulaCost = 512  // what an identifier is
	nameCost    = 512  // a name in a directory
	seenCost    = 256  // the id of a message from another node, which is never forgotten
)

// forgetRead is how many bytes of messages are read to find some to forget.
const forgetRead = 4 << 20

// cost is what a message in a mailbox takes.
func (r mailRow) cost(edges int) int64 { return int64(messageCost + len(r.Body) + edges*edgeCost) }

// charge counts what an agent is to have kept. It fails with Full where there is
// no room for it.
func (x *act) charge(ctx context.Context, seat string, bytes int64) error {
	if err := x.makeRoom(ctx, seat, bytes); err != nil {
		return err
	}
	return x.count(ctx, seat, bytes)
}

// count counts what an agent has kept, or, below 0, has kept no longer.
func (x *act) count(ctx context.Context, seat string, bytes int64) error {
	box, err := x.box(ctx, seat)
	if err == nil {
		box.Kept = max(0, box.Kept+bytes) // what is older than the count was never counted
	}
	return err
}

// makeRoom forgets messages until there is room for some bytes. It fails with
// Full when what is left is more than the agent may have kept.
func (x *act) makeRoom(ctx context.Context, seat string, bytes int64) error {
	box, err := x.box(ctx, seat)
	if err != nil || box.Kept+bytes <= x.p.limits.AgentBytes {
		return err
	}
	owner, err := x.agentBySeat(ctx, seat)
	if err != nil {
		return err
	}
	if err := x.forgetMail(ctx, owner); err != nil {
		return err
	}
	if box.Kept+bytes > x.p.limits.AgentBytes {
		return refusal(Full, "agent %s has %d bytes kept, and may have %d", owner.name, box.Kept, x.p.limits.AgentBytes).
			hint("dismiss the oldest messages, or remove names of what it does not need")
	}
	return nil
}

// forgetMail forgets the messages among an agent's oldest that are done with.
func (x *act) forgetMail(ctx context.Context, owner *agent) error {
	q := store.EntriesQuery{Prefix: owner.seat + "/", Limit: x.p.mailRows()}
	for read := 0; read < forgetRead; {
		entries, err := x.tx.Entries(ctx, tableMail, q)
		if err != nil {
			return err
		}
		forgot := false
		for _, e := range entries {
			read += len(e.Value) + messageCost
			q.After = e.Key
			var row mailRow
			if err := decodeRow(tableMail, e.Key, e.Value, &row); err != nil {
				return err
			}
			if row = row.unpacked(owner); !row.over() {
				continue
			}
			forgot = true
			if err := x.forget(ctx, owner, e.Key, row); err != nil {
				return err
			}
		}
		if forgot || len(entries) < q.Limit {
			return nil
		}
	}
	return nil
}

// over tells whether nothing more can come of a message.
func (r mailRow) over() bool {
	if r.In {
		return r.State != StateNew
	}
	return r.State != StateQueued && (r.Promise == nil || r.Settled)
}

// forget removes a message with what it holds. The id of one from another node
// stays, so that it is not taken again.
func (x *act) forget(ctx context.Context, owner *agent, key string, row mailRow) error {
	b, err := row.body()
	if err != nil {
		return err
	}
	for _, id := range row.holds(b, x.p.node) {
		if err := x.release(ctx, id, below(holderMail, key)); err != nil {
			return err
		}
	}
	left := int64(0)
	if row.In && row.From.Node != x.p.node {
		left = seenCost
	} else if _, err := x.drop(ctx, tableMailID, mailIDKey(owner.seat, row.way(), row.ID)); err != nil {
		return err
	}
	if _, err := x.drop(ctx, tableMail, key); err != nil {
		return err
	}
	return x.count(ctx, owner.seat, left-row.cost(len(b.IDs)))
}

// way is a message's in keys of tableMailID.
func (r mailRow) way() string {
	if r.In {
		return wayIn
	}
	return wayOut
}

// chargeName counts a name in a directory against who made the directory.
func (x *act) chargeName(ctx context.Context, dir number) error {
	payer, err := x.payer(ctx, dir)
	if err != nil || payer == "" {
		return err
	}
	return x.charge(ctx, payer, nameCost)
}

// uncountName takes a name off again.
func (x *act) uncountName(ctx context.Context, dir number) error {
	payer, err := x.payer(ctx, dir)
	if err != nil || payer == "" {
		return err
	}
	return x.count(ctx, payer, -nameCost)
}

// payer gives the seat of the agent against which something counts; "" where it
// counts against none.
func (x *act) payer(ctx context.Context, n number) (string, error) {
	var f formulaRow
	_, err := x.find(ctx, tableFormula, n.String(), &f)
	return f.Payer, err
}

// refund takes what is being removed off the count, with its value or its names.
// It comes before the formula's removal.
func (x *act) refund(ctx context.Context, key string, f formulaRow) error {
	if f.Payer == "" {
		return nil
	}
	bytes := int64(formulaCost)
	switch f.Type {
	case TypeValue, TypeChain:
		value, _, err := x.tx.Get(ctx, tableValue, key)
		if err != nil {
			return err
		}
		bytes += int64(len(value))
	case TypeDirectory:
		names := 0
		if _, err := x.find(ctx, tableNames, key, &names); err != nil {
			return err
		}
		bytes += int64(names) * nameCost
	}
	return x.count(ctx, f.Payer, -bytes)
}

// setValue writes a new thing's value, and counts it.
func (x *act) setValue(ctx context.Context, id ID, value []byte) error {
	if err := x.charge(ctx, x.who.seat, int64(len(value))); err != nil {
		return err
	}
	return x.set(ctx, tableValue, number(id.Number).String(), slices.Clone(value))
}
