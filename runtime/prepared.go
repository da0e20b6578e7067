package runtime

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"qvat/chains"
)

// The root program of a message is loaded and evaluated before anything of the
// message but its hash is known to the instance. So the state that comes of it is
// the same, byte for byte, for all messages with that root, and it can be kept:
// the next message starts from it, and pays what getting there took. Neither its
// programs nor its fuel can tell.

// prepared is such a state.
type prepared struct {
	patch    patch
	fuel     int64         // what getting there took
	programs []chains.Hash // what was loaded on the way, the root first
	unusable bool          // it cannot be kept: see turn.prepare
}

const (
	// maxPatch is how many pages a state may have that is kept: well below what an
	// instance keeps private between messages, or each would fault them in again.
	maxPatch = 256
	// preparedRoom is the bytes of states that a pool keeps.
	preparedRoom = 32 << 20
	// maxPrograms is how many programs may go into a state that is kept: all are
	// looked up for each message that starts from it.
	maxPrograms = 256
	// preparedOverhead is what a state costs beside its pages and hashes, roughly.
	preparedOverhead = 512
)

// preparedCache keeps states by root: those used last, up to a number of bytes.
// A root that has been seen once has an empty one; it is worth keeping when it is
// seen again.
type preparedCache struct {
	mu   sync.Mutex
	lru  *simplelru.LRU[chains.Hash, *prepared]
	used int // bytes
	n    int // states that messages start from
}

func newPreparedCache() *preparedCache {
	c := &preparedCache{}
	lru, err := simplelru.NewLRU(1<<30, func(_ chains.Hash, gone *prepared) { c.count(gone, -1) })
	if err != nil {
		panic(fmt.Sprintf("a cache of a fixed size cannot be made: %v", err))
	}
	c.lru = lru
	return c
}

func (p *prepared) cost() int {
	return preparedOverhead + len(p.patch)*patchPage + len(p.programs)*len(chains.Hash{})
}

// find gives the state for a message's root, nil where there is none; seen tells
// whether the root has been here before, so that its state is worth keeping. All
// programs that went into the state must be there for this message as well.
func (c *preparedCache) find(ctx context.Context, m Message) (state *prepared, seen bool) {
	root := m.Chain.Program(0)
	c.mu.Lock()
	state, seen = c.lru.Get(root)
	if !seen {
		c.put(root, &prepared{})
	}
	c.mu.Unlock()
	if !seen || state.unusable {
		return nil, false
	}
	if len(state.programs) == 0 {
		return nil, true
	}
	for _, hash := range state.programs {
		if _, ok, err := m.Program(ctx, hash); !ok || err != nil {
			return nil, false // the message says so when it gets there
		}
	}
	return state, true
}

func (c *preparedCache) add(root chains.Hash, state *prepared) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(root, state)
}

func (c *preparedCache) put(root chains.Hash, state *prepared) {
	c.lru.Remove(root)
	c.lru.Add(root, state)
	c.count(state, 1)
	for c.used > preparedRoom && c.lru.Len() > 1 {
		c.lru.RemoveOldest()
	}
}

// count adds what a state takes, or takes it off again.
func (c *preparedCache) count(state *prepared, sign int) {
	c.used += sign * state.cost()
	if len(state.programs) > 0 {
		c.n += sign
	}
}

// size is the bytes of what is kept, and how many states that messages start from
// are.
func (c *preparedCache) size() (used int64, states int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int64(c.used), c.n
}

// prepare loads and evaluates the root program. Where keep is set, what comes of
// it is kept, if it is the same for every message: if the program asked the host
// for nothing but programs, and was given them.
func (t *turn) prepare(ctx context.Context, p *pool, keep bool) error {
	root := t.m.Chain.Program(0)
	text, err := t.in.newString(ctx, []byte(root.String()))
	if err != nil {
		return err
	}
	t.loading = &loading{}
	v, err := t.in.call(ctx, t.entries.prepare, text)
	if err != nil {
		return err
	}
	fine, err := t.in.test(ctx, t.in.qjs.isUndefined, v)
	if err != nil {
		return err
	}
	l := t.loading
	t.loading = nil
	if !keep {
		return nil
	}
	state := &prepared{unusable: true}
	if fine && !l.differs {
		changes, ok, err := t.in.mem.changes(maxPatch)
		if err != nil {
			return err
		}
		if ok {
			state = &prepared{patch: changes, fuel: t.in.burnt(), programs: l.programs}
		}
	}
	p.prepared.add(root, state)
	return nil
}

// loading is what a root program asks the host for while it is evaluated.
type loading struct {
	programs []chains.Hash // each once
	// differs tells that what comes of it may differ from message to message: it
	// asked for something else, for too many, or was not given what it asked for.
	differs bool
}

// note takes down that a program was asked for, and whether it was given. One whose
// evaluation throws may be asked for over and over.
func (l *loading) note(hash chains.Hash, given bool) {
	switch {
	case !given:
		l.differs = true
	case l.differs || slices.Contains(l.programs, hash):
	case len(l.programs) == maxPrograms:
		l.differs = true
	default:
		l.programs = append(l.programs, hash)
	}
}
