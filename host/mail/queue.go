package mail

import (
	"context"
	"errors"
	"sync"
	"time"

	"qvat/host/store"
)

// What is for other nodes waits in tableQueue, from the transaction that sent it
// until the one that notes that it has arrived, was refused or was cancelled. So
// nothing is lost over restarts, and what was delivered when the vat was killed
// is delivered again: the other side drops what it has seen.

const (
	// firstRetry and lastRetry bound the wait of a message that could not be
	// delivered.
	firstRetry = time.Second
	lastRetry  = 5 * time.Minute
	// nodesAtOnce is to how many nodes messages are delivered at once.
	nodesAtOnce = 16
	// deliverTime bounds one delivery.
	deliverTime = 30 * time.Second
)

// roomInQueue refuses what the queue has no room for.
func (x *act) roomInQueue(ctx context.Context, who *agent) error {
	box, err := x.box(ctx, who.seat)
	if err == nil && box.Queued >= x.p.limits.Queued {
		err = refusal(Full, "%d messages are on their way to other nodes, which is the limit", box.Queued).
			hint("see `qvat agent outbox`; wait, or cancel some")
	}
	return err
}

// enqueue has a message delivered to another node, after the commit.
func (x *act) enqueue(ctx context.Context, n uint64, row mailRow) error {
	box, err := x.box(ctx, x.who.seat)
	if err != nil {
		return err
	}
	box.Queued++
	x.rouse = true
	if err := x.meet(ctx, row.To.Node, nil); err != nil {
		return err
	}
	return x.put(ctx, tableQueue, mailKey(x.who.seat, n), queueRow{ID: row.ID, To: row.To, Since: x.millis()})
}

// dequeue takes a message out of the queue.
func (x *act) dequeue(ctx context.Context, owner *agent, n uint64) error {
	there, err := x.drop(ctx, tableQueue, mailKey(owner.seat, n))
	if err != nil || !there {
		return err
	}
	box, err := x.box(ctx, owner.seat)
	if err == nil {
		box.Queued--
	}
	return err
}

// queue gives the whole queue by node, in the order of the senders and their
// messages.
func (p *Post) queue(ctx context.Context, prefix string) (keys []string, rows []queueRow, err error) {
	err = p.run(ctx, nil, func(x *act) error {
		keys, rows = nil, nil
		for after := ""; ; {
			entries, err := x.tx.Entries(ctx, tableQueue, store.EntriesQuery{Prefix: prefix, After: after, Limit: 1000})
			if err != nil {
				return err
			}
			for _, e := range entries {
				var row queueRow
				if err := decodeRow(tableQueue, e.Key, e.Value, &row); err != nil {
					return err
				}
				keys, rows = append(keys, e.Key), append(rows, row)
			}
			if len(entries) < 1000 {
				return nil
			}
			after = entries[len(entries)-1].Key
		}
	})
	return keys, rows, err
}

// deliverQueue works off the queue until ctx ends: when something has come into
// it, and when something in it is due again. Each node has a goroutine of its own
// while there is something for it, so one that is slow holds up no other.
func (p *Post) deliverQueue(ctx context.Context) {
	d := &deliveries{p: p, busy: map[Key]bool{}}
	defer d.group.Wait()
	for ctx.Err() == nil {
		wait, err := d.start(ctx)
		if err != nil && ctx.Err() == nil {
			p.log.Warn("the queue of messages cannot be read", "err", err)
			wait = firstRetry
		}
		var again <-chan time.Time
		if wait > 0 {
			again = time.After(wait)
		}
		select {
		case <-ctx.Done():
		case <-again:
		case <-p.queued:
		}
	}
}

// deliveries are those that are under way.
type deliveries struct {
	p     *Post
	group sync.WaitGroup
	mu    sync.Mutex
	busy  map[Key]bool // nodes to which something is being delivered
}

// waiting is what waits for one node.
type waiting struct {
	keys []string
	rows []queueRow
}

// start begins to deliver what is due, and tells how long until something is due
// again; 0 when nothing is, but for what is under way, whose end starts this
// again.
func (d *deliveries) start(ctx context.Context) (wait time.Duration, err error) {
	keys, rows, err := d.p.queue(ctx, "")
	if err != nil {
		return 0, err
	}
	nodes := map[Key]*waiting{}
	for i, row := range rows {
		w := nodes[row.To.Node]
		if w == nil {
			w = &waiting{}
			nodes[row.To.Node] = w
		}
		w.keys, w.rows = append(w.keys, keys[i]), append(w.rows, row)
	}
	d.p.keepTries(keys, nodes)
	d.mu.Lock()
	defer d.mu.Unlock()
	for node, w := range nodes {
		if d.busy[node] || len(d.busy) >= nodesAtOnce {
			continue
		}
		left := d.p.untilDue(node, w.keys)
		if left > 0 {
			if wait == 0 || left < wait {
				wait = left
			}
			continue
		}
		d.busy[node] = true
		d.group.Go(func() {
			d.p.deliverTo(ctx, node, w)
			d.mu.Lock()
			defer d.mu.Unlock()
			delete(d.busy, node)
			signal(d.p.queued)
		})
	}
	return wait, nil
}

// deliverTo delivers what is due of what waits for a node, in its order, until
// the node cannot be reached.
func (p *Post) deliverTo(ctx context.Context, node Key, w *waiting) {
	for i, key := range w.keys {
		if p.untilDue(node, w.keys[i:i+1]) > 0 {
			continue
		}
		err := p.deliverOne(ctx, key, w.rows[i])
		if ctx.Err() != nil {
			return
		}
		var refused *Error
		switch {
		case err == nil:
			p.tries.Forget(key, node.String())
		case errors.As(err, &refused) && refused.Code != Elsewhere:
			p.failed(key, err)
			p.tries.Forget(node.String())
		default:
			p.failed(node.String(), err)
			return
		}
	}
}

// untilDue tells how long until the node, and the first of some messages for it,
// are due; 0 is now.
func (p *Post) untilDue(node Key, keys []string) time.Duration {
	now := p.o.Now()
	first := time.Duration(-1)
	for _, key := range keys {
		if left := p.tries.Of(key).Wait(now); first < 0 || left < first {
			first = left
		}
	}
	return max(first, p.tries.Of(node.String()).Wait(now), 0)
}

// deliverOne delivers a message and notes what became of it. The error is a
// refusal with code Full, or else says that the node cannot be reached.
func (p *Post) deliverOne(ctx context.Context, key string, q queueRow) error {
	if !p.claims.take(key) {
		return nil // it is being cancelled
	}
	defer p.claims.give(key)
	owner, n, row, at, err := p.queuedMail(ctx, key)
	if err != nil || owner == nil { // it was cancelled
		return err
	}
	err = p.hand(ctx, q.To.Node, at, row)
	var refused *Error
	isRefusal := errors.As(err, &refused)
	switch {
	case err == nil || isRefusal && refused.Code == Replayed:
		return p.run(ctx, owner, func(x *act) error { return x.arrived(ctx, n) })
	case isRefusal && refused.Code != Full && refused.Code != Elsewhere:
		return p.run(ctx, owner, func(x *act) error { return x.giveUp(ctx, n, "bounced", refused.Message) })
	}
	return err
}

// hand gives a message to the network.
func (p *Post) hand(ctx context.Context, node Key, at []string, row mailRow) error {
	if p.o.Network == nil {
		return refusal(Elsewhere, "this vat has no network")
	}
	m, err := row.message(0)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, deliverTime)
	defer cancel()
	err = p.o.Network.Deliver(ctx, node, at, m.Sealed)
	var refused *Error
	if errors.As(err, &refused) {
		return othersWords(refused)
	}
	return err
}

// queuedMail reads a message of the queue, and where its node is; no owner when
// it is not in the queue any more.
func (p *Post) queuedMail(ctx context.Context, key string) (owner *agent, n uint64, row mailRow, at []string, err error) {
	err = p.run(ctx, nil, func(x *act) error {
		owner = nil
		if _, there, err := x.tx.Get(ctx, tableQueue, key); err != nil || !there {
			return err
		}
		if n, err = numberOf(key); err != nil {
			return err
		}
		found, err := x.agentBySeat(ctx, key[:len(seatKey(0))])
		if err != nil {
			return err
		}
		if row, err = x.mail(ctx, found, n); err != nil {
			return err
		}
		var peer peerRow
		_, err = x.find(ctx, tablePeer, row.To.Node.String(), &peer)
		owner, at = found, peer.At
		return err
	})
	return owner, n, row, at, err
}

// arrived notes that the other node has a message.
func (x *act) arrived(ctx context.Context, n uint64) error {
	row, err := x.mail(ctx, x.who, n)
	if err != nil {
		return err
	}
	if err := x.dequeue(ctx, x.who, n); err != nil || row.State != StateQueued {
		return err
	}
	row.State = StateSent
	if err := x.setMail(ctx, x.who, n, row); err != nil {
		return err
	}
	return x.log(ctx, x.who, "arrived", n, map[string]uint64{"number": n})
}

// giveUp notes that a message will not arrive. A request is rejected by that.
func (x *act) giveUp(ctx context.Context, n uint64, action, why string) error {
	row, err := x.mail(ctx, x.who, n)
	if err != nil {
		return err
	}
	if err := x.dequeue(ctx, x.who, n); err != nil || row.State != StateQueued {
		return err
	}
	row.State, row.Why = StateRejected, why
	detail := map[string]any{"number": n, "why": why}
	if row.Promise != nil {
		if err := x.settleOwn(ctx, x.who, n, row, StateRejected, nil, why); err != nil {
			return err
		}
	} else if err := x.setMail(ctx, x.who, n, row); err != nil {
		return err
	}
	return x.log(ctx, x.who, action, n, detail)
}

// failed notes that deliveries of a message that found no room failed, or those to
// a node that could not be reached.
func (p *Post) failed(key string, err error) {
	words := "the node cannot be reached"
	var refused *Error
	if errors.As(err, &refused) {
		words = refused.Message
	} else {
		p.log.Info("messages are delivered again later", "for", key, "err", err)
	}
	p.tries.Fail(key, p.o.Now(), words)
}

// keepTries forgets what became of deliveries of messages that do not wait any
// more, and to nodes that nothing waits for.
func (p *Post) keepTries(keys []string, nodes map[Key]*waiting) {
	wanted := make(map[string]bool, len(keys)+len(nodes))
	for _, key := range keys {
		wanted[key] = true
	}
	for node := range nodes {
		wanted[node.String()] = true
	}
	p.tries.Keep(wanted)
}

// claims are the messages that somebody is delivering or cancelling: never both.
type claims struct {
	mu   sync.Mutex
	keys map[string]bool
}

func (c *claims) take(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys[key] {
		return false
	}
	if c.keys == nil {
		c.keys = map[string]bool{}
	}
	c.keys[key] = true
	return true
}

func (c *claims) give(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.keys, key)
}
