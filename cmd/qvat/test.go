package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"qvat/cmd/qvat/cli"
	"qvat/host/api"
	proj "qvat/tools/project"
	"qvat/tools/testrunner"
)

// testRun is what the flags of `qvat test` say.
type testRun struct {
	run     string
	asJSON  bool
	verbose bool
}

func newTest(a *app) *cobra.Command {
	var s testRun
	cmd := &cobra.Command{
		Use:   "test [DIR] [--run PATTERN] [--json] [-v]",
		Short: "Run the tests of a project",
		Long: `Runs the tests of the project in DIR, or in the current folder: the functions that
test/*.test.js and *.test.js export (or .mjs, .ts and so on). Each gets ` + "`t`" + `, by which
it sends messages to a vat that is made for it alone, in this process; docs/PROGRAMS.md
tells all that ` + "`t`" + ` can do. Nothing is served, nothing reaches the network, and nothing
is left behind.

Shown of each test are how long it took and the fuel that its messages burnt; where
it sent none, the fuel that it burnt itself, in brackets. What was written to the
console is shown of tests that fail, and with -v of all.

--run picks the tests whose name, or whose file, the regular expression PATTERN
matches. With --json, what is printed is {"passed", "failed", "micros", "tests":
[{"file", "name", "passed", "micros", "messages", "fuel", "own", "error", "console"}]}.`,
		Example: `  qvat test
  qvat test counter --run reader -v`,
		Args:              cli.Args("[DIR]"),
		ValidArgsFunction: cli.First(cli.CompleteDirs),
	}
	f := cmd.Flags()
	f.StringVar(&s.run, "run", "", "run the tests whose name or file matches `PATTERN`")
	f.BoolVar(&s.asJSON, "json", false, "write JSON, for programs")
	f.BoolVarP(&s.verbose, "verbose", "v", false, "show the console of tests that pass, too")
	cmd.RunE = a.Does(func(ctx context.Context, args []string) error {
		dir := "."
		if len(args) > 0 {
			dir = args[0]
		}
		return a.test(ctx, cmd, dir, s)
	})
	return cmd
}

func (a *app) test(ctx context.Context, cmd *cobra.Command, dir string, s testRun) error {
	o := testrunner.Options{Dir: dir, MachineCode: a.machineCode}
	var err error
	if s.run != "" {
		if o.Filter, err = regexp.Compile(s.run); err != nil {
			return cli.UsageError(cmd, "--run: %w", err)
		}
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	// From the first signal on, the next one ends the process.
	defer context.AfterFunc(ctx, stop)()
	// Also where nobody reads on: what was made is to be removed first. This one
	// is held back to the end, since it comes again with whatever is written.
	ctx, silent := signal.NotifyContext(ctx, syscall.SIGPIPE)
	defer silent()
	shown := &testReport{a: a, verbose: s.verbose}
	if !s.asJSON {
		o.Each = shown.show
	}
	start := time.Now()
	results, err := testrunner.Run(ctx, o)
	took := time.Since(start)
	switch {
	case shown.err != nil:
		return shown.err
	case ctx.Err() != nil:
		return &cli.Failure{Name: cli.ExitInterrupted, Err: errors.New("interrupted before all tests had run")}
	case err != nil:
		return testError(err, dir, s)
	}
	failed := 0
	for _, r := range results {
		if r.Failure != nil {
			failed++
		}
	}
	if s.asJSON {
		err = a.PrintJSON(viewTests(results, failed, took))
	} else {
		err = a.PrintLine(fmt.Sprintf("\n%d passed, %d failed, in %s", len(results)-failed, failed, shortTime(took)))
	}
	if err == nil && failed > 0 {
		err = &cli.Failure{Name: cli.ExitTests, Err: fmt.Errorf("%d of %s failed", failed, cli.Count(len(results), "test"))}
	}
	return err
}

// testError is why no test ran.
func testError(err error, dir string, s testRun) error {
	switch {
	case errors.Is(err, testrunner.ErrNoTests):
		return cli.FileError("write test/main.test.js: exports['works'] = async t => { t.ok(true) }; docs/PROGRAMS.md says more", "%w in %s", err, dir)
	case errors.Is(err, testrunner.ErrNoMatch):
		return cli.FileError("without --run all of them run", "%w: %s", err, s.run)
	case errors.Is(err, fs.ErrNotExist):
		return cli.FileError("'qvat new "+dir+"' makes a project", "%w", err)
	}
	return cli.FileError("", "%w", err)
}

// testReport shows results to a person, as they come.
type testReport struct {
	a       *app
	verbose bool
	file    string
	err     error // of stdout; the first one
}

// nameWidth is how much room names of tests get before the columns of numbers.
const nameWidth = 44

func (p *testReport) show(r testrunner.Result) {
	var b strings.Builder
	if r.File != p.file {
		if p.file != "" {
			b.WriteString("\n")
		}
		p.file = r.File
		fmt.Fprintln(&b, api.Clean(r.File))
	}
	word := "ok  "
	if r.Failure != nil {
		word = "FAIL"
	}
	if r.Name == "" {
		fmt.Fprintf(&b, "  %s\n", word)
	} else {
		fuel := cli.Thousands(r.Fuel) + " fuel"
		if r.Messages == 0 {
			fuel = "(" + cli.Thousands(r.Own) + " fuel)"
		}
		fmt.Fprintf(&b, "  %s  %s  %7s  %s\n", word, padded(api.Clean(r.Name), nameWidth), shortTime(r.Took), fuel)
	}
	if r.Failure != nil {
		for _, line := range failureLines(r.Failure) {
			fmt.Fprintln(&b, strings.TrimRight("        "+line, " "))
		}
	}
	if r.Failure != nil || p.verbose {
		for _, l := range r.Console {
			for _, line := range cli.Lines(l.Text) {
				fmt.Fprintf(&b, "        %s: %s\n", api.Clean(l.Level), line)
			}
		}
	}
	if _, err := p.a.Stdout.Write([]byte(b.String())); err != nil && p.err == nil {
		p.err = err
	}
}

// failureLines are what is said of a test that failed.
func failureLines(f *testrunner.Failure) []string {
	var all []string
	for line := range strings.SplitSeq(f.Message, "\n") {
		all = append(all, cleanLine(line))
	}
	for _, at := range f.Places {
		all = append(all, placeLines(at)...)
	}
	if f.Hint != "" {
		all = append(all, "hint: "+api.Clean(f.Hint))
	}
	return all
}

// placeLines show a place in a source.
func placeLines(at proj.Place) []string {
	shown := []string{fmt.Sprintf("%s:%d:%d", api.Clean(at.File), at.Line, at.Column)}
	if at.Text != "" {
		shown = append(shown, caret(at.Text, at.Line, at.Column)...)
	}
	return shown
}

// testsView is what `qvat test --json` writes.
type testsView struct {
	Passed int        `json:"passed"`
	Failed int        `json:"failed"`
	Micros int64      `json:"micros"`
	Tests  []testView `json:"tests"`
}

type testView struct {
	File     string         `json:"file"`
	Name     string         `json:"name,omitempty"` // absent: the file as a whole
	Passed   bool           `json:"passed"`
	Micros   int64          `json:"micros"`
	Messages int            `json:"messages"`
	Fuel     int64          `json:"fuel"`
	Own      int64          `json:"own"`
	Error    *testErrorView `json:"error,omitempty"`
	Console  []consoleView  `json:"console,omitempty"`
}

type testErrorView struct {
	Message string      `json:"message"`
	Hint    string      `json:"hint,omitempty"`
	Places  []placeView `json:"places,omitempty"`
}

type placeView struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

type consoleView struct {
	Level string `json:"level"`
	Text  string `json:"text"`
}

func viewTests(results []testrunner.Result, failed int, took time.Duration) testsView {
	v := testsView{Passed: len(results) - failed, Failed: failed, Micros: took.Microseconds(), Tests: []testView{}}
	for _, r := range results {
		one := testView{
			File: r.File, Name: r.Name, Passed: r.Failure == nil, Micros: r.Took.Microseconds(),
			Messages: r.Messages, Fuel: r.Fuel, Own: r.Own,
		}
		if f := r.Failure; f != nil {
			one.Error = &testErrorView{Message: f.Message, Hint: f.Hint}
			for _, at := range f.Places {
				one.Error.Places = append(one.Error.Places, placeView{at.File, at.Line, at.Column})
			}
		}
		for _, l := range r.Console {
			one.Console = append(one.Console, consoleView{l.Level, l.Text})
		}
		v.Tests = append(v.Tests, one)
	}
	return v
}
