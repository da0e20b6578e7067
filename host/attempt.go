package host

import (
	"context"
	"time"

	"qvat/chains"
	"qvat/host/mail"
	"qvat/host/powers"
	"qvat/host/store"
	"qvat/runtime"
)

// attempt is what came of one run of an invocation.
type attempt struct {
	tx       *effects     // where it wrote; over, when it failed
	post     *mail.Inside // the vat's agents in it
	recorder *powers.Recorder
	out      runtime.Outcome
	took     time.Duration
	wrote    runLog
}

func (a *attempt) answer(inv *invocation) Answer {
	return Answer{inv.id, a.out.Result, a.out.Fuel, a.out.Memory, a.took.Microseconds()}
}

// attempt runs an invocation in a transaction of its own, which is still open when it
// has come to its end. After an error nothing was kept, and what it gives says what
// the run used and wrote.
func (v *Vat) attempt(ctx context.Context, inv *invocation, chain chains.Verified, programs *loadable, recorder *powers.Recorder, exclusive bool) (a *attempt, err error) {
	a = &attempt{recorder: recorder}
	started := time.Now()
	tx, err := store.Open(ctx, v.store, exclusive)
	if err != nil {
		return a, err
	}
	a.tx = &effects{Tx: tx, exclusive: exclusive}
	ended := false
	defer func() {
		// Also where a panic passes: an exclusive transaction that stays open
		// would stop the vat.
		if !ended {
			tx.Rollback()
		}
	}()
	a.post = v.agentsIn(a.tx, inv, recorder)
	scope := powers.Scope{
		Tx: a.tx, ID: inv.id, Chain: chain, Arrived: inv.arrived,
		Recorder: recorder, Lines: &a.wrote.lines, Post: a.post,
	}
	run := runtime.Invocation{Chain: chain, Program: programs.program, Input: inv.capsule.Input, Log: a.wrote.addConsole}
	if inv.call != nil {
		scope.Slots = a.post.Slots(*inv.call)
		run.Slots, run.Fuel = callSlots{scope.Slots}, inv.call.Fuel
	}
	run.Powers = v.openPowers(scope)
	a.out, err = v.engine.Turn(ctx, run)
	a.took = time.Since(started)
	if err == nil && inv.call != nil {
		err = resultOf(ctx, inv.call, a.post, scope.Slots, &a.out)
	}
	ended = err == nil
	return a, err
}
