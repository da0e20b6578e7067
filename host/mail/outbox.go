package mail

import (
	"context"

	"qvat/host/store"
)

// Outbox lists the agent's messages on their way to other nodes, in their order.
func (a *Agent) Outbox(ctx context.Context) ([]Queued, error) {
	if err := a.alone("Outbox"); err != nil {
		return nil, err
	}
	keys, rows, err := a.p.queue(ctx, a.who.seat+"/")
	if err != nil {
		return nil, err
	}
	list := make([]Queued, len(rows))
	for i, row := range rows {
		t, node := a.p.tries.Of(keys[i]), a.p.tries.Of(row.To.Node.String())
		if node.Failed > 0 {
			t = node
		}
		list[i] = Queued{ID: row.ID, To: row.To, Since: fromMillis(row.Since), Tries: t.Failed, Next: t.Due, Error: t.Why}
		if list[i].Number, err = numberOf(keys[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Cancel takes back a message of the agent's own that is on its way to another
// node, by the id that Send gave. It is rejected from then on. It fails with
// Refused when it has left, or is just being delivered. Where a delivery was cut
// off, the other node may have it all the same.
func (a *Agent) Cancel(ctx context.Context, message [32]byte) error {
	if err := a.alone("Cancel"); err != nil {
		return err
	}
	var n uint64
	err := a.do(ctx, func(x *act) error {
		row, at, err := x.own(ctx, a.who, message)
		if err == nil && row == nil {
			err = refusal(NotFound, "there is no message of yours with this id")
		}
		n = at
		return err
	})
	if err != nil {
		return err
	}
	key := mailKey(a.who.seat, n)
	if !a.p.claims.take(key) {
		return refusal(Refused, "message %d is just being delivered", n).hint("look at the outbox again in a moment")
	}
	defer signal(a.p.queued) // the loop may have passed it by meanwhile
	defer a.p.claims.give(key)
	err = a.do(ctx, func(x *act) error {
		row, err := x.mail(ctx, a.who, n)
		if err != nil {
			return err
		}
		if row.State != StateQueued {
			return refusal(Refused, "message %d is not on its way any more: it is %s", n, row.State)
		}
		return x.giveUp(ctx, n, "cancel", "it was taken back")
	})
	if err == nil {
		a.p.tries.Forget(key)
	}
	return err
}

// Peers lists the other nodes that this one has heard of, in the order of their
// keys. It is for hosts.
func (a *Agent) Peers(ctx context.Context) (list []Peer, err error) {
	if err := a.who.mustHost("know peers"); err != nil {
		return nil, err
	}
	err = a.do(ctx, func(x *act) error {
		list = []Peer{}
		for after := ""; ; {
			entries, err := x.tx.Entries(ctx, tablePeer, store.EntriesQuery{After: after, Limit: pageRows})
			if err != nil {
				return err
			}
			for _, e := range entries {
				var row peerRow
				if err := decodeRow(tablePeer, e.Key, e.Value, &row); err != nil {
					return err
				}
				node, err := parseNumber(e.Key)
				if err != nil {
					return err
				}
				list = append(list, Peer{Node: node, At: row.At, Since: fromMillis(row.Since)})
			}
			if len(entries) < pageRows {
				return nil
			}
			after = entries[len(entries)-1].Key
		}
	})
	return list, err
}
