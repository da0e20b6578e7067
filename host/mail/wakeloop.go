package mail

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"qvat/host/store"
)

const (
	// wakesAtOnce is of how many agents they run at the same time; those of one
	// agent run in the order in which they came.
	wakesAtOnce = 4
	// wakesOfOne is how many of one agent's are run before the others have their
	// turn.
	wakesOfOne = 8
	// wakeTries is how often a run is tried that the vat fails at, or has no room
	// for.
	wakeTries           = 20
	firstWait, lastWait = time.Second, time.Minute
	wakeRows            = 64
)

// runWakes works off what is to run, until ctx ends. An agent has a goroutine of
// its own while there is something for it, so one whose runs are slow holds up no
// other.
func (p *Post) runWakes(ctx context.Context) {
	if p.o.Run == nil {
		return
	}
	changed, stop := p.caps.Subscribe(topicRuns)
	defer stop()
	w := &wakeLoop{p: p}
	defer w.group.Wait()
	for ctx.Err() == nil {
		wait := firstWait
		if err := w.read(ctx); err == nil {
			wait = w.start(ctx)
		} else if ctx.Err() == nil {
			p.log.Error("what messages woke cannot be read", "err", err)
		}
		var retry <-chan time.Time
		if wait > 0 {
			retry = time.After(wait)
		}
		select {
		case <-ctx.Done():
		case <-changed:
		case <-retry:
		}
	}
}

// wakeLoop is the loop's memory.
type wakeLoop struct {
	p     *Post
	group sync.WaitGroup
	after int64 // the newest row of the outbox that was read

	mu    sync.Mutex  // guards the rest
	lines []*wakeLine // those of one agent each, in their turn
	busy  int         // lines with a goroutine
}

// wakeLine is what is to run for one agent.
type wakeLine struct {
	agent  string
	rows   []int64 // of the outbox, in the order in which they came
	busy   bool
	failed int       // how often the first of them could not be run
	due    time.Time // when it may be tried again
}

// wakeJob is one row of the outbox.
type wakeJob struct {
	row   int64
	agent string                                     // whose order it stands in
	do    func(ctx context.Context, last bool) error // last: there is no other try
}

// outboxKinds are the kinds of rows that the loop works off.
func outboxKinds() []string { return []string{OutboxWake, OutboxCall} }

// read notes which rows have come to the outbox since it last did.
func (w *wakeLoop) read(ctx context.Context) error {
	for {
		rows, err := w.p.o.Store.Outbox(ctx, w.after, wakeRows, outboxKinds()...)
		if err != nil {
			return err
		}
		w.mu.Lock()
		for _, row := range rows {
			w.after = row.ID
			l := w.lineOf(w.job(row).agent)
			l.rows = append(l.rows, row.ID)
		}
		w.mu.Unlock()
		if len(rows) < wakeRows {
			return nil
		}
	}
}

// lineOf gives an agent's line; w.mu is locked.
func (w *wakeLoop) lineOf(agent string) *wakeLine {
	i := slices.IndexFunc(w.lines, func(l *wakeLine) bool { return l.agent == agent })
	if i >= 0 {
		return w.lines[i]
	}
	l := &wakeLine{agent: agent}
	w.lines = append(w.lines, l)
	return l
}

// start has the lines run that can, and says after what time to look again; 0 is
// when one of them has come to an end.
func (w *wakeLoop) start(ctx context.Context) (again time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.lines {
		if l.busy || w.busy == wakesAtOnce {
			continue
		}
		if wait := time.Until(l.due); wait > 0 {
			if again == 0 || wait < again {
				again = wait
			}
			continue
		}
		l.busy = true
		w.busy++
		rows := l.rows[:min(len(l.rows), wakesOfOne)]
		w.group.Go(func() { w.work(ctx, l, rows) })
	}
	return again
}

// work does one agent's jobs in their order, up to one that has to wait.
func (w *wakeLoop) work(ctx context.Context, l *wakeLine, rows []int64) {
	failed, done, wait := l.failed, 0, time.Duration(0)
	for _, row := range rows {
		if wait = w.one(ctx, row, failed); wait > 0 || ctx.Err() != nil {
			break
		}
		failed = 0
		done++
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	l.rows, l.busy, l.failed = l.rows[done:], false, failed
	w.busy--
	if wait > 0 {
		l.failed++
		l.due = time.Now().Add(wait)
	}
	w.lines = slices.DeleteFunc(w.lines, func(other *wakeLine) bool { return other == l })
	if len(l.rows) > 0 {
		w.lines = append(w.lines, l) // after the others
	}
	w.p.caps.Notify(topicRuns)
}

// one does a job that has failed some times. It says how long to wait until it is
// tried again; 0 is that it is over.
func (w *wakeLoop) one(ctx context.Context, row int64, failed int) time.Duration {
	again := min(firstWait<<min(failed, 10), lastWait)
	rows, err := w.p.o.Store.Outbox(ctx, row-1, 1, outboxKinds()...)
	if err != nil {
		if ctx.Err() == nil {
			w.p.log.Error("what messages woke cannot be read", "err", err)
		}
		return again
	}
	if len(rows) == 0 || rows[0].ID != row {
		return 0 // it was done before
	}
	last := failed+1 >= wakeTries
	err = w.job(rows[0]).do(ctx, last)
	if err != nil && (ctx.Err() != nil || !last) {
		return again
	}
	if err != nil {
		w.p.log.Error("what a message woke is given up", "outbox", row, "err", err)
	}
	if err := w.p.o.Store.Ack(context.WithoutCancel(ctx), row); err != nil {
		w.p.log.Error("the outbox cannot be written", "err", err)
		return again
	}
	return 0
}

// job reads a row.
func (w *wakeLoop) job(row store.Outgoing) wakeJob {
	var err error
	j := wakeJob{row: row.ID}
	switch row.Kind {
	case OutboxWake:
		var wake Wake
		err = json.Unmarshal(row.Payload, &wake)
		j.agent = wake.Agent
		j.do = func(ctx context.Context, last bool) error { return w.p.wake(ctx, wake, last) }
	case OutboxCall:
		var q queuedCall
		err = json.Unmarshal(row.Payload, &q)
		j.agent = q.Agent.String()
		j.do = func(ctx context.Context, last bool) error { return w.p.callQueued(ctx, q, last) }
	}
	if err != nil {
		w.p.log.Error("a row of the outbox is not what this version writes, and is dropped", "outbox", row.ID, "err", err)
		j.do = func(context.Context, bool) error { return nil }
	}
	return j
}
