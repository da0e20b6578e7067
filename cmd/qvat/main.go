// Command qvat is the command line: it makes and serves vats, makes and signs
// program chains, and sends them to vats. It is a thin layer over the rooms
// host, host/api and chains: a file per command, and no decisions about
// messages.
//
// What it promises:
//
//   - Results go to stdout and everything else to stderr. An error is
//     "qvat: error: …", followed by "hint: …" where something can be done, and
//     the exit code is one of the tables in docs/ERRORS.md.
//   - A file is limited before it is read, and checked before it is used. What
//     it writes appears whole or not at all.
//   - Text that comes from a vat, a capsule or a program never reaches a
//     terminal with control characters in it.
package main

import (
	"context"
	"errors"
	"io"
	"os"

	"golang.org/x/term"
)

func main() {
	os.Exit(newApp().run(context.Background(), os.Args[1:]))
}

func newApp() *app {
	return &app{
		stdin:    os.Stdin,
		stdout:   os.Stdout,
		stderr:   os.Stderr,
		getenv:   os.Getenv,
		terminal: term.IsTerminal(int(os.Stderr.Fd())),
	}
}

// app is one run of the command line: what it has of the process around it.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	terminal       bool   // stderr is a terminal
	machineCode    string // a folder of it for vats that are thrown away; "" where each makes its own
}

// run does what args say and gives the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	root := newRoot(a)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitCode(exitOK)
	}
	var f *failure
	if !errors.As(err, &f) {
		// Commands end with a failure (see app.does): what is left is the
		// parser's own opinion of the arguments.
		f = usageError(cmd, "%w", err)
	}
	f.print(a.stderr)
	return f.exitCode()
}
