package cli

import (
	"fmt"
	"strings"

	"qvat/host/fault"
)

// FaultFailure makes a vat's refusal into what is shown of it.
func FaultFailure(f *fault.Error) *Failure {
	return &Failure{Fault: f, Err: fmt.Errorf("%s: %s", f.Code, faultMessage(f)), Hint: faultHint(f)}
}

func faultMessage(f *fault.Error) string {
	if f.Name == "" || strings.HasPrefix(f.Message, f.Name+":") {
		return f.Message
	}
	return f.Name + ": " + f.Message
}

// faultHint says what the caller can do.
func faultHint(f *fault.Error) string {
	switch f.Code {
	case fault.RootNotSigned:
		return "the chain's first program must be signed with the root key of this very vat"
	case fault.MissingPrograms:
		return "ask whoever made the chain for a capsule that holds them, or give a module's text with --module"
	case fault.TooLarge:
		if f.Limit != "" {
			return "the limit is " + f.Limit + " in the vat's qvat.toml"
		}
	case fault.BusyPeer, fault.Busy:
		if f.RetryAfter > 0 {
			return "try again in " + Count(f.RetryAfter, "second")
		}
		return "try again later"
	case fault.OutOfFuel, fault.OutOfMemory, fault.OutOfTime:
		return "nothing of the message was kept; the limits are in the vat's qvat.toml"
	case fault.NeverSettled:
		return "a promise that the program waits for was never settled; nothing of the message was kept"
	case fault.StackOverflow:
		return "a program called itself too deeply; nothing of the message was kept"
	case fault.Internal:
		if f.Reference != "" {
			return "the vat's owner finds the cause in its log under " + f.Reference
		}
	}
	return ""
}
