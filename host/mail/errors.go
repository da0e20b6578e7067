package mail

import (
	"fmt"
	"strings"
	"unicode"
)

// refusal makes an error that a caller acts on.
func refusal(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// hint adds what to do next.
func (e *Error) hint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// How many bytes of another node's refusal are kept.
const (
	refusalWords = 500
	hintWords    = 200
)

// othersWords makes of another node's refusal, in which anything may stand, one
// that can be kept and shown. What it means by a code that is none here is that it
// refuses.
func othersWords(e *Error) *Error {
	code := e.Code
	switch code {
	case Refused, NotFound, Wrong, BadName, BadSeal, Replayed, Full, Elsewhere, Used, Expired, Failed, Busy:
	default:
		code = Refused
	}
	return &Error{Code: code, Message: printable(e.Message, refusalWords), Hint: printable(e.Hint, hintWords)}
}

// printable gives the first bytes of a text, without control characters.
func printable(s string, most int) string {
	s = strings.ToValidUTF8(s[:min(len(s), most)], "")
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
}
