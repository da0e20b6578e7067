package sqlite

import (
	"context"
	"fmt"

	"qvat/chains"
)

// Program gives a program's text. ok is false when it is not kept. It counts as
// used for the order of eviction, but not as used by a root-signed message.
func (s *Store) Program(ctx context.Context, hash chains.Hash) (p chains.Program, ok bool, err error) {
	l := s.Lease()
	defer l.Release()
	return l.Program(ctx, hash)
}

// Missing gives those of the hashes whose programs are not kept, in their order.
func (s *Store) Missing(ctx context.Context, hashes []chains.Hash) ([]chains.Hash, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ps := &s.programs
	ps.mu.Lock()
	defer ps.mu.Unlock()
	missing := []chains.Hash{}
	for _, h := range hashes {
		if ps.byHash[h] == nil {
			missing = append(missing, h)
		}
	}
	return missing, nil
}

// Lease holds programs in place while a message that may load them runs: what
// it holds is not evicted. It is for one goroutine. Release it.
type Lease struct {
	s    *Store
	held []*program
}

// Lease gives a lease that holds nothing yet.
func (s *Store) Lease() *Lease { return &Lease{s: s} }

// Program gives a program's text and holds it. ok is false when it is not kept.
func (l *Lease) Program(ctx context.Context, hash chains.Hash) (value chains.Program, ok bool, err error) {
	if err := ctx.Err(); err != nil {
		return chains.Program{}, false, err
	}
	ps := &l.s.programs
	ps.mu.Lock()
	p := ps.byHash[hash]
	if p == nil {
		ps.mu.Unlock()
		return chains.Program{}, false, nil
	}
	p.pins++
	l.held = append(l.held, p)
	ps.touch(p, false)
	value, ok = p.value, p.loaded
	ps.mu.Unlock()
	if ok {
		return value, true, nil
	}
	value, err = l.s.readProgram(p)
	if err != nil {
		return chains.Program{}, false, err
	}
	return value, true, nil
}

// Put keeps a program as [Store.PutProgram] does, and holds it.
func (l *Lease) Put(ctx context.Context, value chains.Program, owner Owner) (created bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	ps := &l.s.programs
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if created, err = ps.put(value, owner); err != nil {
		return false, err
	}
	p := ps.byHash[value.Hash()]
	p.pins++
	l.held = append(l.held, p)
	return created, nil
}

// Use marks what the lease holds as used by a root-signed message: from now on
// it is no stranger's.
func (l *Lease) Use() {
	ps := &l.s.programs
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, p := range l.held {
		if p.stranger && p.place != nil {
			ps.touch(p, true)
		}
	}
}

// Release lets go of everything.
func (l *Lease) Release() {
	ps := &l.s.programs
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, p := range l.held {
		p.pins--
	}
	l.held = nil
}

// readProgram reads a program that is on the disk and not at hand.
func (s *Store) readProgram(p *program) (chains.Program, error) {
	text, found, err := s.service.text(p.id)
	if err != nil {
		return chains.Program{}, fmt.Errorf("read program %s: %w", p.hash, err)
	}
	value, err := chains.NewProgram([]byte(text), len(text)+1)
	ps := &s.programs
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if !found || err != nil || value.Hash() != p.hash {
		if p.place != nil {
			ps.evict(p)
		}
		return chains.Program{}, fmt.Errorf("program %s is damaged in the database; it has been dropped, and must be sent again", p.hash)
	}
	if !p.loaded && !p.stranger && p.place != nil {
		p.value, p.loaded = value, true
		ps.remember(p)
	}
	return value, nil
}
