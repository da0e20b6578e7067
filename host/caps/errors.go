package caps

import (
	"errors"
	"fmt"
	"slices"
)

// Code says what kind of error an [Error] is.
type Code string

const (
	NotFound  Code = "not_found" // a name, number, edge or identifier that is not there
	BadName   Code = "bad_name"  // no pet name, or one that is taken or special
	Refused   Code = "refused"   // not this agent's to do, or not in this state
	Full      Code = "full"      // a quota
	BadSeal   Code = "bad_seal"  // forged, re-addressed, cut
	Replayed  Code = "replayed"  // seen before
	Expired   Code = "expired"   // an invitation
	Used      Code = "used"      // an invitation that was accepted already
	Wrong     Code = "wrong"     // not of the type that the action wants
	Elsewhere Code = "elsewhere" // another node's, which cannot be reached now
	Failed    Code = "failed"    // a chain was called and did not come to its end: nothing of it happened
	Busy      Code = "busy"      // the vat has too much to do: try again
)

// Known tells whether a code is one of those above.
func (c Code) Known() bool {
	return slices.Contains([]Code{NotFound, BadName, Refused, Full, BadSeal, Replayed, Expired, Used, Wrong, Elsewhere, Failed, Busy}, c)
}

// Error is an error that a caller acts on.
type Error struct {
	Code    Code
	Message string // what happened, to what
	Hint    string // what to do next; may be ""
}

func (e *Error) Error() string { return e.Message }

// Refuse makes an error that a caller acts on.
func Refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// WithHint adds what to do next, and gives the error.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// CodeOf is the code of an [*Error]; "" where err is none.
func CodeOf(err error) Code {
	var known *Error
	if !errors.As(err, &known) {
		return ""
	}
	return known.Code
}
