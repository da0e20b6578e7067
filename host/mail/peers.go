package mail

import (
	"context"
	"slices"
	"time"

	"qvat/host/caps"
	"qvat/host/store"
)

// Peer is another node that this one has heard of.
type Peer struct {
	Node  caps.Key
	At    []string
	Since time.Time
}

// maxPeers is how many other nodes are remembered.
const maxPeers = 10_000

// peer gives what is known of another node.
func (x *txn) peer(ctx context.Context, node caps.Key) (row peerRow, there bool, err error) {
	there, err = x.Find(ctx, tablePeer, node.String(), &row)
	return row, there, err
}

// meet notes another node. Addresses, which all agents of the vat go by, are noted
// for hosts alone, behind those that are known; where there are as many as may be,
// the oldest goes. What a guest does notes nothing. When as many nodes are known as
// may be, a host's locator is refused with Full, and a node without one is not
// noted: there is no more to know of it than its key.
func (x *txn) meet(ctx context.Context, node caps.Key, at []string) error {
	guest := x.who != nil && !x.who.Host
	if node == x.p.node || guest {
		return nil
	}
	row, there, err := x.peer(ctx, node)
	if err != nil {
		return err
	}
	news := !there
	for _, address := range at {
		if slices.Contains(row.At, address) {
			continue
		}
		if len(row.At) == caps.MaxAddresses {
			row.At = slices.Clone(row.At[1:])
		}
		row.At = append(row.At, address)
		news = true
	}
	if !news {
		return nil
	}
	if !there {
		row.Since = x.Millis()
		n := 0
		if _, err := x.Find(ctx, caps.TableState, statePeers, &n); err != nil {
			return err
		}
		switch {
		case n >= maxPeers && len(at) > 0:
			return caps.Refuse(caps.Full, "the vat knows %d other nodes, which is its limit", n)
		case n >= maxPeers:
			return nil
		}
		if err := x.Put(ctx, caps.TableState, statePeers, n+1); err != nil {
			return err
		}
	}
	return x.Put(ctx, tablePeer, node.String(), row)
}

// Peers lists the other nodes that this one has heard of, in the order of their
// keys. It is for hosts.
func (a *Agent) Peers(ctx context.Context) (list []Peer, err error) {
	if err := mustHost(a.who, "know peers"); err != nil {
		return nil, err
	}
	err = a.do(ctx, func(x *txn) error {
		list = []Peer{}
		return x.Each(ctx, tablePeer, store.EntriesQuery{}, func(key string, value []byte) (bool, error) {
			var row peerRow
			if err := caps.DecodeRow(tablePeer, key, value, &row); err != nil {
				return false, err
			}
			node, err := caps.ParseNumber(key)
			list = append(list, Peer{Node: node, At: row.At, Since: caps.FromMillis(row.Since)})
			return true, err
		})
	})
	return list, err
}
