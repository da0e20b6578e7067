package host

import (
	"context"
	"crypto/sha256"

	"qvat/chains"
	"qvat/host/fault"
	"qvat/host/powers"
)

// deliver runs the invocation that the answer to a staged request is for, once: its
// id is that of the request, so that one that has committed is found again, however
// the answer reads the second time. That its programs fail is its own affair, and in
// its record; what may pass, or is the vat's own fault, is an error.
func (v *Vat) deliver(ctx context.Context, a powers.Answer) error {
	c := chains.Capsule{Chain: *a.Then, Input: a.Input}
	id := sha256.Sum256(append([]byte("qvat answer v1\n"+a.Request+"\n"), c.Chain.Encode()...))
	_, err := v.answer(ctx, target{id, c, true}, cause{})
	if err == nil {
		return nil
	}
	f := fault.Of(err)
	switch f.Code {
	case fault.Busy, fault.BusyPeer, fault.Internal, fault.OutOfTime:
		return err
	}
	v.log.Warn("the message that an answer was for failed", "message", chains.Hash(id), "request", a.Request, "err", f)
	return nil
}
