package host

import (
	"context"
	"encoding/json"
	"errors"

	"qvat/chains"
	"qvat/host/fault"
	"qvat/host/powers"
	"qvat/host/store"
	"qvat/runtime"
)

// How many bytes of an input a record holds: all that the default of
// limits.input_bytes lets in, but for failures, of which many wait in memory to be
// written. Of a longer one it has the hash.
const (
	recordedInput = chains.DefaultInput
	failedInput   = 64 << 10
)

// commit is the last step: what the attempt wrote, what it staged and its record go
// to the disk together, and only then does an effect leave. It holds no place among
// those that run. After an error nothing was kept.
func (v *Vat) commit(ctx context.Context, inv *invocation, a *attempt) error {
	defer a.tx.Rollback()
	var r *store.Record
	// One that changed nothing and was told nothing leaves no record, unless it
	// must not run twice.
	if a.tx.any || a.recorder.Told() || inv.once {
		r = recordOf(inv, a, recordedInput)
		r.Result, r.Once = a.out.Result, inv.once
	}
	if err := a.tx.Commit(ctx, r); err != nil {
		return err
	}
	a.post.Committed()
	if a.tx.files {
		// The sender's next invocation is to find the files changed. What fails
		// here stays in the outbox, which is tried again.
		if err := v.outbox.ApplyFiles(context.WithoutCancel(ctx)); err != nil {
			v.log.Warn("changes of files wait", "message", inv.id, "err", err)
		}
	}
	return nil
}

// recordOf is what is kept of an attempt, but for its result.
func recordOf(inv *invocation, a *attempt, most int) *store.Record {
	of := powers.Subject{Chain: inv.capsule.Chain, Input: inv.capsule.Input, Call: callJSON(inv.call)}
	u := a.answer(inv)
	return &store.Record{
		ID: inv.id, At: inv.arrived.UnixMicro(), Fuel: u.Fuel, Memory: u.Memory, Micros: u.Micros,
		Recorded: a.recorder.Bytes(of, most),
	}
}

// committed logs what the last attempt wrote, and keeps the programs that came with
// the invocation: it has committed, whether its sender still listens or not.
func (v *Vat) committed(ctx context.Context, inv *invocation, a *attempt, programs *loadable) {
	v.emit(inv, a, "")
	if err := programs.keep(context.WithoutCancel(ctx), inv.peer); err != nil {
		v.log.Warn("the programs of a message were not kept: they have to be sent again", "message", inv.id, "err", err)
	}
}

// failed records why an invocation failed, in a transaction of its own, and says it
// as its sender may see it. One that did not begin (busy, or not whole) leaves no
// record, nor one whose sender left: there is nobody to tell, and nothing it did.
func (v *Vat) failed(ctx context.Context, inv *invocation, a *attempt, began bool, err error) error {
	f := failureFault(err)
	if errors.Is(err, context.Canceled) {
		v.emit(inv, a, "abandoned")
		return err
	}
	if !began {
		return f
	}
	v.emit(inv, a, string(f.Code))
	r := recordOf(inv, a, failedInput)
	r.Outcome = string(f.Code)
	if r.Result, err = json.Marshal(f.Message); err == nil {
		err = v.store.RecordFailure(context.WithoutCancel(ctx), *r)
	}
	if err != nil {
		v.log.Error("a failure was not recorded", "message", inv.id, "err", err)
	}
	return f
}

// emit writes to the log what an attempt wrote; outcome is the code of its failure.
func (v *Vat) emit(inv *invocation, a *attempt, outcome string) {
	if err := a.wrote.emit(v.log, inv.id, outcome); err != nil {
		v.log.Error("lines of a message were not logged", "message", inv.id, "err", err)
	}
}

// failureFault turns what ended an attempt into what its sender sees.
func failureFault(err error) *fault.Error {
	var f *runtime.Failure
	if !errors.As(err, &f) {
		return fault.Of(err)
	}
	if f.Program == runtime.RootPower {
		// The vat's own mistake, and the owner's to see.
		return &fault.Error{Code: fault.Internal, Message: "root-power.js of this vat fails", Cause: err}
	}
	out := &fault.Error{Code: fault.Code(f.Reason), Message: f.Message, Cause: err}
	if f.Reason == runtime.ProgramError {
		out.Name, out.Program, out.Line, out.Column = f.Name, f.Program, f.Line, f.Column
	}
	return out
}

// outcomeOf names how an invocation ended: "ok", "abandoned" where its sender left, or
// a code of docs/ERRORS.md.
func outcomeOf(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, context.Canceled):
		return "abandoned"
	}
	return string(fault.Of(err).Code)
}
