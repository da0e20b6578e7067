package mail

import (
	"context"
	"maps"
	"sync"
	"time"

	"qvat/host/caps"
	"qvat/host/mail/letter"
	"qvat/host/store"
)

// Queue is the letters that wait for other nodes: rows, from the transaction that
// sent one until the one that notes that it has arrived, was refused or was taken
// back. So nothing is lost over restarts. Package wire works it off. Its methods may
// be called from any goroutine.
type Queue struct {
	p *Post

	mu     sync.Mutex // guards the maps
	tries  map[string]Try
	atWork map[string]bool // letters that are being delivered or taken back: never both
}

// Queue gives the letters that wait for other nodes.
func (p *Post) Queue() *Queue { return &p.queue }

// Queued is a message on its way to another node.
type Queued struct {
	Key    string // of its row, by which the queue names it
	ID     [32]byte
	Number uint64 // in the sender's mailbox
	To     caps.ID
	Since  time.Time
	Try    // since the vat was started, of it or of all for its node
}

// Try is what became of deliveries: those of a letter that found no room, or those
// to a node that could not be reached.
type Try struct {
	Tries int       // that failed in a row
	Next  time.Time // when it is tried next
	Error string    // of the last try; "" before the first
}

// Changed gives a channel that receives something when letters have come into the
// queue or are no longer at work, and a function to stop that.
func (q *Queue) Changed() (<-chan struct{}, func()) { return q.p.caps.Subscribe(topicQueue) }

// queueRows is how many rows of the queue are read at a time.
const queueRows = 1000

// All gives all letters that wait, in the order of their senders and numbers, and
// forgets what became of deliveries of others.
func (q *Queue) All(ctx context.Context) ([]Queued, error) {
	list, err := q.read(ctx, "")
	if err != nil {
		return nil, err
	}
	waits := make(map[string]bool, len(list))
	for _, l := range list {
		waits[l.Key], waits[l.To.Node.String()] = true, true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	maps.DeleteFunc(q.tries, func(key string, _ Try) bool { return !waits[key] })
	return list, nil
}

func (q *Queue) read(ctx context.Context, prefix string) ([]Queued, error) {
	return ask(ctx, q.p.act, func(x *txn) ([]Queued, error) {
		list := []Queued{}
		e := store.EntriesQuery{Prefix: prefix, Limit: queueRows}
		err := x.Each(ctx, tableQueue, e, func(key string, value []byte) (bool, error) {
			var row queueRow
			if err := caps.DecodeRow(tableQueue, key, value, &row); err != nil {
				return false, err
			}
			n, err := numberOf(key)
			list = append(list, Queued{Key: key, ID: row.ID, Number: n, To: row.To, Since: caps.FromMillis(row.Since)})
			return true, err
		})
		return list, err
	})
}

// Begin puts a letter to work, and tells whether it could: it is at nobody's work.
// End is to be called afterwards.
func (q *Queue) Begin(key string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.atWork[key] {
		return false
	}
	q.atWork[key] = true
	return true
}

// End is the end of what Begin began.
func (q *Queue) End(key string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.atWork, key)
}

// Letter reads a letter, and where its node is; waits is false when it is not in
// the queue any more.
func (q *Queue) Letter(ctx context.Context, key string) (m letter.Sealed, at []string, waits bool, err error) {
	err = q.p.act(ctx, func(x *txn) error {
		if _, waits, err = x.tx.Get(ctx, tableQueue, key); err != nil || !waits {
			return err
		}
		return x.queued(ctx, key, func(owner *caps.Agent, n uint64) error {
			message, err := x.message(ctx, owner, n)
			if err != nil {
				return err
			}
			m = message.Sealed
			at, err = x.Addresses(ctx, m.To.Node)
			return err
		})
	})
	return m, at, waits, err
}

// queued does something with a letter by its key in the queue.
func (x *txn) queued(ctx context.Context, key string, work func(owner *caps.Agent, n uint64) error) error {
	n, err := numberOf(key)
	if err != nil {
		return err
	}
	owner, err := x.AgentByNumber(ctx, agentOf(key))
	if err != nil {
		return err
	}
	return work(owner, n)
}

// Arrived notes that the other node has a letter.
func (q *Queue) Arrived(ctx context.Context, key string) error {
	return q.p.act(ctx, func(x *txn) error {
		return x.queued(ctx, key, func(owner *caps.Agent, n uint64) error {
			row, waits, err := x.leaveQueue(ctx, owner, n)
			if err != nil || !waits {
				return err
			}
			row.State = StateSent
			if err := x.setMail(ctx, owner, n, row); err != nil {
				return err
			}
			return x.journal(ctx, owner, "arrived", n, map[string]uint64{"number": n})
		})
	})
}

// Bounced notes that the other node will never take a letter, and why: it is
// rejected.
func (q *Queue) Bounced(ctx context.Context, key, why string) error {
	return q.p.act(ctx, func(x *txn) error {
		return x.queued(ctx, key, func(owner *caps.Agent, n uint64) error { return x.giveUp(ctx, owner, n, "bounced", why) })
	})
}

// Tried gives what became of deliveries of a letter, by its key, or to a node, by
// its key's text.
func (q *Queue) Tried(key string) Try {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.tries[key]
}

// Note notes what became of deliveries; the zero Try forgets it.
func (q *Queue) Note(key string, t Try) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tries[key] = t
	if t == (Try{}) {
		delete(q.tries, key)
	}
}

// roomInQueue refuses what the queue has no room for.
func (x *txn) roomInQueue(ctx context.Context, who *caps.Agent) error {
	box, err := x.box(ctx, who.Number)
	if err == nil && box.Queued >= x.p.limits.Queued {
		err = caps.Refuse(caps.Full, "%d messages are on their way to other nodes, which is the limit", box.Queued).
			WithHint("see `qvat agent outbox`; wait, or cancel some")
	}
	return err
}

// enqueue has a letter delivered to another node, after the commit.
func (x *txn) enqueue(ctx context.Context, n uint64, row mailRow) error {
	box, err := x.box(ctx, x.who.Number)
	if err != nil {
		return err
	}
	box.Queued++
	x.NotifyLater(topicQueue)
	if err := x.Meet(ctx, x.who, row.To.Node, nil); err != nil {
		return err
	}
	return x.Put(ctx, tableQueue, mailKey(x.who.Number, n), queueRow{ID: row.ID, To: row.To, Since: x.Millis()})
}

// dequeue takes a letter out of the queue.
func (x *txn) dequeue(ctx context.Context, owner *caps.Agent, n uint64) error {
	there, err := x.Drop(ctx, tableQueue, mailKey(owner.Number, n))
	if err != nil || !there {
		return err
	}
	box, err := x.box(ctx, owner.Number)
	if err == nil {
		box.Queued--
	}
	return err
}

// leaveQueue takes a letter out of the queue, and tells whether it was still on its
// way.
func (x *txn) leaveQueue(ctx context.Context, owner *caps.Agent, n uint64) (mailRow, bool, error) {
	row, err := x.mail(ctx, owner, n)
	if err == nil {
		err = x.dequeue(ctx, owner, n)
	}
	return row, row.State == StateQueued, err
}

// giveUp notes that a letter will not arrive. A request is rejected by that.
func (x *txn) giveUp(ctx context.Context, owner *caps.Agent, n uint64, action, why string) error {
	row, waits, err := x.leaveQueue(ctx, owner, n)
	if err != nil || !waits {
		return err
	}
	row.State, row.Why = caps.StateRejected, why
	if row.Promise != nil {
		err = x.settleOwn(ctx, owner, n, row, caps.StateRejected, nil, why)
	} else {
		err = x.setMail(ctx, owner, n, row)
	}
	if err != nil {
		return err
	}
	return x.journal(ctx, owner, action, n, map[string]any{"number": n, "why": why})
}

// Outbox lists the agent's messages on their way to other nodes, in their order.
func (a *Agent) Outbox(ctx context.Context) ([]Queued, error) {
	if err := a.alone("Outbox"); err != nil {
		return nil, err
	}
	q := a.p.Queue()
	list, err := q.read(ctx, a.who.Number+"/")
	for i, l := range list {
		list[i].Try = q.Tried(l.Key)
		if node := q.Tried(l.To.Node.String()); node.Tries > 0 {
			list[i].Try = node
		}
	}
	return list, err
}

// Cancel takes back a message of the agent's own that is on its way to another
// node, by the id that Send gave. It is rejected from then on. It fails with
// Refused when it has left, or is just being delivered. Where a delivery was cut
// off, the other node may have it all the same.
func (a *Agent) Cancel(ctx context.Context, message [32]byte) error {
	if err := a.alone("Cancel"); err != nil {
		return err
	}
	n, err := ask(ctx, a.act, func(x *txn) (uint64, error) {
		row, n, err := x.own(ctx, a.who, message)
		if err == nil && row == nil {
			err = caps.Refuse(caps.NotFound, "there is no message of yours with this id")
		}
		return n, err
	})
	if err != nil {
		return err
	}
	key, q := mailKey(a.who.Number, n), a.p.Queue()
	if !q.Begin(key) {
		return caps.Refuse(caps.Refused, "message %d is just being delivered", n).WithHint("look at the outbox again in a moment")
	}
	defer a.p.caps.Notify(topicQueue) // it may have been passed by meanwhile
	defer q.End(key)
	err = a.act(ctx, func(x *txn) error {
		row, err := x.mail(ctx, a.who, n)
		if err != nil {
			return err
		}
		if row.State != StateQueued {
			return caps.Refuse(caps.Refused, "message %d is not on its way any more: it is %s", n, row.State)
		}
		return x.giveUp(ctx, a.who, n, "cancel", "it was taken back")
	})
	if err == nil {
		q.Note(key, Try{})
	}
	return err
}
