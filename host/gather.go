package host

import (
	"context"
	"errors"
	"fmt"

	"qvat/chains"
	"qvat/host/api"
	"qvat/host/fault"
	"qvat/host/store"
)

// library is the programs that a message may load: those of its chain and all
// that they require. A lease holds the stored ones in place until it has run.
type library struct {
	programs map[chains.Hash]chains.Program
	lease    *store.Lease
}

// gather finds every program of a capsule's chain, and every module that those
// require, in the capsule or the store. The fault lists all that are missing.
func (v *Vat) gather(ctx context.Context, peer string, c chains.Capsule) (*library, error) {
	l := &library{programs: make(map[chains.Hash]chains.Program, len(c.Chain.Links)), lease: v.store.Lease()}
	sent := make(map[chains.Hash]chains.Program, len(c.Programs))
	for _, p := range c.Programs {
		sent[p.Hash()] = p
	}
	missing, err := l.find(ctx, c.Chain, sent)
	if err == nil && len(missing) > 0 {
		f := fault.New(fault.MissingPrograms, "the vat lacks %d programs that the message needs", len(missing))
		f.Missing = missing
		err = f
	}
	if err == nil {
		// A message that is root-signed and whole has used what it sent.
		for _, p := range c.Programs {
			if _, err = l.lease.Put(ctx, p, store.Owner{Peer: peer, Used: true}); err != nil {
				break
			}
		}
	}
	if err != nil {
		l.lease.Release()
		return nil, programFault(err)
	}
	l.lease.Use()
	return l, nil
}

// find walks from the chain's links along what each program requires.
func (l *library) find(ctx context.Context, c chains.Chain, sent map[chains.Hash]chains.Program) (missing []string, err error) {
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
		p, ok := sent[h]
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
		queue = append(queue, p.Requires()...)
	}
	return missing, nil
}

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
	created, err := v.store.PutProgram(ctx, p, store.Owner{Peer: peer})
	return created, programFault(err)
}

// programFault says what keeps a program from being stored.
func programFault(err error) error {
	var limit *store.LimitError
	switch {
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
