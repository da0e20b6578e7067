package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// completion is what cobra asks for the words that may come next.
type completion = func(cmd *cobra.Command, args []string, to string) ([]string, cobra.ShellCompDirective)

// completeFlag sets how a flag's value is completed. It panics for a flag that
// the command does not have: a mistake that any run shows.
func (a *app) completeFlag(cmd *cobra.Command, flag string, with completion) {
	if err := cmd.RegisterFlagCompletionFunc(flag, with); err != nil {
		panic(err)
	}
}

// first completes with as the first argument, and nothing after it.
func first(with completion) completion {
	return func(cmd *cobra.Command, args []string, to string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return with(cmd, args, to)
	}
}

// completeVats completes the name of a saved vat.
func (a *app) completeVats(_ *cobra.Command, _ []string, to string) ([]string, cobra.ShellCompDirective) {
	return a.saved(vatsDir, vatExt, to), cobra.ShellCompDirectiveNoFileComp
}

// completeChains completes the name of a saved chain.
func (a *app) completeChains(_ *cobra.Command, _ []string, to string) ([]string, cobra.ShellCompDirective) {
	return a.saved(chainsDir, chainExt, to), cobra.ShellCompDirectiveNoFileComp
}

// completeCapsules completes a CAPSULE: saved names and .chain files, and
// where neither fits, whatever the shell finds.
func (a *app) completeCapsules(_ *cobra.Command, _ []string, to string) ([]string, cobra.ShellCompDirective) {
	found := a.saved(chainsDir, chainExt, to)
	dir, start := filepath.Split(to)
	in := dir
	if in == "" {
		in = "."
	}
	// A folder that cannot be read offers nothing.
	entries, _ := os.ReadDir(in)
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, start) && strings.HasSuffix(name, chainExt) && !e.IsDir() {
			found = append(found, dir+name)
		}
	}
	return found, cobra.ShellCompDirectiveDefault
}

// saved lists the saved names that begin with to. An unusable folder of names
// offers nothing: the command itself will say what is wrong.
func (a *app) saved(kind, ext, to string) []string {
	h, err := a.home()
	if err != nil {
		return nil
	}
	names, err := h.names(kind, ext)
	if err != nil {
		return nil
	}
	var found []string
	for _, n := range names {
		if strings.HasPrefix(n, to) {
			found = append(found, n)
		}
	}
	return found
}

// completeDirs completes a folder.
func completeDirs(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}
