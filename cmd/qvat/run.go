package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"qvat/cmd/qvat/cli"
)

func newRun(a *app) *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "run [DIR] [--listen ADDR]",
		Short: "Serve a vat",
		Long: `Serves the vat in DIR until it is told to stop. With no DIR it is ./vat, which is
made if it is not there.

The first line on stdout is "listening on http://HOST:PORT", once requests are
taken there. A line "log in at LINK" has a link that logs in to the vat's page once,
within ten minutes; 'qvat open' prints another. It is on stderr where that is a
terminal, and otherwise the second line on stdout: keep it from others. The log goes
to stderr: text for a terminal, otherwise a JSON object a line, and no link in it.

Ctrl-C, or SIGTERM, lets messages that are under way finish or fail, and ends
within 2 seconds, with exit code 0. Nothing that was answered is lost. A second one
ends at once.`,
		Example: `  qvat run
  qvat run /srv/alice --listen 127.0.0.1:0`,
		Args:              cli.Args("[DIR]"),
		ValidArgsFunction: cli.First(cli.CompleteDirs),
	}
	cmd.Flags().StringVar(&listen, "listen", "", "listen on `ADDR`, HOST:PORT, and not as qvat.toml says; port 0 is any free one")
	cmd.RunE = a.Does(func(ctx context.Context, args []string) error {
		dir := cli.DefaultVat
		if len(args) > 0 {
			dir = args[0]
		}
		return a.serve(ctx, dir, len(args) == 0, listen)
	})
	return cmd
}

// serve serves the vat in dir, which is made if it may be.
func (a *app) serve(ctx context.Context, dir string, mayMake bool, listen string) error {
	log := a.logger()
	switch {
	case cli.IsVat(dir):
	case !mayMake:
		return cli.FileError("'qvat init "+dir+"' makes one", "there is no vat in %s", dir)
	default:
		if err := initVat(dir, ""); err != nil {
			return err
		}
		log.Info("made a vat", "dir", dir)
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	// From the first signal on, the next one ends the process.
	defer context.AfterFunc(ctx, stop)()
	wait := a.progress("starting the vat")
	defer wait.done()
	var silent error
	after := ""
	login := func(link string) {
		wait.done()
		if !a.Terminal {
			after = "\nlog in at " + link // the log is for programs
			return
		}
		// Where stderr is gone, 'qvat open' is still there.
		_, _ = io.WriteString(a.Stderr, "log in at "+link+"\n")
	}
	err := serveVat(ctx, dir, listen, log, login, func(url string) {
		wait.done()
		if silent = a.PrintLine("listening on " + url + after); silent != nil {
			stop() // who started this cannot learn where it is
		}
	})
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil // told to stop before it had begun
	}
	if hint := serveHint(err); hint != "" {
		return &cli.Failure{Name: cli.ExitFailed, Err: err, Hint: hint}
	}
	return errors.Join(err, silent)
}

// logger writes to stderr, for people or for programs.
func (a *app) logger() *slog.Logger {
	if a.Terminal {
		return slog.New(slog.NewTextHandler(a.Stderr, nil))
	}
	return slog.New(slog.NewJSONHandler(a.Stderr, nil))
}
