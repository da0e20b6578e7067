// Command qvat is the command line: it makes and serves vats, makes and signs
// program chains, and sends them to vats. It is a thin layer over the rooms
// host, host/api and chains: a file per command, and no decisions about
// messages. The commands that ask a vat which runs are in agent/, what all share
// is in cli/.
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
	"os"

	"golang.org/x/term"

	"qvat/cmd/qvat/cli"
)

func main() {
	os.Exit(newApp().run(context.Background(), os.Args[1:]))
}

func newApp() *app {
	return &app{App: &cli.App{
		Stdin:    os.Stdin,
		Stdout:   os.Stdout,
		Stderr:   os.Stderr,
		Getenv:   os.Getenv,
		Terminal: term.IsTerminal(int(os.Stderr.Fd())),
	}}
}

// app is one run of the command line.
type app struct {
	*cli.App
	machineCode string // a folder of it for vats that are thrown away; "" where each makes its own
}

// run does what args say and gives the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	root := newRoot(a)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return cli.ExitCode(cli.ExitOK)
	}
	var f *cli.Failure
	if !errors.As(err, &f) {
		// Commands end with a failure (see app.does): what is left is the
		// parser's own opinion of the arguments.
		f = cli.UsageError(cmd, "%w", err)
	}
	f.Print(a.Stderr)
	return f.ExitCode()
}
