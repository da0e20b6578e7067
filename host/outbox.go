package host

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"qvat/chains"
	"qvat/host/fault"
	"qvat/host/powers"
	"qvat/host/store"
)

// What a message staged leaves after its commit, from here. A row stays in the
// outbox until what it asks for is done, across restarts; so it may be done
// twice, and those who receive it drop what they have seen.

const (
	// outboxBatch is how many rows are taken at a time.
	outboxBatch = 64
	// outboxAtOnce is how many requests are under way at once.
	outboxAtOnce = 8
	// firstRetry and lastRetry bound the wait after a row that could not be
	// sent, which doubles.
	firstRetry = time.Second
	lastRetry  = 5 * time.Minute
)

// sendOutbox works off the outbox until ctx ends.
func (v *Vat) sendOutbox(ctx context.Context) {
	wait := firstRetry
	for {
		again, err := v.sendAll(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			v.log.Warn("the outbox waits", "for", wait, "err", err)
		case !again:
			wait = firstRetry
		}
		timer := time.NewTimer(lastRetry)
		if err != nil || again {
			timer.Reset(wait)
			wait = min(2*wait, lastRetry)
		}
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-v.store.OutboxSignal():
			timer.Stop()
		}
	}
}

// sendAll sends what it can. again says that something is left to be tried
// later.
func (v *Vat) sendAll(ctx context.Context) (again bool, err error) {
	if err := v.applyFiles(ctx); err != nil {
		v.log.Warn("changes of files wait", "err", err)
		again = true
	}
	after := int64(0)
	for {
		rows, err := v.store.Outbox(ctx, after, outboxBatch)
		if err != nil || len(rows) == 0 {
			return again, err
		}
		after = rows[len(rows)-1].ID
		again = v.sendRequests(ctx, rows) || again
	}
}

// applyFiles makes the changes of files that messages have staged, one after
// another in their order. At the first that cannot be made now it stops: those
// behind it may rest on it.
func (v *Vat) applyFiles(ctx context.Context) error {
	v.filesMu.Lock()
	defer v.filesMu.Unlock()
	after := int64(0)
	for {
		rows, err := v.store.Outbox(ctx, after, outboxBatch)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			after = row.ID
			if row.Kind != powers.OutboxFiles {
				continue
			}
			err := v.powers.Apply(ctx, row.Payload)
			if errors.Is(err, powers.ErrNever) {
				v.log.Error("a change of a file can never be made, and was dropped", "outbox", row.ID, "err", err)
				err = nil
			}
			if err == nil {
				err = v.store.Ack(ctx, row.ID)
			}
			if err != nil {
				return err
			}
		}
	}
}

// sendRequests sends the requests among the rows side by side: a server that is
// slow is not to hold up the others.
func (v *Vat) sendRequests(ctx context.Context, rows []store.Outgoing) (again bool) {
	var group errgroup.Group
	group.SetLimit(outboxAtOnce)
	var failed atomic.Bool
	for _, row := range rows {
		if row.Kind == powers.OutboxFiles {
			continue
		}
		group.Go(func() error {
			if err := v.finishRow(ctx, row); err != nil {
				failed.Store(true)
				if ctx.Err() == nil {
					v.log.Warn("a request is sent again later", "outbox", row.ID, "err", err)
				}
			}
			return nil
		})
	}
	group.Wait() //nolint:errcheck // its functions return none
	return failed.Load()
}

// finishRow does what a row asks for, and removes it.
func (v *Vat) finishRow(ctx context.Context, row store.Outgoing) error {
	if row.Kind == powers.OutboxHTTP {
		if err := v.sendHTTP(ctx, row); err != nil {
			return err
		}
	} else {
		v.log.Error("an effect of a kind that this version does not know was dropped", "outbox", row.ID, "kind", row.Kind)
	}
	return v.store.Ack(ctx, row.ID)
}

// giveUp is how often a request is tried before the program is told that it
// failed: for an hour or so, with the waits between.
const giveUp = 20

// sendHTTP sends a request, and runs the message that its answer is for.
func (v *Vat) sendHTTP(ctx context.Context, row store.Outgoing) error {
	a, err := v.powers.Send(ctx, row.Payload)
	if err != nil && !errors.Is(err, powers.ErrNever) && ctx.Err() == nil && v.tries.add(row.ID) >= giveUp {
		a, err = v.powers.GiveUp(row.Payload, err)
	}
	if errors.Is(err, powers.ErrNever) {
		v.log.Error("a staged request was dropped", "outbox", row.ID, "err", err)
		err, a.Then = nil, nil
	}
	if err == nil && a.Then != nil {
		err = v.deliver(ctx, a)
	}
	if err == nil {
		v.tries.forget(row.ID)
	}
	return err
}

// deliver runs the message that an answer is for, once: one that has committed
// before is found by its id, which the request's id makes its own. That it
// fails is its own affair, and in its record; only what may pass is an error.
func (v *Vat) deliver(ctx context.Context, a powers.Answer) error {
	answer, err := v.invoke(ctx, "", chains.Capsule{Chain: *a.Then, Input: a.Input}, true)
	f := fault.Of(err)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil || f.Code == fault.Busy:
		return err
	}
	v.log.Warn("the message that an answer was for failed", "message", answer.Message.ID, "request", a.Request, "err", f)
	return nil
}

// tries counts the attempts at rows of the outbox since the vat was opened.
type tries struct {
	mu    sync.Mutex
	count map[int64]int
}

func (t *tries) add(id int64) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.count == nil {
		t.count = map[int64]int{}
	}
	t.count[id]++
	return t.count[id]
}

func (t *tries) forget(id int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.count, id)
}
