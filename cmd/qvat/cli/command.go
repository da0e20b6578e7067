// Package cli is what all commands share: what they print and how, how they end
// badly, and what they read. Results go to stdout and everything else to stderr;
// no text of somebody else's reaches a terminal with control characters in it.
package cli

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// App is one run of the command line: what it has of the process around it.
type App struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Terminal       bool // Stderr is a terminal
}

// DefaultVat is the vat that `qvat run` serves when none is named.
const DefaultVat = "vat"

// Does makes a command's work into what cobra runs: every error that it ends
// with has a row in the tables of exit codes.
func (a *App) Does(work func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := work(cmd.Context(), args); err != nil {
			return AsFailure(err)
		}
		return nil
	}
}

// Args takes exactly the named arguments; one in brackets may be absent.
func Args(names ...string) cobra.PositionalArgs {
	least := 0
	for _, n := range names {
		if !strings.HasPrefix(n, "[") {
			least++
		}
	}
	return func(cmd *cobra.Command, given []string) error {
		switch {
		case len(given) > len(names):
			return UsageError(cmd, "there is nothing to do with %q", given[len(names)])
		case len(given) < least:
			return UsageError(cmd, "%s is missing", strings.Join(names[len(given):least], " "))
		}
		return nil
	}
}

// Group makes cmd a name for other commands: by itself it shows its help, and
// an unknown one is a usage error that suggests the nearest.
func Group(a *App, cmd *cobra.Command, under ...*cobra.Command) {
	cmd.AddCommand(under...)
	cmd.SuggestionsMinimumDistance = 2
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = a.Does(func(_ context.Context, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return UnknownCommand(cmd, args[0])
	})
}

// UnknownCommand is for a name under cmd that no command has. It suggests the nearest.
func UnknownCommand(cmd *cobra.Command, name string) *Failure {
	f := UsageError(cmd, "there is no command %q", cmd.CommandPath()+" "+name)
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		f.Hint = "did you mean '" + cmd.CommandPath() + " " + strings.Join(near, "' or '"+cmd.CommandPath()+" ") + "'?"
	}
	return f
}

// Completion is what cobra asks for the words that may come next.
type Completion = func(cmd *cobra.Command, args []string, to string) ([]string, cobra.ShellCompDirective)

// CompleteFlag sets how a flag's value is completed. It panics for a flag that
// the command does not have: a mistake that any run shows.
func CompleteFlag(cmd *cobra.Command, flag string, with Completion) {
	if err := cmd.RegisterFlagCompletionFunc(flag, with); err != nil {
		panic(err)
	}
}

// First completes with as the first argument, and nothing after it.
func First(with Completion) Completion {
	return func(cmd *cobra.Command, args []string, to string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return with(cmd, args, to)
	}
}

// CompleteDirs completes a folder.
func CompleteDirs(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}
