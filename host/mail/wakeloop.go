package mail

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"qvat/host/retry"
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
	w := &wakes{p: p, lines: map[string]*line{}, tries: retry.Tries[string]{First: firstWait, Last: lastWait}}
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
		case <-p.woken:
		case <-retry:
		}
	}
}

// wakes is the loop's memory.
type wakes struct {
	p     *Post
	group sync.WaitGroup
	after int64               // the newest row of the outbox that was read
	tries retry.Tries[string] // of the first row of a line, by its agent

	mu    sync.Mutex
	lines map[string]*line // by agents
	busy  int              // lines with a goroutine
}

// line is what is to run for one agent.
type line struct {
	rows []int64 // of the outbox, in the order in which they came
	busy bool
}

// job is one row of the outbox.
type job struct {
	row   int64
	agent string                                     // whose order it stands in
	do    func(ctx context.Context, last bool) error // last: there is no other try
}

// outboxKinds are the kinds of rows that the loop works off.
func outboxKinds() []string { return []string{OutboxWake, OutboxCall} }

// read notes which rows have come to the outbox since it last did.
func (w *wakes) read(ctx context.Context) error {
	for {
		rows, err := w.p.o.Store.Outbox(ctx, w.after, wakeRows, outboxKinds()...)
		if err != nil {
			return err
		}
		w.mu.Lock()
		for _, row := range rows {
			w.after = row.ID
			agent := w.job(row).agent
			l := w.lines[agent]
			if l == nil {
				l = &line{}
				w.lines[agent] = l
			}
			l.rows = append(l.rows, row.ID)
		}
		w.mu.Unlock()
		if len(rows) < wakeRows {
			return nil
		}
	}
}

// start has the lines run that can, and says after what time to look again; 0 is
// when one of them has come to an end.
func (w *wakes) start(ctx context.Context) (again time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for agent, l := range w.lines {
		if l.busy || w.busy == wakesAtOnce {
			continue
		}
		if wait := w.tries.Of(agent).Wait(time.Now()); wait > 0 {
			if again == 0 || wait < again {
				again = wait
			}
			continue
		}
		l.busy = true
		w.busy++
		rows := l.rows[:min(len(l.rows), wakesOfOne)]
		w.group.Go(func() { w.work(ctx, agent, l, rows) })
	}
	return again
}

// work does one agent's jobs in their order, up to one that has to wait.
func (w *wakes) work(ctx context.Context, agent string, l *line, rows []int64) {
	done := 0
	for _, row := range rows {
		if !w.one(ctx, row, w.tries.Of(agent).Failed) {
			w.tries.Fail(agent, time.Now(), "")
			break
		}
		w.tries.Forget(agent)
		if done++; ctx.Err() != nil {
			break
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	l.rows, l.busy = l.rows[done:], false
	w.busy--
	if len(l.rows) == 0 {
		delete(w.lines, agent)
	}
	signal(w.p.woken)
}

// one does a job that has failed some times, and says whether it is over: if not,
// it is to be tried again.
func (w *wakes) one(ctx context.Context, row int64, failed int) (over bool) {
	rows, err := w.p.o.Store.Outbox(ctx, row-1, 1, outboxKinds()...)
	if err != nil {
		if ctx.Err() == nil {
			w.p.log.Error("what messages woke cannot be read", "err", err)
		}
		return false
	}
	if len(rows) == 0 || rows[0].ID != row {
		return true // it was done before
	}
	last := failed+1 >= wakeTries
	err = w.job(rows[0]).do(ctx, last)
	if err != nil && (ctx.Err() != nil || !last) {
		return false
	}
	if err != nil {
		w.p.log.Error("what a message woke is given up", "outbox", row, "err", err)
	}
	if err := w.p.o.Store.Ack(context.WithoutCancel(ctx), row); err != nil {
		w.p.log.Error("the outbox cannot be written", "err", err)
		return false
	}
	return true
}

// job reads a row.
func (w *wakes) job(row store.Outgoing) job {
	var err error
	j := job{row: row.ID}
	switch row.Kind {
	case OutboxWake:
		var wake Wake
		err = json.Unmarshal(row.Payload, &wake)
		j.agent = wake.Seat
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
