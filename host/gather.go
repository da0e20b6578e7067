package host

import (
	"context"
	"errors"
	"fmt"

	"qvat/chains"
	"qvat/host/api"
	"qvat/host/fault"
	"qvat/host/store"
	"qvat/host/store/sqlite"
)

// library is the programs that a message may load: those of its chain and all
// that they require. A lease holds the stored ones in place until it has run.
type library struct {
	programs map[chains.Hash]chains.Program
	sent     map[chains.Hash]chains.Program // what the capsule brought
	lease    *sqlite.Lease
	room     int // bytes that the programs may still come to
}

// gather finds every program of a capsule's chain, and every module that those
// require, in the capsule or the store. The fault lists all that are missing.
// Nothing is kept yet of what the capsule brings: see keep.
func (v *Vat) gather(ctx context.Context, c chains.Capsule) (*library, error) {
	l := &library{
		programs: make(map[chains.Hash]chains.Program, len(c.Chain.Links)), lease: v.store.Lease(),
		sent: make(map[chains.Hash]chains.Program, len(c.Programs)), room: v.config.Limits.LibraryBytes,
	}
	for _, p := range c.Programs {
		l.sent[p.Hash()] = p
	}
	missing, err := l.find(ctx, c.Chain)
	if err == nil && len(missing) > 0 {
		f := fault.New(fault.MissingPrograms, "the vat lacks %d programs that the message needs", len(missing))
		f.Missing = missing
		err = f
	}
	if err != nil {
		l.lease.Release()
		return nil, programFault(err)
	}
	return l, nil
}

// keep stores what a message brought, once it has run to its end: a chain that
// the root's program refuses has used nothing, whoever signed its first link.
func (l *library) keep(ctx context.Context, peer string) error {
	for _, p := range l.sent {
		if _, err := l.lease.Put(ctx, p, sqlite.Owner{Peer: peer, Used: true}); err != nil {
			return err
		}
	}
	l.lease.Use()
	return nil
}

// find walks from the chain's links along what each program requires.
func (l *library) find(ctx context.Context, c chains.Chain) (missing []string, err error) {
	queue := make([]chains.Hash, 0, len(c.Links))
	for _, link := range c.Links {
		queue = append(queue, link.Program)
	}
	looked := map[chains.Hash]bool{}
	for len(queue) > 0 {
		h := queue[0]
		queue = queue[1:]
		if looked[h] {
			continue
		}
		looked[h] = true
		p, ok := l.sent[h]
		if !ok {
			if p, ok, err = l.lease.Program(ctx, h); err != nil {
				return nil, err
			}
		}
		if !ok {
			missing = append(missing, h.String())
			continue
		}
		l.programs[h] = p
		if l.room -= len(p.Text()) + programOverhead; l.room < 0 {
			f := fault.New(fault.TooLarge, "the programs of the message, and all that they require, are more than may be loaded")
			f.Limit = "library_bytes"
			return nil, f
		}
		queue = append(queue, p.Requires()...)
	}
	return missing, nil
}

// programOverhead is what a program counts for beside its text, so that many
// small ones are bounded as well.
const programOverhead = 256

// program answers for the runtime. What a require that is computed at run time
// names may be any program that the store has; the lease holds it as well.
func (l *library) program(ctx context.Context, h chains.Hash) (chains.Program, bool, error) {
	if p, ok := l.programs[h]; ok {
		return p, true, nil
	}
	return l.lease.Program(ctx, h)
}

// Missing is api.Vat's.
func (v *Vat) Missing(ctx context.Context, _ string, hashes []chains.Hash) ([]chains.Hash, error) {
	return v.store.Missing(ctx, hashes)
}

// PutProgram is api.Vat's. The program goes to the strangers' space until a
// root-signed message uses it.
func (v *Vat) PutProgram(ctx context.Context, peer string, _ chains.Hash, p chains.Program) (bool, error) {
	created, err := v.store.PutProgram(ctx, p, sqlite.Owner{Peer: peer})
	return created, programFault(err)
}

// programFault says what keeps a program from being stored.
func programFault(err error) error {
	var limit *store.LimitError
	var known *fault.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &limit):
		f := fault.New(fault.TooLarge, "the program is larger than the %d bytes that are kept for strangers", limit.Max)
		f.Limit = "stranger_bytes"
		return f
	case errors.Is(err, store.ErrPeerFull):
		return &fault.Error{Code: fault.BusyPeer, Message: err.Error(), RetryAfter: 60, Cause: err}
	case errors.Is(err, store.ErrBacklog):
		return &fault.Error{Code: fault.Busy, Message: err.Error(), RetryAfter: 1, Cause: err}
	case err != nil:
		return fmt.Errorf("programs: %w", err)
	}
	return nil
}

var _ api.Vat = (*Vat)(nil)
