package library

import (
	"context"
	"fmt"

	"qvat/chains"
)

// Lease holds programs in place while a message that may load them runs: what
// it holds is not evicted. It is for one goroutine. Release it.
type Lease struct {
	l    *Library
	held []*program
}

// Lease gives a lease that holds nothing yet.
func (l *Library) Lease() *Lease { return &Lease{l: l} }

// Program gives a program's text and holds it. ok is false when it is not kept.
func (lease *Lease) Program(ctx context.Context, hash chains.Hash) (value chains.Program, ok bool, err error) {
	if err := ctx.Err(); err != nil {
		return chains.Program{}, false, err
	}
	l := lease.l
	l.mu.Lock()
	p := l.byHash[hash]
	if p == nil {
		l.mu.Unlock()
		return chains.Program{}, false, nil
	}
	p.pins++
	lease.held = append(lease.held, p)
	l.touch(p, false)
	value, ok = p.value, p.loaded
	l.mu.Unlock()
	if ok {
		return value, true, nil
	}
	value, err = l.read(ctx, p)
	if err != nil {
		return chains.Program{}, false, err
	}
	return value, true, nil
}

// Put keeps a program as [Library.Put] does, and holds it.
func (lease *Lease) Put(ctx context.Context, value chains.Program, owner Owner) (created bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	l := lease.l
	l.mu.Lock()
	defer l.mu.Unlock()
	if created, err = l.put(value, owner); err != nil {
		return false, err
	}
	p := l.byHash[value.Hash()]
	p.pins++
	lease.held = append(lease.held, p)
	return created, nil
}

// Use marks what the lease holds as used by a root-signed message: from now on
// it is no stranger's.
func (lease *Lease) Use() {
	l := lease.l
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range lease.held {
		if p.Stranger && p.place != nil {
			l.touch(p, true)
		}
	}
}

// Release lets go of everything.
func (lease *Lease) Release() {
	l := lease.l
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range lease.held {
		p.pins--
	}
	lease.held = nil
}

// read reads a program that is on the disk and not at hand.
func (l *Library) read(ctx context.Context, p *program) (chains.Program, error) {
	text, found, err := l.rows.ProgramText(ctx, p.ID)
	if err != nil {
		return chains.Program{}, fmt.Errorf("read program %s: %w", p.Hash, err)
	}
	value, err := chains.NewProgram([]byte(text), len(text)+1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if !found || err != nil || value.Hash() != p.Hash {
		if p.place != nil {
			l.evict(p)
		}
		return chains.Program{}, fmt.Errorf("program %s is damaged in the database; it has been dropped, and must be sent again", p.Hash)
	}
	if !p.loaded && !p.Stranger && p.place != nil {
		p.value, p.loaded = value, true
		l.remember(p)
	}
	return value, nil
}
