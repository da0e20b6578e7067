package sqlite

import (
	"context"
	"fmt"
	"sync"

	"qvat/host/store"
)

// background is what is to be written and nobody waits for: records of failures,
// and a library's programs.
type background struct {
	waits  chan struct{} // to the committer: there is something to write, soon
	closed chan struct{} // history's

	mu       sync.Mutex      // guards what follows
	failures []*store.Record // to be written with the next batch
	waiting  int             // failures that are not written yet
	room     chan struct{}   // closed when some were
	stopped  bool
	programs store.ProgramSource // nil when there is no library
}

// backgroundWrites are what of it is written at one time.
type backgroundWrites struct {
	failures []*store.Record
	source   store.ProgramSource // of programs
	programs store.ProgramWrites
}

func (w backgroundWrites) empty() bool { return len(w.failures) == 0 && w.programs.Empty() }

// signal asks the committer to write before long.
func (b *background) signal() { signal(b.waits) }

// take takes what there is to write, within the bounds of one batch.
func (b *background) take() backgroundWrites {
	b.mu.Lock()
	w := backgroundWrites{failures: b.failures, source: b.programs}
	b.failures = nil
	b.mu.Unlock()
	if w.source != nil {
		w.programs = w.source.Take()
	}
	return w
}

// done takes note of what became of it. What could not be written is tried again.
func (b *background) done(w backgroundWrites, err error) {
	if !w.programs.Empty() {
		w.source.Done(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil && len(w.failures) > 0 {
		b.waiting -= len(w.failures)
		close(b.room)
		b.room = make(chan struct{})
	}
	if err == nil {
		return
	}
	b.failures = append(w.failures, b.failures...)
}

// maxFailures is how many records of failures wait to be written at most.
const maxFailures = 1024

// addFailure adds a record of a failure, when there is room.
func (b *background) addFailure(ctx context.Context, r *store.Record) error {
	for {
		b.mu.Lock()
		if b.stopped {
			b.mu.Unlock()
			return store.ErrClosed
		}
		if b.waiting < maxFailures {
			b.waiting++
			b.failures = append(b.failures, r)
			b.mu.Unlock()
			b.signal()
			return nil
		}
		room := b.room
		b.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return fmt.Errorf("wait for records of failures to be written: %w", ctx.Err())
		case <-b.closed:
			return store.ErrClosed
		}
	}
}

// stop refuses what comes from now on.
func (b *background) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped = true
}
