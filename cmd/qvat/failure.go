package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"qvat/host/api"
	"qvat/host/fault"
)

// failure is how a command ends badly: a row of one of the two tables of exit
// codes, what happened, and what to do next.
type failure struct {
	name   string       // a row of exitTable, where fault is nil
	fault  *fault.Error // what a vat would answer, or has answered
	err    error        // what happened, and to what
	detail []string     // lines to show below it
	hint   string       // what to do next; may be empty
}

func (f *failure) Error() string { return f.err.Error() }

func (f *failure) Unwrap() error { return f.err }

func (f *failure) exitCode() int {
	if f.fault != nil {
		return fault.Lookup(f.fault.Code).Exit
	}
	return exitCode(f.name)
}

// print writes the failure for a person.
func (f *failure) print(w io.Writer) {
	var b strings.Builder
	fmt.Fprintf(&b, "qvat: error: %s\n", api.Clean(f.err.Error()))
	for _, line := range f.detail {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	if f.hint != "" {
		fmt.Fprintf(&b, "hint: %s\n", api.Clean(f.hint))
	}
	// Nothing can be said about a stderr that takes nothing.
	_, _ = io.WriteString(w, b.String())
}

// warn tells of what is not an error yet.
func (a *app) warn(what, hint string) {
	_, _ = fmt.Fprintf(a.stderr, "qvat: warning: %s\nhint: %s\n", api.Clean(what), api.Clean(hint))
}

// asFailure gives every error a row of the tables.
func asFailure(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	return &failure{name: exitFailed, err: err}
}

// usageError is for arguments that make no sense together.
func usageError(cmd *cobra.Command, format string, args ...any) *failure {
	path := strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name())
	return &failure{
		name: exitUsage,
		err:  fmt.Errorf(format, args...),
		hint: "see 'qvat help" + path + "'",
	}
}

// fileError is for a file, a key or a name that is not what it should be.
func fileError(hint, format string, args ...any) *failure {
	return &failure{name: exitFile, err: fmt.Errorf(format, args...), hint: hint}
}
