package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"qvat/host/fault"
)

// newRoot is the whole command line, ready to be given arguments.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "qvat",
		Short: "Run other people's signed programs, confined",
		Long: `qvat serves vats and talks to them. A vat runs chains of signed programs, each
message in a fresh confined instance and one transaction: the first program,
signed by the vat's root key, decides what the next one may do, and so on.`,
		Example: `  qvat run                                     serve ./vat, made if it is not there
  qvat key new bob.key                         make a key, print its public half
  qvat sign alice.js --key vat/keys/root.key -o alice.chain
  qvat call http://127.0.0.1:7070 alice.chain --add bob.js --key bob.key`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError(cmd, "%w", err)
	})
	addVersion(a, root)
	group(a, root,
		newInit(a), newRun(a), newOpen(a), newKey(a), newBundle(a), newSign(a), newInspect(a), newCall(a),
		newNew(a), newTest(a), newDev(a),
		newVat(a), newChain(a), newAgent(a), newCompletion(a, root), newExitCodes(),
	)
	root.SetHelpCommand(newHelp(a, root))
	tidyUsage(root)
	return root
}

// tidyUsage keeps cobra's "[flags]" out of lines that name the flags already.
func tidyUsage(cmd *cobra.Command) {
	cmd.DisableFlagsInUseLine = true
	for _, c := range cmd.Commands() {
		tidyUsage(c)
	}
}

// group makes cmd a name for other commands: by itself it shows its help, and
// an unknown one is a usage error that suggests the nearest.
func group(a *app, cmd *cobra.Command, under ...*cobra.Command) {
	cmd.AddCommand(under...)
	cmd.SuggestionsMinimumDistance = 2
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = a.does(func(_ context.Context, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return unknownCommand(cmd, args[0])
	})
}

func unknownCommand(cmd *cobra.Command, name string) *failure {
	f := usageError(cmd, "there is no command %q", cmd.CommandPath()+" "+name)
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		f.hint = "did you mean '" + cmd.CommandPath() + " " + strings.Join(near, "' or '"+cmd.CommandPath()+" ") + "'?"
	}
	return f
}

// newHelp is `qvat help`, which cobra's own would end well for any topic.
func newHelp(a *app, root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Show the help of a command",
		Long:    "Shows the help of a command, or of qvat itself.",
		Example: "  qvat help call\n  qvat help vat add\n  qvat help exit-codes",
		Args:    cobra.ArbitraryArgs,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if cmd, _, err := root.Find(args); err == nil {
				for _, c := range cmd.Commands() {
					if !c.Hidden {
						names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: a.does(func(_ context.Context, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil {
				return unknownCommand(root, args[0])
			}
			if len(rest) > 0 {
				return unknownCommand(cmd, rest[0])
			}
			cmd.InitDefaultHelpFlag()
			cmd.InitDefaultVersionFlag()
			return cmd.Help()
		}),
	}
}

// newExitCodes is a page of help rather than a command.
func newExitCodes() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "What the exit codes mean",
		Long:  exitCodesHelp(),
	}
}

// does makes a command's work into what cobra runs: every error that it ends
// with has a row in the tables of exit codes.
func (a *app) does(work func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := work(cmd.Context(), args); err != nil {
			return asFailure(err)
		}
		return nil
	}
}

// args wants exactly the named arguments; one in brackets may be absent.
func args(names ...string) cobra.PositionalArgs {
	least := 0
	for _, n := range names {
		if !strings.HasPrefix(n, "[") {
			least++
		}
	}
	return func(cmd *cobra.Command, given []string) error {
		switch {
		case len(given) > len(names):
			return usageError(cmd, "there is nothing to do with %q", given[len(names)])
		case len(given) < least:
			return usageError(cmd, "%s is missing", strings.Join(names[len(given):least], " "))
		}
		return nil
	}
}

// exitCodesHelp is both tables as `qvat help exit-codes` shows them.
func exitCodesHelp() string {
	var b strings.Builder
	fmt.Fprintln(&b, "Exit codes of the command line:")
	fmt.Fprintln(&b)
	for _, r := range exitTable() {
		fmt.Fprintf(&b, "  %3d  %s\n", r.Exit, r.Name)
	}
	fmt.Fprintln(&b)
	fmt.Fprintln(&b, "When a vat refuses or fails a message, or a file is refused for the same reason:")
	fmt.Fprintln(&b)
	for _, r := range fault.Table() {
		fmt.Fprintf(&b, "  %3d  %s\n", r.Exit, r.Code)
	}
	fmt.Fprintln(&b)
	fmt.Fprint(&b, "docs/ERRORS.md says what each one means and what to do.")
	return b.String()
}
