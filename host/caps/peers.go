package caps

import (
	"context"
	"slices"
	"time"

	"qvat/host/store"
)

// Peer is another node that this one has heard of.
type Peer struct {
	Node  Key
	At    []string
	Since time.Time
}

// maxPeers is how many other nodes are remembered.
const maxPeers = 10_000

// Addresses gives those that are known of another node; there may be none.
func (x *Txn) Addresses(ctx context.Context, node Key) ([]string, error) {
	var row peerRow
	_, err := x.Find(ctx, tablePeer, node.String(), &row)
	return row.At, err
}

// Meet notes another node. Addresses, which all agents of the vat go by, are noted
// for hosts alone (who; nil is the vat itself), behind those that are known; where
// there are as many as may be, the oldest goes. What a guest does notes nothing. When
// as many nodes are known as may be, a host's locator is refused with Full, and a node
// without one is not noted: there is no more to know of it than its key.
func (x *Txn) Meet(ctx context.Context, who *Agent, node Key, at []string) error {
	guest := who != nil && !who.Host
	if node == x.k.o.Node || guest {
		return nil
	}
	var row peerRow
	there, err := x.Find(ctx, tablePeer, node.String(), &row)
	if err != nil {
		return err
	}
	news := !there
	for _, address := range at {
		if slices.Contains(row.At, address) {
			continue
		}
		if len(row.At) == MaxAddresses {
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
		if _, err := x.Find(ctx, tableState, statePeers, &n); err != nil {
			return err
		}
		switch {
		case n >= maxPeers && len(at) > 0:
			return Refuse(Full, "the vat knows %d other nodes, which is its limit", n)
		case n >= maxPeers:
			return nil
		}
		if err := x.Put(ctx, tableState, statePeers, n+1); err != nil {
			return err
		}
	}
	return x.Put(ctx, tablePeer, node.String(), row)
}

// Peers lists the other nodes that this one has heard of, in the order of their
// keys.
func (x *Txn) Peers(ctx context.Context) ([]Peer, error) {
	list := []Peer{}
	err := x.Each(ctx, tablePeer, store.EntriesQuery{}, func(key string, value []byte) (bool, error) {
		var row peerRow
		if err := DecodeRow(tablePeer, key, value, &row); err != nil {
			return false, err
		}
		node, err := ParseNumber(key)
		list = append(list, Peer{Node: node, At: row.At, Since: FromMillis(row.Since)})
		return true, err
	})
	return list, err
}
