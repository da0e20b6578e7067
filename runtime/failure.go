package runtime

import (
	"errors"
	"fmt"
)

// Reason says how a message failed.
type Reason string

// The reasons. Their texts are the codes of docs/ERRORS.md.
const (
	ProgramError  Reason = "program_error"
	OutOfFuel     Reason = "out_of_fuel"
	OutOfMemory   Reason = "out_of_memory"
	OutOfTime     Reason = "out_of_time"
	NeverSettled  Reason = "never_settled"
	StackOverflow Reason = "stack_overflow"
)

// Failure is why a message has no result, where that lies with its programs:
// one threw, or met a limit. Its text may go to the sender.
type Failure struct {
	Reason  Reason
	Message string
	// Name is the class of what a program threw (ProgramError).
	Name string
	// Program is the hash of the program that threw, 64 hex digits, or
	// RootPower; empty where that is not known. Line and Column are the place
	// in its text, from 1; 0 where not known.
	Program      string
	Line, Column int
}

// RootPower is what Failure.Program says of the vat's own root-power.js.
const RootPower = "root-power.js"

func (f *Failure) Error() string {
	if f.Reason != ProgramError {
		return fmt.Sprintf("%s: %s", f.Reason, f.Message)
	}
	return fmt.Sprintf("%s: %s: %s (%s:%d:%d)", f.Reason, f.Name, f.Message, f.Program, f.Line, f.Column)
}

// errTrapped is an end of an instance that no limit explains: a fault of the
// engine's, to be looked into.
var errTrapped = errors.New("the engine trapped")

// failed turns the end of an instance's call into what Turn returns: a
// *Failure where a limit was met, the power's own error where one ended the
// turn, and otherwise errTrapped with what the engine said.
func (in *instance) failed(err error, l Limits) error {
	// A limit may also have been met in a call that the host made while it
	// answered one of the kernel's: why is then what that call ended with.
	switch why := in.fuel.stopped; {
	case errors.Is(why, errOutOfFuel):
		return &Failure{Reason: OutOfFuel, Message: fmt.Sprintf("the message used up its fuel of %d", l.Fuel)}
	case errors.Is(why, errOutOfTime):
		return &Failure{Reason: OutOfTime, Message: fmt.Sprintf("the message took longer than %v", l.Time)}
	case errors.Is(why, errHostCalls):
		return &Failure{Reason: OutOfFuel, Message: fmt.Sprintf("the message made more than %d calls to powers", l.HostCalls)}
	case in.mem.refused:
		return &Failure{Reason: OutOfMemory, Message: fmt.Sprintf("the message needed more than %d bytes of memory", l.Memory)}
	case in.overflowed():
		return &Failure{Reason: StackOverflow, Message: "the message's calls went too deep"}
	case why != nil:
		return why
	}
	return fmt.Errorf("%w: %w", errTrapped, err)
}

// redZone is how far below its stack pointer LLVM lets a WebAssembly function
// that calls no other write, without moving the pointer.
const redZone = 128

// overflowed tells whether the C stack, which is the lowest part of the memory
// and grows down, ran out of it: its pointer is then below zero, as a signed
// number, or nearly, and the next access trapped.
func (in *instance) overflowed() bool {
	return int32(uint32(in.sp.Get())) < redZone
}
