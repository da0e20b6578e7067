package mail

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"qvat/host/store"
)

const (
	// wakesAtOnce is how many run at the same time; those of one agent run in
	// the order in which they came.
	wakesAtOnce = 4
	// wakesOfOne is how many of one agent's are run before the others have their
	// turn, and wakesRead how many of all.
	wakesOfOne = 8
	wakesRead  = 1024
	// wakeTries is how often a run is tried that the vat fails at, or has no room
	// for.
	wakeTries           = 20
	firstWait, lastWait = time.Second, time.Minute
	wakeRows            = 64
)

// runWakes works off what is to run, until ctx ends.
func (p *Post) runWakes(ctx context.Context) {
	if p.o.Run == nil {
		return
	}
	w := wakes{p: p, tries: map[int64]wakeTry{}}
	for {
		wait := w.all(ctx)
		var retry <-chan time.Time
		if wait > 0 {
			retry = time.After(wait)
		}
		select {
		case <-ctx.Done():
			return
		case <-p.woken:
		case <-retry:
		}
	}
}

// wakes is the loop's memory.
type wakes struct {
	p     *Post
	mu    sync.Mutex
	tries map[int64]wakeTry // of rows that could not be run yet
}

type wakeTry struct {
	failed int
	due    time.Time
}

// job is one row of the outbox.
type job struct {
	row   int64
	agent string                                     // whose order it stands in
	do    func(ctx context.Context, last bool) error // last: there is no other try
}

// all runs what there is, some of each agent's, and says after what time to look
// again; 0 is never.
func (w *wakes) all(ctx context.Context) (again time.Duration) {
	queues, more, err := w.read(ctx)
	if err != nil {
		if ctx.Err() == nil {
			w.p.log.Error("what messages woke cannot be read", "err", err)
		}
		return firstWait
	}
	sooner := func(wait time.Duration) {
		if wait > 0 && (again == 0 || wait < again) {
			again = wait
		}
	}
	var group sync.WaitGroup
	places := make(chan struct{}, wakesAtOnce)
	for _, jobs := range queues {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			wait := w.queue(ctx, jobs)
			w.mu.Lock()
			defer w.mu.Unlock()
			if wait == 0 && more {
				wait = time.Millisecond // it went on
			}
			sooner(wait)
		})
	}
	group.Wait()
	return again
}

// read takes jobs out of the outbox, by agents, in the order in which they came.
// more tells that there are others.
func (w *wakes) read(ctx context.Context) (queues [][]job, more bool, err error) {
	place := map[string]int{} // of an agent's queue
	jobs := 0
	for after := int64(0); ; {
		rows, err := w.p.o.Store.Outbox(ctx, after, wakeRows)
		if err != nil {
			return nil, false, err
		}
		for _, row := range rows {
			after = row.ID
			j, ok := w.job(row)
			if !ok {
				continue
			}
			i, known := place[j.agent]
			if !known {
				i = len(queues)
				place[j.agent] = i
				queues = append(queues, nil)
			}
			if len(queues[i]) == wakesOfOne {
				more = true
				continue
			}
			queues[i] = append(queues[i], j)
			if jobs++; jobs == wakesRead {
				return queues, true, nil
			}
		}
		if len(rows) < wakeRows {
			return queues, more, nil
		}
	}
}

// job reads a row.
func (w *wakes) job(row store.Outgoing) (job, bool) {
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
	default:
		return j, false
	}
	if err != nil {
		w.p.log.Error("a row of the outbox is not what this version writes, and is dropped", "outbox", row.ID, "err", err)
		j.do = func(context.Context, bool) error { return nil }
	}
	return j, true
}

// queue does one agent's jobs in their order, up to one that has to wait; it says
// how long.
func (w *wakes) queue(ctx context.Context, jobs []job) time.Duration {
	for _, j := range jobs {
		w.mu.Lock()
		t := w.tries[j.row]
		w.mu.Unlock()
		if wait := time.Until(t.due); wait > 0 {
			return wait
		}
		last := t.failed+1 >= wakeTries
		err := j.do(ctx, last)
		if err != nil && ctx.Err() != nil {
			return 0
		}
		if err != nil && !last {
			wait := min(firstWait<<min(t.failed, 10), lastWait)
			w.mu.Lock()
			w.tries[j.row] = wakeTry{t.failed + 1, time.Now().Add(wait)}
			w.mu.Unlock()
			return wait
		}
		if err != nil {
			w.p.log.Error("what a message woke is given up", "outbox", j.row, "err", err)
		}
		w.mu.Lock()
		delete(w.tries, j.row)
		w.mu.Unlock()
		if err := w.p.o.Store.Ack(context.WithoutCancel(ctx), j.row); err != nil {
			w.p.log.Error("the outbox cannot be written", "err", err)
			return firstWait
		}
	}
	return 0
}
