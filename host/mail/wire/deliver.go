package wire

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"
	"unicode"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/letter"
	"qvat/host/retry"
)

const (
	// firstRetry and lastRetry bound the wait of a letter that could not be
	// delivered, which doubles.
	firstRetry = time.Second
	lastRetry  = 5 * time.Minute
	// nodesAtOnce is to how many nodes letters are delivered at once.
	nodesAtOnce = 16
	// deliverTime bounds one delivery.
	deliverTime = 30 * time.Second
)

// Serve works off the queue until ctx ends: when something has come into it, and
// when something in it is due again. Each node has a goroutine of its own while
// there is something for it.
func (w *Wire) Serve(ctx context.Context) {
	changed, stop := w.queue.Changed()
	defer stop()
	d := w.deliveries()
	defer d.group.Wait()
	for ctx.Err() == nil {
		wait, err := d.start(ctx)
		if err != nil && ctx.Err() == nil {
			w.o.Logger.Warn("the queue of messages cannot be read", "err", err)
			wait = firstRetry
		}
		var due <-chan time.Time
		if wait > 0 {
			due = time.After(wait)
		}
		select {
		case <-ctx.Done():
		case <-due:
		case <-changed:
		case <-d.again:
		}
	}
}

// deliveries are those that are under way.
type deliveries struct {
	*Wire
	group sync.WaitGroup
	again chan struct{} // receives something when one has come to an end

	mu   sync.Mutex // guards busy
	busy map[caps.Key]bool
}

func (w *Wire) deliveries() *deliveries {
	return &deliveries{Wire: w, busy: map[caps.Key]bool{}, again: make(chan struct{}, 1)}
}

// parcel is what waits for one node.
type parcel struct {
	node caps.Key
	keys []string
}

// start begins to deliver what is due, and tells how long until something is due
// again; 0 when nothing is, but for what is under way, whose end starts this
// again.
func (d *deliveries) start(ctx context.Context) (wait time.Duration, err error) {
	parcels, err := d.parcels(ctx)
	if err != nil {
		return 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range parcels {
		if d.busy[p.node] || len(d.busy) >= nodesAtOnce {
			continue
		}
		if left := d.untilDue(p.node, p.keys); left > 0 {
			if wait == 0 || left < wait {
				wait = left
			}
			continue
		}
		d.busy[p.node] = true
		d.group.Go(func() {
			d.deliverTo(ctx, p)
			d.mu.Lock()
			defer d.mu.Unlock()
			delete(d.busy, p.node)
			select {
			case d.again <- struct{}{}:
			default: // it is about to look anyway
			}
		})
	}
	return wait, nil
}

// parcels gives what waits for each node, in the order of the queue.
func (d *deliveries) parcels(ctx context.Context) (list []*parcel, err error) {
	waiting, err := d.queue.All(ctx)
	if err != nil {
		return nil, err
	}
	byNode := map[caps.Key]*parcel{}
	for _, l := range waiting {
		p := byNode[l.To.Node]
		if p == nil {
			p = &parcel{node: l.To.Node}
			byNode[p.node] = p
			list = append(list, p)
		}
		p.keys = append(p.keys, l.Key)
	}
	return list, nil
}

// untilDue tells how long until the node, and the first of some letters for it,
// are due; 0 is now.
func (w *Wire) untilDue(node caps.Key, keys []string) time.Duration {
	now := w.o.Now()
	first := time.Duration(-1)
	for _, key := range keys {
		if left := max(w.queue.Tried(key).Next.Sub(now), 0); first < 0 || left < first {
			first = left
		}
	}
	return max(first, w.queue.Tried(node.String()).Next.Sub(now), 0)
}

// deliverTo delivers what is due of what waits for a node, in its order, until
// the node cannot be reached.
func (w *Wire) deliverTo(ctx context.Context, p *parcel) {
	for i, key := range p.keys {
		if w.untilDue(p.node, p.keys[i:i+1]) > 0 {
			continue
		}
		err := w.deliver(ctx, p.node, key)
		code := caps.CodeOf(err)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			w.queue.Note(key, mail.Try{})
			w.queue.Note(p.node.String(), mail.Try{})
		case code != "" && code != caps.Elsewhere:
			w.failed(key, err)
			w.queue.Note(p.node.String(), mail.Try{})
		default:
			w.failed(p.node.String(), err)
			return
		}
	}
}

// deliver delivers a letter and notes what became of it. The error is a refusal with
// code Full, or else says that the node cannot be reached.
func (w *Wire) deliver(ctx context.Context, node caps.Key, key string) error {
	if !w.queue.Begin(key) {
		return nil // it is being taken back
	}
	defer w.queue.End(key)
	m, at, waits, err := w.queue.Letter(ctx, key)
	if err != nil || !waits { // it was taken back
		return err
	}
	err = w.hand(ctx, node, at, m)
	switch code := caps.CodeOf(err); {
	case err == nil || code == caps.Replayed:
		return w.queue.Arrived(ctx, key)
	case code != "" && code != caps.Full && code != caps.Elsewhere:
		return w.queue.Bounced(ctx, key, err.Error())
	}
	return err
}

// hand gives a letter to the network.
func (w *Wire) hand(ctx context.Context, node caps.Key, at []string, m letter.Sealed) error {
	if w.o.Network == nil {
		return caps.Refuse(caps.Elsewhere, "this vat has no network")
	}
	ctx, cancel := context.WithTimeout(ctx, deliverTime)
	defer cancel()
	err := w.o.Network.Deliver(ctx, node, at, m)
	var refused *caps.Error
	if errors.As(err, &refused) {
		return othersWords(refused)
	}
	return err
}

// failed notes that deliveries of a letter, or to a node, failed; the wait before
// the next doubles.
func (w *Wire) failed(key string, err error) {
	words := "the node cannot be reached"
	if caps.CodeOf(err) != "" {
		words = err.Error()
	}
	n := w.queue.Tried(key).Tries
	next := w.o.Now().Add(retry.After(n, firstRetry, lastRetry))
	w.queue.Note(key, mail.Try{Tries: n + 1, Next: next, Error: words})
	if caps.CodeOf(err) == "" {
		w.o.Logger.Info("messages are delivered again later", "for", key, "err", err)
	}
}

// How many bytes of another node's refusal are kept.
const (
	refusalWords = 500
	hintWords    = 200
)

// othersWords makes of another node's refusal, in which anything may stand, one
// that can be kept and shown. What it means by a code that is none here is that it
// refuses.
func othersWords(e *caps.Error) *caps.Error {
	code := e.Code
	if !code.Known() {
		code = caps.Refused
	}
	return &caps.Error{Code: code, Message: printable(e.Message, refusalWords), Hint: printable(e.Hint, hintWords)}
}

// printable gives the first bytes of a text, without control characters.
func printable(s string, most int) string {
	s = strings.ToValidUTF8(s[:min(len(s), most)], "")
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
}
