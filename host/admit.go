package host

import (
	"context"
	"sync/atomic"

	"qvat/host/fault"
)

// admit is the second step: a place among those that run, held while step runs. The
// commit, which waits for the disk, needs none. It fails at once with busy where too
// many wait for a place already, and with ctx's error.
func (v *Vat) admit(ctx context.Context, step func() error) error {
	if err := v.gate.enter(ctx); err != nil {
		return err
	}
	defer v.gate.leave()
	return step()
}

// gate lets a bounded number run at once, and a bounded number wait for that.
type gate struct {
	running chan struct{}
	waiting atomic.Int64
	queue   int64
}

func newGate(workers, queue int) *gate {
	return &gate{running: make(chan struct{}, workers), queue: int64(queue)}
}

// enter waits for a place. Whoever entered calls leave.
func (g *gate) enter(ctx context.Context) error {
	select {
	case g.running <- struct{}{}:
		return nil
	default:
	}
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > g.queue {
		f := fault.New(fault.Busy, "%d messages are waiting already: try again in a second", g.queue)
		f.RetryAfter = 1
		return f
	}
	select {
	case g.running <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *gate) leave() { <-g.running }
