package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

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
