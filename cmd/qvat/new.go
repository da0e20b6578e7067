package main

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"qvat/cmd/qvat/cli"
	"qvat/host/api"
	proj "qvat/tools/project"
)

func newNew(a *app) *cobra.Command {
	var template string
	cmd := &cobra.Command{
		Use:   "new DIR [--template NAME]",
		Short: "Write a small project to begin with",
		Long: `Writes a project into DIR, which is made, or is there and empty: a program, what the
vat grants it, a test that passes, and the types of what a program sees, for
editors. The templates are

  counter  a counter that one key may add to, and another read (the default)
  quota    a key may pay, and not more than so much in a day
  relay    a key may post to one address, and learns the answer
  ts       the counter in TypeScript

Printed are the files. 'qvat test DIR' runs the test.`,
		Example: `  qvat new counter
  qvat new hooks --template relay`,
		Args:              cli.Args("DIR"),
		ValidArgsFunction: cli.First(cli.CompleteDirs),
	}
	cmd.Flags().StringVar(&template, "template", proj.DefaultTemplate, "the `NAME` of a template: "+strings.Join(proj.Templates(), ", "))
	cli.CompleteFlag(cmd, "template", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return proj.Templates(), cobra.ShellCompDirectiveNoFileComp
	})
	cmd.RunE = a.Does(func(_ context.Context, args []string) error {
		files, err := proj.New(args[0], template)
		switch {
		case errors.Is(err, proj.ErrTemplate):
			return cli.UsageError(cmd, "%w", err)
		case errors.Is(err, fs.ErrExist):
			return cli.FileError("name a folder that is empty, or not there", "%w", err)
		case err != nil:
			return cli.FileError("", "%w", err)
		}
		for _, f := range files {
			if err := a.PrintLine(api.Clean(f)); err != nil {
				return err
			}
		}
		return nil
	})
	return cmd
}
