package host

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"qvat/chains"
	"qvat/host/mail"
	"qvat/host/powers"
	"qvat/host/store"
)

// target is what an invocation runs.
type target struct {
	id      chains.Hash
	capsule chains.Capsule
	// once: what has committed under this id is not run again, but answered from
	// its record.
	once bool
}

// cause is where an invocation comes from.
type cause struct {
	peer string     // who sent it; "" where the vat itself did
	call *mail.Call // what an agent of the vat calls; nil: it is no call
}

// invocation is a chain on its way through the vat. Nothing of it changes on the
// way: what a step finds, it hands on.
type invocation struct {
	target
	cause
	arrived time.Time
}

// newInvocation makes one that has arrived now; the store keeps microseconds.
func newInvocation(t target, c cause, now time.Time) *invocation {
	return &invocation{t, c, now.Truncate(time.Microsecond)}
}

// Answer is what came of an invocation, and what it used; beside an error, which
// one that was.
type Answer struct {
	ID     chains.Hash
	Result json.RawMessage // one JSON text; nil is undefined
	// Fuel, Memory in bytes and Micros are what its last run used: 0 where it did
	// not run.
	Fuel, Memory, Micros int64
}

// Invoke takes an invocation that peer has sent from its capsule to its answer, which
// is on the disk then. After an error, a *fault.Error or ctx's, nothing was kept but
// the record of the failure.
func (v *Vat) Invoke(ctx context.Context, peer string, c chains.Capsule) (Answer, error) {
	return v.answer(ctx, target{c.ID(), c, v.config.AtMostOnce}, cause{peer: peer})
}

// answer makes an invocation and runs it, counts it, and tells the embedder what
// became of it.
func (v *Vat) answer(ctx context.Context, t target, c cause) (Answer, error) {
	started := time.Now()
	inv := newInvocation(t, c, v.embed.now())
	a, wrote, err := v.run(ctx, inv, powers.NewRecorder(v.embed.now))
	outcome := outcomeOf(err)
	v.metrics.Ended(outcome, a.Fuel, time.Since(started))
	if v.embed.Observe != nil {
		v.embed.Observe(Observed{
			ID: inv.id, Chain: inv.capsule.Chain, Programs: inv.capsule.Chain.Prefix(len(inv.capsule.Chain.Links)),
			Outcome: outcome, Err: err, Fuel: a.Fuel, Memory: a.Memory, Micros: a.Micros,
			Console: wrote.console, Log: wrote.lines.All(),
		})
	}
	return a, err
}

// run takes an invocation through the steps: verify, admit, gather, attempt, commit.
// What loses a conflict is attempted again, and told the same by what recorder gives.
// wrote is what its last attempt wrote to the logs.
func (v *Vat) run(ctx context.Context, inv *invocation, recorder *powers.Recorder) (a Answer, wrote runLog, err error) {
	chain, err := v.verify(inv)
	if err != nil {
		return Answer{ID: inv.id}, wrote, err
	}
	if a, ok, err := v.answered(ctx, inv); ok || err != nil {
		return a, wrote, err
	}
	var programs *loadable
	defer func() {
		if programs != nil {
			programs.lease.Release()
		}
	}()
	var last *attempt
	err = store.Rerun(func(exclusive bool) error {
		if last != nil {
			recorder = recorder.Again()
		}
		last = &attempt{recorder: recorder}
		err := v.admit(ctx, func() (err error) {
			if programs == nil {
				if programs, err = v.gather(ctx, inv.capsule); err != nil {
					return err
				}
			}
			last, err = v.attempt(ctx, inv, chain, programs, recorder, exclusive)
			return err
		})
		if err == nil {
			err = v.commit(ctx, inv, last)
		}
		if errors.Is(err, store.ErrConflict) {
			v.metrics.Rerun()
		}
		return err
	})
	if err == nil {
		v.committed(ctx, inv, last, programs)
		return last.answer(inv), last.wrote, nil
	}
	// What stopped it may be what another run of the same has done meanwhile; then
	// it has not failed.
	if a, ok, aerr := v.answered(ctx, inv); ok || aerr != nil {
		return a, wrote, aerr
	}
	return last.answer(inv), last.wrote, v.failed(ctx, inv, last, programs != nil, err)
}

// answered answers an invocation that takes effect once from its record, where that
// has committed.
func (v *Vat) answered(ctx context.Context, inv *invocation) (Answer, bool, error) {
	if !inv.once {
		return Answer{}, false, nil
	}
	r, ok, err := v.store.FindRecord(ctx, inv.id)
	return Answer{inv.id, r.Result, r.Fuel, r.Memory, r.Micros}, ok, err
}
