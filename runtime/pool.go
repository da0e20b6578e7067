package runtime

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
)

// pool keeps idle instances of one image. An instance that is given back is
// first set back to the image; one that trapped or grew is thrown away.
type pool struct {
	engine *Engine
	img    *image
	users  sync.WaitGroup // turns that hold an instance

	// near remembers, for each processor, an instance that it used. It is a
	// hint: what it holds may be in use again, or gone.
	near sync.Pool

	mu     sync.Mutex
	idle   []*instance
	closed bool

	prepared *preparedCache // states that messages start from beside the image

	made, reused, discarded atomic.Int64
}

func newPool(e *Engine, img *image) *pool {
	return &pool{engine: e, img: img, prepared: newPreparedCache()}
}

// take gives an instance in the state that a patch makes of the image to a user
// that has been counted already, and counts it out again where there is none to
// be had.
func (p *pool) take(ctx context.Context, state patch) (*instance, error) {
	in := p.takeIdle(state)
	if in == nil {
		p.made.Add(1)
		var err error
		if in, err = p.engine.fromImage(ctx, p.img); err != nil {
			p.users.Done()
			return nil, err
		}
	} else {
		p.reused.Add(1)
	}
	in.mem.setPatch(state)
	return in, nil
}

// takeIdle gives an idle instance, nil where there is none. One that is in the
// state already comes first, since its pages need not be changed; and of those the
// one that this processor used last, whose memory its caches may still hold, or
// else the one that was given back last.
func (p *pool) takeIdle(state patch) *instance {
	near, _ := p.near.Get().(*instance)
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	at := slices.Index(p.idle, near)
	if at < 0 || !p.idle[at].mem.patch.same(state) {
		if at < 0 {
			at = n - 1
		}
		for i := n - 1; i >= 0; i-- {
			if p.idle[i].mem.patch.same(state) {
				at = i
				break
			}
		}
	}
	in := p.idle[at]
	p.idle = slices.Delete(p.idle, at, at+1)
	return in
}

// give takes an instance back. sound says that its last call ended without a
// trap.
func (p *pool) give(ctx context.Context, in *instance, sound bool) error {
	defer p.users.Done()
	in.host = nil
	if sound {
		switch err := in.mem.reset(); {
		case err == nil:
			in.sp.Set(p.img.stackPointer)
			in.shrink()
			if p.keep(in) {
				return nil
			}
		case !errors.Is(err, errGrown):
			return errors.Join(err, in.mod.Close(ctx))
		}
	}
	p.discarded.Add(1)
	return in.mod.Close(ctx)
}

func (p *pool) keep(in *instance) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.idle) >= p.engine.idle {
		return false
	}
	p.idle = append(p.idle, in)
	p.near.Put(in)
	return true
}

// close throws the idle instances away, waits in the background for those in
// use, and then gives up the image, unless it is the engine's first.
func (p *pool) close(ctx context.Context) error {
	p.mu.Lock()
	p.closed = true
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	var errs []error
	for _, in := range idle {
		errs = append(errs, in.mod.Close(ctx))
	}
	if p.img != p.engine.base {
		go func() {
			p.users.Wait()
			p.img.release()
		}()
	}
	return errors.Join(errs...)
}

// Stats are an engine's counts since it was made, for the image in use.
type Stats struct {
	Idle                    int
	Made, Reused, Discarded int64
	CompiledBytes           int64
	CompiledPrograms        int
	PreparedBytes           int64 // of the states of root programs that messages start from
	PreparedPrograms        int
}

// Stats gives the counts as they are now.
func (e *Engine) Stats() Stats {
	e.mu.RLock()
	p := e.pool
	e.mu.RUnlock()
	p.mu.Lock()
	idle := len(p.idle)
	p.mu.Unlock()
	s := Stats{Idle: idle, Made: p.made.Load(), Reused: p.reused.Load(), Discarded: p.discarded.Load()}
	s.CompiledBytes, s.CompiledPrograms = e.programs.size()
	s.PreparedBytes, s.PreparedPrograms = p.prepared.size()
	return s
}
