package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"qvat/chains"
	"qvat/host/fault"
)

// IsVat reports whether dir holds a whole vat: its settings are made last.
func IsVat(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "qvat.toml"))
	return err == nil
}

// LimitFlag adds --max-bytes to a command that reads programs or capsules. By
// itself the command line keeps to the limits that a vat has by default. Of a
// bundle it bounds each program; the file may always have what is usual for one.
func LimitFlag(cmd *cobra.Command, lim *chains.Limits) {
	var most int
	cmd.Flags().IntVar(&most, "max-bytes", 0, "read programs and capsules of up to `N` bytes, for vats that allow more than usual")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case !cmd.Flags().Changed("max-bytes"):
			*lim = chains.Limits{Capsule: chains.DefaultCapsule, Program: chains.DefaultProgram, Input: chains.DefaultInput, Bundle: chains.DefaultBundle}
		case most < 1 || most > maxMaxBytes:
			return UsageError(cmd, "--max-bytes: from 1 to %d", maxMaxBytes)
		default:
			*lim = chains.Limits{Capsule: most, Program: most, Input: most, Bundle: max(most, chains.DefaultBundle)}
		}
		return nil
	}
}

// maxMaxBytes is what a capsule can hold at most: its lengths are 32 bits.
const maxMaxBytes = 1 << 30

// ReadInput reads a file, or stdin for "-".
func (a *App) ReadInput(path, limit string, max int) ([]byte, error) {
	if path == "-" {
		return ReadAllLimited(a.Stdin, "stdin", limit, max)
	}
	return ReadLimited(path, limit, max)
}

// ReadJSON reads a JSON text of the command line, at most max bytes of it: the text
// itself, @FILE, or - for stdin. flag is where it stands, and what is what errors
// call it.
func (a *App) ReadJSON(cmd *cobra.Command, flag, what, given string, max int) (json.RawMessage, error) {
	text, name := []byte(given), flag
	if path, ok := strings.CutPrefix(given, "@"); ok || given == "-" {
		if !ok {
			path = "-"
		}
		name = path
		var err error
		if text, err = a.ReadInput(path, chains.InputBytes, max); err != nil {
			return nil, err
		}
	}
	if len(text) > max {
		return nil, BadBytes(name, &chains.TooLargeError{Limit: chains.InputBytes, Max: max})
	}
	var value json.RawMessage
	if err := json.Unmarshal(text, &value); err != nil {
		return nil, UsageError(cmd, "%s is not JSON: %w", what, err)
	}
	return text, nil
}

// ReadLimited reads a file of at most max bytes and never takes in more than
// one beyond that; limit is the limit's name in qvat.toml.
func ReadLimited(path, limit string, max int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, FileError("", "%w", err)
	}
	defer f.Close()
	return ReadAllLimited(f, path, limit, max)
}

// ReadAllLimited is readLimited for what is open already, such as stdin.
func ReadAllLimited(r io.Reader, name, limit string, max int) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, int64(max)+1))
	if err != nil {
		return nil, FileError("", "reading %s: %w", name, err)
	}
	if len(b) > max {
		return nil, BadBytes(name, &chains.TooLargeError{Limit: limit, Max: max})
	}
	return b, nil
}

// BadBytes is a file that package chains refuses. It ends as the same refusal
// by a vat would, with the exit code of malformed or too_large.
func BadBytes(name string, err error) error {
	var large *chains.TooLargeError
	var bad *chains.MalformedError
	switch {
	case errors.As(err, &large):
		return &Failure{
			Fault: &fault.Error{Code: fault.TooLarge, Message: err.Error(), Limit: large.Limit},
			Err:   fmt.Errorf("%s: %w", name, err),
			Hint:  "for a vat that allows more, give --max-bytes",
		}
	case errors.As(err, &bad):
		f := fault.New(fault.Malformed, "%s", bad.What)
		if bad.Offset >= 0 {
			f.Offset = &bad.Offset
		}
		return &Failure{Fault: f, Err: fmt.Errorf("%s: %w", name, err)}
	}
	return FileError("", "%s: %w", name, err)
}
