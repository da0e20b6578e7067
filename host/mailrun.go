package host

import (
	"context"
	"encoding/json"
	"errors"

	"qvat/chains"
	"qvat/host/caps"
	"qvat/host/fault"
	"qvat/host/mail"
	"qvat/host/mail/slotted"
	"qvat/host/powers"
	"qvat/runtime"
)

// caller runs published chains for the vat's agents: each call is an invocation like
// any other, whose data may hold capabilities.
type caller struct{ vat *Vat }

// Run is mail.Runner's.
func (r caller) Run(ctx context.Context, c mail.Call) (mail.Ran, error) {
	capsule, err := chains.DecodeCapsule(c.Capsule, chainLimits(&r.vat.config))
	if err != nil {
		return mail.Ran{}, &caps.Error{Code: caps.Failed, Message: "the published chain cannot be read: " + err.Error()}
	}
	if most := r.vat.config.Limits.InputBytes; len(c.Input) > most {
		return mail.Ran{}, &caps.Error{Code: caps.Full, Message: "the data of the call is larger than limits.input_bytes"}
	}
	capsule.Input = c.Input
	a, err := r.vat.answer(ctx, target{c.ID, capsule, c.Once}, cause{call: &c})
	return mail.Ran{Result: a.Result, Fuel: a.Fuel}, callError(err)
}

// callError says what ended a call as its caller may see it: an error of the
// vat's own stays, for the log.
func callError(err error) error {
	var known *caps.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	f := fault.Of(err)
	switch f.Code {
	case fault.Busy, fault.BusyPeer:
		return &caps.Error{Code: caps.Busy, Message: f.Message, Hint: "try again in a second"}
	case fault.Internal:
		return err
	}
	text := f.Message
	if f.Name != "" {
		text = f.Name + ": " + text
	}
	return &caps.Error{Code: caps.Failed, Message: "the chain failed: " + string(f.Code) + ": " + text}
}

// callSlots are the capabilities of one run of a call, as the engine asks for them.
type callSlots struct{ *mail.Slots }

func (s callSlots) Call(ctx context.Context, n int, data []byte) ([]byte, error) {
	b, err := s.Slots.Call(ctx, n, data)
	return b, powers.MailRefusal(err)
}

// agentsIn is the vat's agents within an attempt's transaction. What runs on behalf
// of a delivery says so, or a letter could wake its own sender for ever.
func (v *Vat) agentsIn(tx *effects, inv *invocation, recorder *powers.Recorder) *mail.Inside {
	var cause *mail.Cause
	if c := inv.call; c != nil {
		cause = &c.Cause
	}
	return v.post.In(tx).During(inv.arrived, cause).Draw(recorder.Chance("qvat:mail"))
}

// resultOf makes the result of a call what its caller gets, and adds what is to
// commit with it.
func resultOf(ctx context.Context, c *mail.Call, in *mail.Inside, slots *mail.Slots, out *runtime.Outcome) (err error) {
	if out.Result, err = slots.Result(out.Result); err != nil || c.Commit == nil {
		return err
	}
	return c.Commit(ctx, in, mail.Ran{Result: out.Result, Fuel: out.Fuel})
}

// callRecord is what a record has of a call beside its chain and its data.
type callRecord struct {
	Agent caps.ID        `json:"agent"`
	Slots []slotted.Slot `json:"slots"`
	Fuel  int64          `json:"fuel"`
	mail.Cause
}

// callJSON is that as JSON; nil where there is no call.
func callJSON(c *mail.Call) json.RawMessage {
	if c == nil {
		return nil
	}
	b, err := json.Marshal(callRecord{c.Agent, c.Slots, c.Fuel, c.Cause})
	if err != nil {
		panic(err) // numbers and identifiers always have a JSON form
	}
	return b
}
