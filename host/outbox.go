package host

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"qvat/chains"
	"qvat/host/fault"
	"qvat/host/mail"
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
	// firstRetry and lastRetry bound the wait of a row that could not be sent.
	firstRetry = time.Second
	lastRetry  = 5 * time.Minute
)

// sendOutbox works off the outbox until ctx ends: when something has come to it,
// and every second while something in it waits for its next try.
func (v *Vat) sendOutbox(ctx context.Context) {
	for {
		again, err := v.sendAll(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			v.log.Warn("the outbox cannot be read", "err", err)
		}
		var retry <-chan time.Time
		if again || err != nil {
			retry = time.After(firstRetry)
		}
		select {
		case <-ctx.Done():
			return
		case <-retry:
		case <-v.store.OutboxSignal():
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
	kinds, err := v.store.OutboxKinds(ctx)
	if err != nil {
		return again, err
	}
	kinds = slices.DeleteFunc(kinds, func(kind string) bool { return kind == powers.OutboxFiles || mail.Sends(kind) })
	if len(kinds) == 0 {
		return again, nil
	}
	after := int64(0)
	for {
		rows, err := v.store.Outbox(ctx, after, outboxBatch, kinds...)
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
		rows, err := v.store.Outbox(ctx, after, outboxBatch, powers.OutboxFiles)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			after = row.ID
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

// sendRequests sends requests side by side: a server that is
// slow is not to hold up the others.
func (v *Vat) sendRequests(ctx context.Context, rows []store.Outgoing) (again bool) {
	var group errgroup.Group
	group.SetLimit(outboxAtOnce)
	if v.embed.Exchange != nil {
		group.SetLimit(1) // one after another, so that a test knows the order
	}
	var failed atomic.Bool
	for _, row := range rows {
		if v.tries.Of(row.ID).Wait(time.Now()) > 0 {
			failed.Store(true)
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

// giveUp is how often a row is tried before it is given up: for an hour or so,
// with the waits between.
const giveUp = 20

// sendHTTP sends a request, and runs the message that its answer is for.
func (v *Vat) sendHTTP(ctx context.Context, row store.Outgoing) error {
	a, err := v.powers.Send(ctx, row.Payload)
	if err == nil && a.Then != nil {
		err = v.deliver(ctx, a)
	}
	switch {
	case err == nil:
	case errors.Is(err, powers.ErrNever):
		v.log.Error("a staged request was dropped", "outbox", row.ID, "err", err)
	case ctx.Err() != nil || v.tries.Fail(row.ID, time.Now(), "").Failed < giveUp:
		return err
	default:
		v.log.Error("a staged request was given up", "outbox", row.ID, "err", err)
		a, err := v.powers.GiveUp(row.Payload, err)
		if err == nil && a.Then != nil {
			err = v.deliver(ctx, a)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			v.log.Error("the program was not told of it", "outbox", row.ID, "err", err)
		}
	}
	v.tries.Forget(row.ID)
	return nil
}

// deliver runs the message that an answer is for, once: its id is that of the
// request, so that one that has committed is found again, however the answer
// reads the second time. That its programs fail is its own affair, and in its
// record; what may pass, or is the vat's own fault, is an error.
func (v *Vat) deliver(ctx context.Context, a powers.Answer) error {
	c := chains.Capsule{Chain: *a.Then, Input: a.Input}
	m := &message{id: sha256.Sum256(append([]byte("qvat answer v1\n"+a.Request+"\n"), c.Chain.Encode()...)), once: true}
	_, err := v.invoke(ctx, "", c, m)
	if err == nil {
		return nil
	}
	f := fault.Of(err)
	switch f.Code {
	case fault.Busy, fault.BusyPeer, fault.Internal, fault.OutOfTime:
		return err
	}
	v.log.Warn("the message that an answer was for failed", "message", m.id, "request", a.Request, "err", f)
	return nil
}
