package host

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"qvat/chains"
	"qvat/host/api"
	"qvat/host/fault"
	"qvat/host/mail"
	"qvat/host/powers"
	"qvat/host/store"
	"qvat/runtime"
)

// message is one on its way through the vat.
type message struct {
	id      chains.Hash
	peer    string // who sent it
	arrived time.Time
	chain   chains.Verified
	input   []byte
	seed    [32]byte // of what is random in qvat:mail, the same for each run of it
	library *loadable
	// recorder keeps what the message is told, for its record.
	recorder *powers.Recorder
	// once: it must not take effect twice.
	once bool
	// call is what an agent of the vat calls, where the message is that.
	call *mail.Call
	// programs gathers what it may load, once it has a place to run in.
	programs func(context.Context) (*loadable, error)
	// said is what the last run of it has logged, where somebody observes.
	said said
}

// Invoke is api.Vat's: it takes a message from its capsule to its answer.
func (v *Vat) Invoke(ctx context.Context, peer string, c chains.Capsule) (api.Answer, error) {
	return v.invoke(ctx, peer, c, &message{id: c.ID(), once: v.config.AtMostOnce})
}

func (v *Vat) invoke(ctx context.Context, peer string, c chains.Capsule, m *message) (api.Answer, error) {
	started := time.Now()
	m.peer, m.arrived, m.input = peer, v.embed.now().Truncate(time.Microsecond), c.Input
	m.recorder = powers.NewRecorder(v.embed.now)
	rand.Read(m.seed[:]) //nolint:errcheck // it never fails
	a := api.Answer{Message: api.MessageInfo{ID: m.id.String()}}
	result, used, err := v.take(ctx, c, m)
	v.metrics.observe(err, used, time.Since(started))
	v.observe(c, m, used, err)
	a.Result = result
	a.Message.Fuel, a.Message.Memory, a.Message.Micros = used.fuel, used.memory, used.micros
	return a, err
}

// used is what a message cost.
type used struct{ fuel, memory, micros int64 }

func (v *Vat) take(ctx context.Context, c chains.Capsule, m *message) ([]byte, used, error) {
	var err error
	if m.chain, err = v.verifier.Verify(c.Chain); err != nil {
		return nil, used{}, chainFault(err)
	}
	if result, u, ok, err := v.done(ctx, m); ok || err != nil {
		return result, u, err
	}
	m.programs = func(ctx context.Context) (*loadable, error) { return v.gather(ctx, c) }
	defer func() {
		if m.library != nil {
			m.library.lease.Release()
		}
	}()
	return v.run(ctx, m)
}

// done answers a message that must take effect once from its record, where it
// has committed.
func (v *Vat) done(ctx context.Context, m *message) ([]byte, used, bool, error) {
	if !m.once {
		return nil, used{}, false, nil
	}
	r, ok, err := v.store.FindRecord(ctx, m.id)
	return r.Result, used{r.Fuel, r.Memory, r.Micros}, ok, err
}

// chainFault is why a chain is not evaluated.
func chainFault(err error) error {
	if errors.Is(err, chains.ErrRootNotSigned) {
		return &fault.Error{
			Code: fault.RootNotSigned, Cause: err,
			Message: "the first link carries no valid signature by this vat's root key",
		}
	}
	var bad *chains.MalformedError
	if errors.As(err, &bad) {
		f := &fault.Error{Code: fault.Malformed, Message: bad.Error(), Cause: err}
		if bad.Offset >= 0 {
			f.Offset = &bad.Offset
		}
		return f
	}
	return err
}

// attempts is how often a message runs against a snapshot before it gets the store
// to itself.
const attempts = 12

// run attempts a message until it has committed or failed for good.
func (v *Vat) run(ctx context.Context, m *message) ([]byte, used, error) {
	exclusive := false
	for n := 1; ; n++ {
		a := &attempt{vat: v, message: m, exclusive: exclusive || n > attempts}
		err := a.do(ctx)
		switch {
		case err == nil:
			a.report("")
			// It has committed, whether its sender still listens or not.
			if err := m.library.keep(context.WithoutCancel(ctx), m.peer); err != nil {
				v.log.Warn("the programs of a message were not kept: they have to be sent again", "message", m.id, "err", err)
			}
			return a.out.Result, a.used(), nil
		case errors.Is(err, store.ErrConflict):
			v.metrics.reruns.Inc()
			m.recorder = m.recorder.Again()
			continue
		case errors.Is(err, store.ErrExclusive):
			exclusive = true
			m.recorder = m.recorder.Again()
			continue
		}
		// What stopped this run may be what another run of the same message has
		// done meanwhile; then it has not failed.
		if result, u, ok, ferr := v.done(ctx, m); ok || ferr != nil {
			return result, u, ferr
		}
		err = v.failed(ctx, a, err)
		return nil, a.used(), err
	}
}

// failed records why a message failed, in a transaction of its own, and says it
// as its sender may see it.
func (v *Vat) failed(ctx context.Context, a *attempt, err error) error {
	f := failureFault(err)
	if errors.Is(err, context.Canceled) {
		a.report("abandoned")
		return err // the sender left: nobody to tell, nothing it did
	}
	if a.message.library == nil {
		return f // it did not begin: busy, or not whole
	}
	a.report(string(f.Code))
	u := a.used()
	text := f.Message
	r := store.Record{
		ID: a.message.id, At: a.message.arrived.UnixMicro(), Outcome: string(f.Code),
		Result: quote(text), Fuel: u.fuel, Memory: u.memory, Micros: u.micros, Recorded: a.message.recorder.Bytes(),
	}
	if rerr := v.store.RecordFailure(context.WithoutCancel(ctx), r); rerr != nil {
		v.log.Error("a failure was not recorded", "message", a.message.id, "err", rerr)
	}
	return f
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
