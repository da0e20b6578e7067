package host

import (
	"errors"

	"qvat/chains"
	"qvat/host/fault"
)

// verify is the first step: the root's signature on the first link. The others are
// verified when a program asks.
func (v *Vat) verify(inv *invocation) (chains.Verified, error) {
	chain, err := v.verifier.Verify(inv.capsule.Chain)
	return chain, chainFault(err)
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
