package host

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"qvat/chains"
	"qvat/host/fault"
	"qvat/host/mail"
	"qvat/host/powers"
)

// caller runs published chains for the vat's agents: each call is a message of
// the vat like any other, whose data may hold capabilities.
type caller struct{ vat *Vat }

// Run is mail.Runner's.
func (r caller) Run(ctx context.Context, c mail.Call) (mail.Ran, error) {
	capsule, err := chains.DecodeCapsule(c.Capsule, r.vat.config.chainLimits())
	if err != nil {
		return mail.Ran{}, &mail.Error{Code: mail.Failed, Message: "the published chain cannot be read: " + err.Error()}
	}
	if most := r.vat.config.Limits.InputBytes; len(c.Input) > most {
		return mail.Ran{}, &mail.Error{Code: mail.Full, Message: "the data of the call is larger than limits.input_bytes"}
	}
	capsule.Input = c.Input
	a, err := r.vat.invoke(ctx, "", capsule, &message{id: c.ID, once: c.Once, call: &c})
	return mail.Ran{Result: a.Result, Fuel: a.Message.Fuel}, callError(err)
}

// callError says what ended a call as its caller may see it: an error of the
// vat's own stays, for the log.
func callError(err error) error {
	var known *mail.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	f := fault.Of(err)
	switch f.Code {
	case fault.Busy, fault.BusyPeer:
		return &mail.Error{Code: mail.Busy, Message: f.Message, Hint: "try again in a second"}
	case fault.Internal:
		return err
	}
	text := f.Message
	if f.Name != "" {
		text = f.Name + ": " + text
	}
	return &mail.Error{Code: mail.Failed, Message: "the chain failed: " + string(f.Code) + ": " + text}
}

// slotted are the capabilities of one run of a call, as the engine asks for them.
type slotted struct{ *mail.Slots }

func (s slotted) Call(ctx context.Context, n int, data []byte) ([]byte, error) {
	b, err := s.Slots.Call(ctx, n, data)
	return b, powers.MailRefusal(err)
}

// inside is the vat's agents within the attempt's transaction. What runs on
// behalf of a delivery says so, or a message could wake its own sender for ever.
func (a *attempt) inside(tx *watched) *mail.Inside {
	var cause *mail.Cause
	if c := a.message.call; c != nil {
		cause = &c.Cause
	}
	return a.vat.post.In(tx).During(a.message.arrived, cause).Draw(drawn(a.message.seed))
}

// drawn gives numbers that come of a seed: the same ones, in the same order, to each
// attempt.
func drawn(seed [32]byte) func() ([32]byte, error) {
	count := uint64(0)
	return func() (n [32]byte, _ error) {
		count++
		h := hmac.New(sha256.New, seed[:])
		h.Write(binary.BigEndian.AppendUint64([]byte("qvat mail draw v1\n"), count)) //nolint:errcheck // it never fails
		h.Sum(n[:0])
		return n, nil
	}
}

// slots are the capabilities of the attempt; nil where it is no call.
func (a *attempt) slots(in *mail.Inside) *mail.Slots {
	if a.message.call == nil {
		return nil
	}
	return in.Slots(*a.message.call)
}

// finishCall makes the result of a call what its caller gets, and adds what is
// to commit with it.
func (a *attempt) finishCall(ctx context.Context, in *mail.Inside, slots *mail.Slots) (err error) {
	c := a.message.call
	if c == nil {
		return nil
	}
	if a.out.Result, err = slots.Result(a.out.Result); err != nil || c.Commit == nil {
		return err
	}
	return c.Commit(ctx, in, mail.Ran{Result: a.out.Result, Fuel: a.out.Fuel})
}
