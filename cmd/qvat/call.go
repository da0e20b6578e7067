package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"github.com/spf13/cobra"

	"qvat/chains"
	"qvat/cmd/qvat/cli"
	"qvat/host/fault"
)

// calling is what the flags of `qvat call` say.
type calling struct {
	add     addFlags
	bind    string
	modules []string
	input   string
	asJSON  bool
	verbose bool
	limits  chains.Limits
}

func newCall(a *app) *cobra.Command {
	var c calling
	cmd := &cobra.Command{
		Use:   "call VAT CAPSULE [--add PROGRAM [--key FILE]...]... [--bind ROOTKEY] [--input JSON] [--json] [-v]",
		Short: "Send a chain to a vat and print the result",
		Long: `Sends the chain of CAPSULE to VAT, which evaluates it as one message, and prints
the result as JSON on one line; a result that is undefined prints nothing. First
the vat is asked which of the programs it lacks, and only those are sent.

VAT is a URL or a saved name. A vat that was saved with its root key must show
that key, or nothing is sent. CAPSULE is a file or a saved name.

Each --add appends a program to the chain, signed by each --key that comes after
it and before the next --add. PROGRAM is a text, or a bundle that 'qvat bundle'
made, whose modules travel with its main. With --bind these signatures are bound
to the vat of ROOTKEY (64 hex digits, or the name of a vat saved with its key) and
to the programs before them, and VAT must show that key. The key is not taken from
what VAT itself says: a vat could name another's, and pass your program on to it.

--input is what the last program receives: a JSON text, @FILE, or - for stdin.
Without it, the input that CAPSULE holds is sent.

Where a map is beside CAPSULE or a bundle (X.chain.map, X.bundle.map) and knows
where an error's line came from, the source's file, line and column are shown too.

With --json, what is printed is {"result": ..., "message": {"id", "fuel",
"memory", "micros"}}, where "result" is absent if undefined; or, besides the
error on stderr, {"error": {"code", "message", ...}}, with a code of docs/ERRORS.md
and, where a map knows it, "source": {"file", "line", "column"}.

If the message holds modules, or with --verbose, it is told how many programs, and
bytes of them, were sent, and how many the vat had already: on stderr if that is a
terminal or with --verbose, and with --json beside "message", as "sent":
{"programs", "bytes", "saved": {"programs", "bytes"}}. To find out, the vat is
asked once more what it lacks; where it does not say, this may be left out.

Ctrl-C leaves at once. The vat ends a message whose caller has left, if it has not
been committed yet.`,
		Example: `  qvat call http://127.0.0.1:7070 bob.chain
  qvat call alice bob.chain --add carol.js --key carol.key --input '{"n": 1}'
  qvat call alice alice.chain --add bob.js --key bob.key --add carol.js --key carol.key
  qvat call alice alice.chain --add bob.bundle --key bob.key -v
  qvat call alice counter --json`,
		Args: cli.Args("VAT", "CAPSULE"),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, to string) ([]string, cobra.ShellCompDirective) {
			switch len(args) {
			case 0:
				return a.completeVats(cmd, args, to)
			case 1:
				return a.completeCapsules(cmd, nil, to)
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
	}
	cli.LimitFlag(cmd, &c.limits)
	f := cmd.Flags()
	c.add.register(f)
	f.StringVar(&c.bind, "bind", "", "make bound signatures, for the vat of `ROOTKEY`")
	f.StringArrayVar(&c.modules, "module", nil, "a `FILE` with a module that is required, or a bundle; may be given again")
	f.StringVar(&c.input, "input", "", "the input: `JSON`, @FILE, or - for stdin")
	f.BoolVar(&c.asJSON, "json", false, "write JSON with what the message used, for programs")
	f.BoolVarP(&c.verbose, "verbose", "v", false, "tell on stderr how much was sent")
	cli.CompleteFlag(cmd, "bind", a.completeVats)
	cmd.RunE = a.Does(func(ctx context.Context, args []string) error {
		err := a.call(ctx, cmd, args[0], args[1], c)
		if err != nil && c.asJSON {
			return a.alsoJSON(cli.AsFailure(err))
		}
		return err
	})
	return cmd
}

func (a *app) call(ctx context.Context, cmd *cobra.Command, vat, capsule string, c calling) error {
	if c.usesStdinTwice() {
		return cli.UsageError(cmd, "- stands for stdin, which can be read only once")
	}
	v, err := a.findVat(cmd, vat)
	if err != nil {
		return err
	}
	var bound chains.PublicKey
	if c.bind != "" {
		if len(c.add) == 0 {
			return cli.UsageError(cmd, "--bind says how to sign, so it needs an --add")
		}
		if bound, err = a.rootKey(cmd, c.bind); err != nil {
			return err
		}
	}
	d, err := a.draftCall(cmd, capsule, c, bound)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	modules := d.holdsModules()
	told := c.verbose || modules && a.Terminal
	answer, err := a.deliver(ctx, v, bound, d, told || modules && c.asJSON)
	if err != nil {
		return err
	}
	if told && answer.Sent != nil {
		// A stderr that takes nothing is no reason to lose the answer.
		_, _ = fmt.Fprintln(a.Stderr, answer.Sent)
	}
	return a.printAnswer(answer, c.asJSON)
}

// draftCall builds what is to be sent. All of it is checked here, before
// anything is.
func (a *app) draftCall(cmd *cobra.Command, capsule string, c calling, bound chains.PublicKey) (*draft, error) {
	base, err := a.readCapsule(capsule, c.limits)
	if err != nil {
		return nil, err
	}
	d := a.extend(base)
	for _, add := range c.add {
		keys, err := a.loadKeys(cmd, add.keys)
		if err != nil {
			return nil, err
		}
		g, err := a.readProgram(add.program, c.limits)
		if err != nil {
			return nil, err
		}
		if err := d.link(g, keys, bound); err != nil {
			return nil, cli.BadBytes(add.program, err)
		}
	}
	if err := a.modules(d, c.modules, c.limits); err != nil {
		return nil, err
	}
	if cmd.Flags().Changed("input") {
		if d.capsule.Input, err = a.ReadJSON(cmd, "--input", "the input", c.input, c.limits.Input); err != nil {
			return nil, err
		}
	}
	if _, err := d.capsule.Encode(); err != nil {
		return nil, cli.BadBytes(capsule, err)
	}
	return d, nil
}

func (c calling) usesStdinTwice() bool {
	n := 0
	if c.input == "-" {
		n++
	}
	for _, add := range c.add {
		if add.program == "-" {
			n++
		}
	}
	for _, m := range c.modules {
		if m == "-" {
			n++
		}
	}
	return n > 1
}

// printAnswer writes what a vat answered, as JSON that no terminal minds.
func (a *app) printAnswer(answer answered, asJSON bool) error {
	if asJSON {
		return a.PrintJSON(answer)
	}
	return a.PrintResult(answer.Result)
}

// alsoJSON writes a failure for programs, and gives it back to be written for
// people. Arguments that make no sense have no JSON.
func (a *app) alsoJSON(f *cli.Failure) error {
	if f.Name == cli.ExitUsage {
		return f
	}
	shown := f.Fault
	if shown == nil {
		shown = &fault.Error{Code: fault.Code(f.Name), Message: f.Error()}
	}
	if err := a.PrintJSON(map[string]any{"error": withSource(shown, f.Err)}); err != nil {
		return errors.Join(f, err)
	}
	return f
}
