package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"qvat/cmd/qvat/cli"
	"qvat/host/api"
	"qvat/tools/bundle"
	"qvat/tools/dev"
	proj "qvat/tools/project"
)

// devListen is where `qvat dev` listens when nobody says.
const devListen = "127.0.0.1:7080"

func newDev(a *app) *cobra.Command {
	var listen string
	var grantFiles bool
	cmd := &cobra.Command{
		Use:   "dev [DIR] [--listen ADDR]",
		Short: "Serve a project while it is being written",
		Long: `Serves a vat to try the project in DIR with, or that in the current folder. The vat
is in DIR/.qvat and is made where it is not there; its power is the project's
root-power.js, and vat.toml says what it grants. Whenever a source changes, the
project is bundled again, signed by this vat's root key, and written to
DIR/.qvat/main.chain. While that does not work, the chain stays as it was.

A project of somebody else's can do what its vat.toml grants: that is shown when the
vat starts. A folder for qvat:files that is not one of the project's is refused, unless
--grant-files is given. A .qvat that was not made here is refused, too.

The first line on stdout is "listening on http://HOST:PORT". After that come a line
for each message, with its outcome, its fuel and its time, and below it what its
programs logged and where in the sources an error arose; and what is wrong with the
sources, when something is. What the vat says of itself goes to stderr.

Ctrl-C, or SIGTERM, ends it within 2 seconds. What was stored is there the next time:
to begin anew, delete DIR/.qvat.`,
		Example: `  qvat dev
  qvat dev counter --listen 127.0.0.1:0`,
		Args:              cli.Args("[DIR]"),
		ValidArgsFunction: cli.First(cli.CompleteDirs),
	}
	cmd.Flags().StringVar(&listen, "listen", devListen, "listen on `ADDR`, HOST:PORT; port 0 is any free one")
	cmd.Flags().BoolVar(&grantFiles, "grant-files", false, "let vat.toml grant a folder that is not the project's")
	cmd.RunE = a.Does(func(ctx context.Context, args []string) error {
		dir := "."
		if len(args) > 0 {
			dir = args[0]
		}
		return a.dev(ctx, dir, listen, grantFiles)
	})
	return cmd
}

func (a *app) dev(ctx context.Context, dir, listen string, grantFiles bool) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	// From the first signal on, the next one ends the process.
	defer context.AfterFunc(ctx, stop)()
	wait := a.progress("starting the vat")
	defer wait.done()
	p := &devReport{a: a, chain: filepath.Join(dir, dev.Chain), silent: stop}
	var granted proj.Grants
	err := dev.Serve(ctx, dev.Options{
		Dir: dir, Listen: listen, GrantFiles: grantFiles,
		Granted: func(g proj.Grants) { granted = g },
		Listening: func(url string) {
			wait.done()
			p.url = url
			p.say(append([]string{"listening on " + url}, grantLines(granted)...)...)
		},
		Bundled: p.bundled, Failed: p.failed, Message: p.message, Note: p.note,
	})
	switch {
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		err = nil // told to stop before it had begun
	case errors.Is(err, dev.ErrOutside):
		return cli.FileError("look at what the programs do there; with --grant-files they may", "%w", err)
	case errors.Is(err, fs.ErrNotExist):
		return cli.FileError("'qvat new "+dir+"' makes a project", "%w", err)
	}
	if hint := serveHint(err); hint != "" {
		return &cli.Failure{Name: cli.ExitFailed, Err: err, Hint: hint}
	}
	return errors.Join(err, p.err)
}

// grantLines say what vat.toml lets programs do outside of the vat.
func grantLines(g proj.Grants) (all []string) {
	grant := func(text string) { all = append(all, "  vat.toml grants "+text) }
	if g.Files != "" {
		can := "read"
		if g.Write {
			can = "read and written"
		}
		grant("qvat:files: " + api.Clean(g.Files) + " can be " + can)
	}
	for _, origin := range g.Origins {
		how := ""
		if g.Immediate {
			how = ", at once"
		}
		grant("qvat:http: requests to " + api.Clean(origin) + how)
	}
	if g.AllowPrivate {
		grant("qvat:http: also private addresses, of this machine and its network (allow_private)")
	}
	if g.Mail {
		grant("qvat:mail: the vat's agents")
	}
	return all
}

// devReport tells the author what happens. Its methods are called one at a time.
type devReport struct {
	a      *app
	url    string
	chain  string
	silent func() // ends it all: nobody reads stdout
	err    error  // of stdout; the first one
	shown  bool   // how to call the program has been said
}

// say writes lines to stdout.
func (p *devReport) say(lines ...string) {
	if p.err != nil {
		return
	}
	if p.err = p.a.PrintLine(strings.Join(lines, "\n")); p.err != nil {
		p.silent()
	}
}

func (p *devReport) bundled(b *bundle.Bundled) {
	size := 0
	for _, m := range b.Modules {
		size += m.Bytes
	}
	p.say(fmt.Sprintf("%s  bundled: %s, %s", clock(time.Now()), cli.Count(len(b.Modules), "program"), inUnits(int64(size))))
	if !p.shown {
		p.shown = true
		p.say("  qvat call " + p.url + " " + api.Clean(p.chain))
	}
}

func (p *devReport) failed(err error) {
	var wrong *bundle.Problems
	if !errors.As(err, &wrong) {
		p.say(clock(time.Now())+"  not bundled: "+api.Clean(err.Error()), "  the chain is as it was")
		return
	}
	said := []string{clock(time.Now()) + "  not bundled: " + cli.Count(len(wrong.List), "problem") + " in the sources; the chain is as it was"}
	for line := range strings.SplitSeq(wrong.Error(), "\n") {
		said = append(said, "  "+cleanLine(line))
	}
	p.say(said...)
}

func (p *devReport) message(m dev.Message) {
	names := make([]string, len(m.Programs))
	for i, name := range m.Programs {
		names[i] = api.Clean(brief(name))
	}
	said := []string{fmt.Sprintf("%s  %-13s  %12s fuel  %7s  %s", clock(m.At), api.Clean(m.Outcome), cli.Thousands(m.Fuel),
		shortTime(time.Duration(m.Micros)*time.Microsecond), strings.Join(names, " → "))}
	add := func(level, text string) {
		for _, line := range cli.Lines(text) {
			said = append(said, "  "+api.Clean(level)+": "+line)
		}
	}
	for _, l := range m.Console {
		add(l.Level, l.Text)
	}
	for _, l := range m.Log {
		text := l.Message
		if l.Fields != nil {
			text += " " + string(cli.TerminalJSON(l.Fields))
		}
		add("log "+strings.ToLower(l.Level.String()), text)
	}
	if m.Error != "" {
		for _, line := range cli.Lines(m.Error) {
			said = append(said, "  "+line)
		}
	}
	if m.Place != nil {
		for _, line := range placeLines(*m.Place) {
			said = append(said, "  "+line)
		}
	}
	p.say(said...)
}

// note writes what the vat says of itself to stderr.
func (p *devReport) note(level slog.Level, text string) {
	if level < slog.LevelWarn && !strings.HasPrefix(text, "root-power.js") {
		return
	}
	// Nothing can be said about a stderr that takes nothing.
	_, _ = fmt.Fprintf(p.a.Stderr, "%s  %s\n", clock(time.Now()), strings.Join(cli.Lines(text), "\n  "))
}

func clock(at time.Time) string { return at.Format("15:04:05") }
