package mail

import (
	"context"

	"qvat/host/caps"
	"qvat/host/store"
)

// What an agent has the vat keep is counted in its box, about as many bytes as it
// takes on the disk: messages in its mailbox with its own copies, what it has
// made, and names in directories that it has made. At Limits.AgentBytes messages
// that are done with are forgotten, the oldest first, and when there is none it is
// refused.

// What letters cost, beside the bytes of their bodies.
const (
	messageCost = 1024 // a letter, its id and its entries in tables
	edgeCost    = 256  // an edge of a letter
	seenCost    = 256  // the id of a letter from another node, which is never forgotten
)

// forgetRead is how many bytes of messages are read to find some to forget.
const forgetRead = 4 << 20

// cost is what a message in a mailbox takes.
func (r mailRow) cost(edges int) int64 { return int64(messageCost + len(r.Body) + edges*edgeCost) }

// Charge is [caps.Accounts]'.
func (x *txn) Charge(ctx context.Context, agent string, bytes int64) error {
	if err := x.makeRoom(ctx, agent, bytes); err != nil {
		return err
	}
	return x.count(ctx, agent, bytes)
}

// Refund is [caps.Accounts]'.
func (x *txn) Refund(ctx context.Context, agent string, bytes int64) error {
	return x.count(ctx, agent, -bytes)
}

// count counts what an agent has kept, or, below 0, has kept no longer.
func (x *txn) count(ctx context.Context, agent string, bytes int64) error {
	box, err := x.box(ctx, agent)
	if err == nil {
		box.Kept = max(0, box.Kept+bytes) // what is older than the count was never counted
	}
	return err
}

// makeRoom forgets messages until there is room for some bytes. It fails with
// Full when what is left is more than the agent may have kept.
func (x *txn) makeRoom(ctx context.Context, number string, bytes int64) error {
	box, err := x.box(ctx, number)
	if err != nil || box.Kept+bytes <= x.p.limits.AgentBytes {
		return err
	}
	owner, err := x.AgentByNumber(ctx, number)
	if err != nil {
		return err
	}
	if err := x.forgetMail(ctx, owner); err != nil {
		return err
	}
	if box.Kept+bytes > x.p.limits.AgentBytes {
		return caps.Refuse(caps.Full, "agent %s has %d bytes kept, and may have %d", owner.Name, box.Kept, x.p.limits.AgentBytes).
			WithHint("dismiss the oldest messages, or remove names of what it does not need")
	}
	return nil
}

// forgetMail forgets the messages among an agent's oldest that are done with.
func (x *txn) forgetMail(ctx context.Context, owner *caps.Agent) error {
	q := store.EntriesQuery{Prefix: owner.Number + "/", Limit: x.p.mailRows()}
	read, rows, forgot := 0, 0, false
	return x.Each(ctx, tableMail, q, func(key string, value []byte) (bool, error) {
		read, rows = read+len(value)+messageCost, rows+1
		_, row, err := decodeMail(key, value, owner)
		if err != nil {
			return false, err
		}
		if row.over() {
			forgot = true
			err = x.forget(ctx, owner, key, row)
		}
		return rows%q.Limit != 0 || !forgot && read < forgetRead, err
	})
}

// over tells whether nothing more can come of a message.
func (r mailRow) over() bool {
	if r.In {
		return r.State != caps.StateNew
	}
	return r.State != StateQueued && (r.Promise == nil || r.Settled)
}

// forget removes a message with what it holds. The id of one from another node
// stays, so that it is not taken again.
func (x *txn) forget(ctx context.Context, owner *caps.Agent, key string, row mailRow) error {
	b, err := row.body()
	if err != nil {
		return err
	}
	for _, id := range row.holds(b, x.p) {
		if err := x.Release(ctx, id, mailHolder(key)); err != nil {
			return err
		}
	}
	left := int64(0)
	if row.In && row.From.Node != x.p.node {
		left = seenCost
	} else if _, err := x.Drop(ctx, tableMailID, mailIDKey(owner.Number, row.way(), row.ID)); err != nil {
		return err
	}
	if _, err := x.Drop(ctx, tableMail, key); err != nil {
		return err
	}
	return x.count(ctx, owner.Number, left-row.cost(len(b.IDs)))
}
