// Package jobs works off rows of the outbox: each row is a job of somebody's. Those of
// one run in the order in which they came; those of several at once, so that one whose
// jobs are slow holds up no other.
package jobs

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"qvat/host/retry"
	"qvat/host/store"
)

// Options say what a loop is made of. All must be set.
type Options struct {
	Outbox store.Outbox
	// Kinds are the kinds of rows that are jobs.
	Kinds []string
	// Read says what a row is.
	Read func(row store.Outgoing) Job
	// Changed receives something when rows may have come.
	Changed <-chan struct{}
	Logger  *slog.Logger
}

// Job is one row of the outbox.
type Job struct {
	Whose string // in whose order it stands
	// Do does it. last: there is no other try. After an error it is tried again.
	Do func(ctx context.Context, last bool) error
}

const (
	// linesAtOnce is of how many jobs run at the same time.
	linesAtOnce = 4
	// jobsOfOne is how many of one's jobs run before the others have their turn.
	jobsOfOne = 8
	// tries is how often a job is tried that the vat fails at, or has no room for.
	tries               = 20
	firstWait, lastWait = time.Second, time.Minute
	pageRows            = 64
)

// Loop works off what is to be done, until ctx ends.
func Loop(ctx context.Context, o Options) {
	l := &loop{o: o, ended: make(chan struct{}, 1)}
	defer l.group.Wait()
	for ctx.Err() == nil {
		wait := firstWait
		if err := l.read(ctx); err == nil {
			wait = l.start(ctx)
		} else if ctx.Err() == nil {
			o.Logger.Error("what messages woke cannot be read", "err", err)
		}
		var next <-chan time.Time
		if wait > 0 {
			next = time.After(wait)
		}
		select {
		case <-ctx.Done():
		case <-o.Changed:
		case <-l.ended:
		case <-next:
		}
	}
}

type loop struct {
	o     Options
	group sync.WaitGroup
	after int64         // the newest row of the outbox that was read
	ended chan struct{} // receives something when a line's goroutine has ended

	mu    sync.Mutex // guards the rest
	lines []*line    // in their turn
	busy  int        // lines with a goroutine
}

// line is what is to be done of one's jobs.
type line struct {
	whose  string
	rows   []int64 // of the outbox, in the order in which they came
	busy   bool
	failed int       // how often the first of them could not be done
	due    time.Time // when it may be tried again
}

// read notes which rows have come to the outbox since it last did.
func (l *loop) read(ctx context.Context) error {
	for {
		rows, err := l.o.Outbox.Outbox(ctx, l.after, pageRows, l.o.Kinds...)
		if err != nil {
			return err
		}
		l.mu.Lock()
		for _, row := range rows {
			l.after = row.ID
			of := l.lineOf(l.o.Read(row).Whose)
			of.rows = append(of.rows, row.ID)
		}
		l.mu.Unlock()
		if len(rows) < pageRows {
			return nil
		}
	}
}

// lineOf gives somebody's line; l.mu is locked.
func (l *loop) lineOf(whose string) *line {
	i := slices.IndexFunc(l.lines, func(of *line) bool { return of.whose == whose })
	if i >= 0 {
		return l.lines[i]
	}
	of := &line{whose: whose}
	l.lines = append(l.lines, of)
	return of
}

// start has the lines run that can, and says after what time to look again; 0 is
// when one of them has come to an end.
func (l *loop) start(ctx context.Context) (again time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, of := range l.lines {
		if of.busy || l.busy == linesAtOnce {
			continue
		}
		if wait := time.Until(of.due); wait > 0 {
			if again == 0 || wait < again {
				again = wait
			}
			continue
		}
		of.busy = true
		l.busy++
		rows := of.rows[:min(len(of.rows), jobsOfOne)]
		l.group.Go(func() { l.work(ctx, of, rows) })
	}
	return again
}

// work does one's jobs in their order, up to one that has to wait.
func (l *loop) work(ctx context.Context, of *line, rows []int64) {
	failed, done, wait := of.failed, 0, time.Duration(0)
	for _, row := range rows {
		if wait = l.one(ctx, row, failed); wait > 0 || ctx.Err() != nil {
			break
		}
		failed = 0
		done++
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	of.rows, of.busy, of.failed = of.rows[done:], false, failed
	l.busy--
	if wait > 0 {
		of.failed++
		of.due = time.Now().Add(wait)
	}
	l.lines = slices.DeleteFunc(l.lines, func(other *line) bool { return other == of })
	if len(of.rows) > 0 {
		l.lines = append(l.lines, of) // after the others
	}
	select {
	case l.ended <- struct{}{}:
	default: // it is about to look anyway
	}
}

// one does a job that has failed some times. It says how long to wait until it is
// tried again; 0 is that it is over.
func (l *loop) one(ctx context.Context, row int64, failed int) time.Duration {
	again := retry.After(failed, firstWait, lastWait)
	rows, err := l.o.Outbox.Outbox(ctx, row-1, 1, l.o.Kinds...)
	if err != nil {
		if ctx.Err() == nil {
			l.o.Logger.Error("what messages woke cannot be read", "err", err)
		}
		return again
	}
	if len(rows) == 0 || rows[0].ID != row {
		return 0 // it was done before
	}
	last := failed+1 >= tries
	err = l.o.Read(rows[0]).Do(ctx, last)
	if err != nil && (ctx.Err() != nil || !last) {
		return again
	}
	if err != nil {
		l.o.Logger.Error("what a message woke is given up", "outbox", row, "err", err)
	}
	if err := l.o.Outbox.Ack(context.WithoutCancel(ctx), row); err != nil {
		l.o.Logger.Error("the outbox cannot be written", "err", err)
		return again
	}
	return 0
}
