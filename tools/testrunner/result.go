package testrunner

import (
	"strings"
	"time"

	"qvat/host"
	"qvat/host/fault"
	"qvat/tools/project"
)

// Result is how a test ended.
type Result struct {
	// File is the test file's path from the project's folder, with slashes.
	File string
	// Name is the test's; "" is the file as a whole, which could not be bundled
	// or evaluated, or exports no test.
	Name string
	// Failure is nil where the test passed.
	Failure *Failure
	// Took is the time of the test, with the making of its vat and the bundling
	// of what it sends.
	Took time.Duration
	// Messages is how many messages the vat of the test has run, and Fuel what
	// they burnt. Own is what the test's own code burnt.
	Messages  int
	Fuel, Own int64
	// Console is what the test, and the programs that it sent, wrote to the
	// console: the programs' first.
	Console []Line
}

// Line is a line of console output. Its text comes from a program.
type Line struct {
	Level string // "info", "warn" or "error"
	Text  string
}

// Failure is why a test failed. Its texts may come from programs.
type Failure struct {
	// Message says what happened, in a line or several.
	Message string
	// Hint is what can be done; it may be empty.
	Hint string
	// Places are where: first in the test, then in the program whose error it
	// is. None are where it is not known.
	Places []project.Place
}

// failure is why a test's message failed. failed are the messages that the test
// itself has sent in vain.
func (p *programs) failure(err error, failed []failedCall) *Failure {
	f := fault.Of(err)
	out := &Failure{Message: messageOf(f)}
	if at, ok := p.place(f.Program, f.Line, f.Column); ok {
		out.Places = append(out.Places, at)
	}
	switch f.Code {
	case fault.ProgramError:
		for i := len(failed) - 1; i >= 0; i-- {
			// The kernel cuts a long text short.
			if strings.HasPrefix(failed[i].message, strings.TrimSuffix(f.Message, "…")) {
				out.Hint = failed[i].hint
				if failed[i].place != nil {
					out.Places = append(out.Places, *failed[i].place)
				}
				break
			}
		}
	case fault.OutOfFuel, fault.OutOfTime:
		out.Message = "the test does not end: " + f.Message
	case fault.NeverSettled:
		out.Message, out.Hint = "the test waits for a promise that nothing will settle", "return or await what is to be waited for"
	}
	return out
}

// messageOf says what a fault is, by its code where that tells more.
func messageOf(f *fault.Error) string {
	if f.Code == fault.ProgramError || f.Code == fault.Internal {
		return project.Explain(f)
	}
	return string(f.Code) + ": " + project.Explain(f)
}

// lines is what a message wrote to the console.
func lines(o host.Observed) []Line {
	all := make([]Line, len(o.Console))
	for i, l := range o.Console {
		all[i] = Line{l.Level, l.Text}
	}
	return all
}
