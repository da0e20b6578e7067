package main

import (
	"context"

	"github.com/spf13/cobra"

	"qvat/cmd/qvat/cli"
)

func newCompletion(a *app, root *cobra.Command) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	cmd := &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Write a completion script for a shell",
		Long: `Writes a script that teaches a shell to complete qvat's commands, flags, saved
names and files.`,
		Example: `  source <(qvat completion bash)
  qvat completion zsh > "${fpath[1]}/_qvat"
  qvat completion fish > ~/.config/fish/completions/qvat.fish`,
		Args:              cli.Args("SHELL"),
		ValidArgsFunction: cli.First(cobra.FixedCompletions(shells, cobra.ShellCompDirectiveNoFileComp)),
	}
	cmd.RunE = a.Does(func(_ context.Context, args []string) error {
		switch args[0] {
		case "bash":
			return root.GenBashCompletionV2(a.Stdout, true)
		case "zsh":
			return root.GenZshCompletion(a.Stdout)
		case "fish":
			return root.GenFishCompletion(a.Stdout, true)
		case "powershell":
			return root.GenPowerShellCompletionWithDesc(a.Stdout)
		}
		return cli.UsageError(cmd, "there is no completion for %q", args[0])
	})
	return cmd
}
