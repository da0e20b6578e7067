package main

import (
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// addVersion gives root its --version: this binary's, then its engine's.
func addVersion(_ *app, root *cobra.Command) {
	var b strings.Builder
	fmt.Fprintf(&b, "qvat %s\n", version())
	engine := engineVersions()
	for _, name := range slices.Sorted(maps.Keys(engine)) {
		fmt.Fprintf(&b, "%s %s\n", name, engine[name])
	}
	root.Version = version()
	root.SetVersionTemplate(b.String())
}

// version is the module's version as the build recorded it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
