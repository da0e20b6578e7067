// Package fault is the one table of what can go wrong with a message as its
// sender sees it: each code with its HTTP status and the exit code of the
// command line. docs/ERRORS.md is the same table in prose, and a test compares
// the two.
//
// A fault's text goes to remote callers, so it holds nothing of the host: no
// path, no address, no stack. The cause, which may, stays on this side.
package fault

import (
	"errors"
	"fmt"
)

// Code names a kind of fault, as the "code" of an HTTP error.
type Code string

// The codes of protocol version 1.
const (
	Malformed       Code = "malformed"
	RootNotSigned   Code = "root_not_signed"
	MissingPrograms Code = "missing_programs"
	HashMismatch    Code = "hash_mismatch"
	TooLarge        Code = "too_large"
	BusyPeer        Code = "busy_peer"
	ProgramError    Code = "program_error"
	OutOfFuel       Code = "out_of_fuel"
	OutOfMemory     Code = "out_of_memory"
	OutOfTime       Code = "out_of_time"
	NeverSettled    Code = "never_settled"
	StackOverflow   Code = "stack_overflow"
	Busy            Code = "busy"
	Internal        Code = "internal"
)

// Row is what the table says of a code.
type Row struct {
	Code   Code
	Status int // HTTP status
	Exit   int // exit code of the command line
}

// Table lists every code in the order of docs/ERRORS.md.
func Table() []Row {
	return []Row{
		{Malformed, 400, 10},
		{RootNotSigned, 403, 11},
		{MissingPrograms, 409, 12},
		{TooLarge, 413, 13},
		{HashMismatch, 422, 14},
		{BusyPeer, 429, 15},
		{ProgramError, 422, 20},
		{OutOfFuel, 422, 21},
		{OutOfMemory, 422, 22},
		{OutOfTime, 422, 23},
		{NeverSettled, 422, 24},
		{StackOverflow, 422, 25},
		{Busy, 503, 30},
		{Internal, 500, 31},
	}
}

// Lookup gives a code's row; an unknown code counts as Internal.
func Lookup(c Code) Row {
	internal := Row{}
	for _, r := range Table() {
		if r.Code == c {
			return r
		}
		if r.Code == Internal {
			internal = r
		}
	}
	return internal
}

// Error is a fault. It is JSON as protocol version 1 has it (the "error" of an
// answer); Cause never leaves the process.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`

	// Missing lists the hashes of a missing_programs fault, all of them.
	Missing []string `json:"missing,omitempty"`
	// Limit names the limit that a too_large fault met, as in qvat.toml.
	Limit string `json:"limit,omitempty"`
	// Offset is the byte at which malformed input went wrong.
	Offset *int `json:"offset,omitempty"`
	// Name, Program, Line and Column are where a program threw: the class of
	// the error, the program's hash, and the place in its text from 1.
	Name    string `json:"name,omitempty"`
	Program string `json:"program,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	// Reference is the log line to ask the vat's owner for (internal faults).
	Reference string `json:"reference,omitempty"`
	// RetryAfter is how many seconds to wait before trying again (busy faults).
	RetryAfter int `json:"retryAfter,omitempty"`

	Cause error `json:"-"`
}

// New makes a fault with a message for its sender.
func New(c Code, format string, args ...any) *Error {
	return &Error{Code: c, Message: fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Unwrap gives the cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Cause }

// Of finds the fault in err. An error that holds none is an internal fault
// with err as its cause; nil gives nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	var f *Error
	if errors.As(err, &f) {
		return f
	}
	return &Error{Code: Internal, Message: "the vat failed to handle this", Cause: err}
}
