// Package outbox sends what invocations have staged, after their commits. A row
// stays until what it asks for is done, across restarts; so it may be done twice,
// and those who receive it drop what they have seen.
package outbox

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"qvat/host/mail"
	"qvat/host/powers"
	"qvat/host/retry"
	"qvat/host/store"
)

const (
	// batch is how many rows are taken at a time.
	batch = 64
	// atOnce is how many requests are under way at once.
	atOnce = 8
	// firstRetry and lastRetry bound the wait of a row that could not be sent.
	firstRetry = time.Second
	lastRetry  = 5 * time.Minute
)

// Options are what a [Sender] is made of. All but OneByOne must be set.
type Options struct {
	Store  store.Outbox
	Powers *powers.Set
	// Deliver runs the invocation that an answer is for, once, whatever comes of
	// it. An error is one that may pass: the answer is delivered again later.
	Deliver func(ctx context.Context, a powers.Answer) error
	// OneByOne sends requests one after another, in order, for tests of programs.
	OneByOne bool
	Logger   *slog.Logger
}

// Sender sends. Its methods may be called from any goroutine; rows of mail's are
// mail's own to send.
type Sender struct {
	o       Options
	tries   retry.Tries[int64] // of requests, by their rows
	filesMu sync.Mutex         // held while changes of files are made: one after another
}

// New makes a sender, which sends nothing by itself.
func New(o Options) *Sender {
	return &Sender{o: o, tries: retry.Tries[int64]{First: firstRetry, Last: lastRetry}}
}

// Run works off the outbox until ctx ends: when something has come to it, and every
// second while something in it waits for its next try.
func (s *Sender) Run(ctx context.Context) {
	for {
		again, err := s.SendAll(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.o.Logger.Warn("the outbox cannot be read", "err", err)
		}
		var next <-chan time.Time
		if again || err != nil {
			next = time.After(firstRetry)
		}
		select {
		case <-ctx.Done():
			return
		case <-next:
		case <-s.o.Store.OutboxSignal():
		}
	}
}

// SendAll sends what it can. again says that something is left to be tried
// later.
func (s *Sender) SendAll(ctx context.Context) (again bool, err error) {
	if err := s.ApplyFiles(ctx); err != nil {
		s.o.Logger.Warn("changes of files wait", "err", err)
		again = true
	}
	kinds, err := s.o.Store.OutboxKinds(ctx)
	if err != nil {
		return again, err
	}
	kinds = slices.DeleteFunc(kinds, func(kind string) bool { return kind == powers.OutboxFiles || mail.Sends(kind) })
	if len(kinds) == 0 {
		return again, nil
	}
	after := int64(0)
	for {
		rows, err := s.o.Store.Outbox(ctx, after, batch, kinds...)
		if err != nil || len(rows) == 0 {
			return again, err
		}
		after = rows[len(rows)-1].ID
		again = s.sendRequests(ctx, rows) || again
	}
}

// ApplyFiles makes the changes of files that are staged, one after
// another in their order. At the first that cannot be made now it stops: those
// behind it may rest on it.
func (s *Sender) ApplyFiles(ctx context.Context) error {
	s.filesMu.Lock()
	defer s.filesMu.Unlock()
	after := int64(0)
	for {
		rows, err := s.o.Store.Outbox(ctx, after, batch, powers.OutboxFiles)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			after = row.ID
			err := s.o.Powers.Apply(ctx, row.Payload)
			if errors.Is(err, powers.ErrNever) {
				s.o.Logger.Error("a change of a file can never be made, and was dropped", "outbox", row.ID, "err", err)
				err = nil
			}
			if err == nil {
				err = s.o.Store.Ack(ctx, row.ID)
			}
			if err != nil {
				return err
			}
		}
	}
}

// sendRequests sends requests side by side: a server that is
// slow is not to hold up the others.
func (s *Sender) sendRequests(ctx context.Context, rows []store.Outgoing) (again bool) {
	var group errgroup.Group
	group.SetLimit(atOnce)
	if s.o.OneByOne {
		group.SetLimit(1)
	}
	var failed atomic.Bool
	for _, row := range rows {
		if s.tries.Of(row.ID).Wait(time.Now()) > 0 {
			failed.Store(true)
			continue
		}
		group.Go(func() error {
			if err := s.finishRow(ctx, row); err != nil {
				failed.Store(true)
				if ctx.Err() == nil {
					s.o.Logger.Warn("a request is sent again later", "outbox", row.ID, "err", err)
				}
			}
			return nil
		})
	}
	group.Wait() //nolint:errcheck // its functions return none
	return failed.Load()
}

// finishRow does what a row asks for, and removes it.
func (s *Sender) finishRow(ctx context.Context, row store.Outgoing) error {
	if row.Kind == powers.OutboxHTTP {
		if err := s.sendHTTP(ctx, row); err != nil {
			return err
		}
	} else {
		s.o.Logger.Error("an effect of a kind that this version does not know was dropped", "outbox", row.ID, "kind", row.Kind)
	}
	return s.o.Store.Ack(ctx, row.ID)
}

// giveUp is how often a row is tried before it is given up: for an hour or so,
// with the waits between.
const giveUp = 20

// sendHTTP sends a request, and runs the invocation that its answer is for.
func (s *Sender) sendHTTP(ctx context.Context, row store.Outgoing) error {
	a, err := s.o.Powers.Send(ctx, row.Payload)
	if err == nil && a.Then != nil {
		err = s.o.Deliver(ctx, a)
	}
	switch {
	case err == nil:
	case errors.Is(err, powers.ErrNever):
		s.o.Logger.Error("a staged request was dropped", "outbox", row.ID, "err", err)
	case ctx.Err() != nil || s.tries.Fail(row.ID, time.Now(), "").Failed < giveUp:
		return err
	default:
		s.o.Logger.Error("a staged request was given up", "outbox", row.ID, "err", err)
		a, err := s.o.Powers.GiveUp(row.Payload, err)
		if err == nil && a.Then != nil {
			err = s.o.Deliver(ctx, a)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			s.o.Logger.Error("the program was not told of it", "outbox", row.ID, "err", err)
		}
	}
	s.tries.Forget(row.ID)
	return nil
}
