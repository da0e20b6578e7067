package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"qvat/host/api"
	"qvat/host/fault"
)

// Failure is how a command ends badly: a row of one of the two tables of exit
// codes, what happened, and what to do next.
type Failure struct {
	Name   string       // a row of ExitTable, where Fault is nil
	Fault  *fault.Error // what a vat would answer, or has answered
	Err    error        // what happened, and to what
	Detail []string     // lines to show below it
	Hint   string       // what to do next; may be empty
}

func (f *Failure) Error() string { return f.Err.Error() }

func (f *Failure) Unwrap() error { return f.Err }

// ExitCode is that of the failure's row.
func (f *Failure) ExitCode() int {
	if f.Fault != nil {
		return fault.Lookup(f.Fault.Code).Exit
	}
	return ExitCode(f.Name)
}

// Print writes the failure for a person.
func (f *Failure) Print(w io.Writer) {
	var b strings.Builder
	fmt.Fprintf(&b, "qvat: error: %s\n", api.Clean(f.Err.Error()))
	for _, line := range f.Detail {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	if f.Hint != "" {
		fmt.Fprintf(&b, "hint: %s\n", api.Clean(f.Hint))
	}
	// Nothing can be said about a stderr that takes nothing.
	_, _ = io.WriteString(w, b.String())
}

// Warn tells of what is not an error yet.
func (a *App) Warn(what, hint string) {
	_, _ = fmt.Fprintf(a.Stderr, "qvat: warning: %s\nhint: %s\n", api.Clean(what), api.Clean(hint))
}

// AsFailure gives every error a row of the tables.
func AsFailure(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return &Failure{Name: ExitFailed, Err: err}
}

// UsageError is for arguments that make no sense together.
func UsageError(cmd *cobra.Command, format string, args ...any) *Failure {
	path := strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name())
	return &Failure{
		Name: ExitUsage,
		Err:  fmt.Errorf(format, args...),
		Hint: "see 'qvat help" + path + "'",
	}
}

// FileError is for a file, a key or a name that is not what it should be.
func FileError(hint, format string, args ...any) *Failure {
	return &Failure{Name: ExitFile, Err: fmt.Errorf(format, args...), Hint: hint}
}
