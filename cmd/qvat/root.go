package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"qvat/cmd/qvat/agent"
	"qvat/cmd/qvat/cli"
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
	root.SetIn(a.Stdin)
	root.SetOut(a.Stdout)
	root.SetErr(a.Stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return cli.UsageError(cmd, "%w", err)
	})
	addVersion(a, root)
	cli.Group(a.App, root,
		newInit(a), newRun(a), agent.NewOpen(a.App), newKey(a), newBundle(a), newSign(a), newInspect(a), newCall(a),
		newNew(a), newTest(a), newDev(a),
		newVat(a), newChain(a), agent.New(a.App, a.capsules()), newCompletion(a, root), newExitCodes(),
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
		RunE: a.Does(func(_ context.Context, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil {
				return cli.UnknownCommand(root, args[0])
			}
			if len(rest) > 0 {
				return cli.UnknownCommand(cmd, rest[0])
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

// exitCodesHelp is both tables as `qvat help exit-codes` shows them.
func exitCodesHelp() string {
	var b strings.Builder
	fmt.Fprintln(&b, "Exit codes of the command line:")
	fmt.Fprintln(&b)
	for _, r := range cli.ExitTable() {
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
