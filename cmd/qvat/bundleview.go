package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"qvat/chains"
	"qvat/cmd/qvat/cli"
	"qvat/host/api"
	"qvat/tools/bundle"
)

// bundledView is what `qvat bundle --json` writes.
type bundledView struct {
	Main      string           `json:"main"`
	Out       string           `json:"out,omitempty"`
	Bytes     int              `json:"bytes"`     // of all texts
	Unchanged bool             `json:"unchanged"` // OUT was there already
	Modules   []bundledEntry   `json:"modules"`
	Warnings  []bundle.Problem `json:"warnings"`
}

type bundledEntry struct {
	moduleRow
	Members []string `json:"members,omitempty"`
}

func viewBundled(b *bundle.Bundled, s bundling, unchanged bool) bundledView {
	v := bundledView{Main: b.Bundle.Main.String(), Out: s.out, Unchanged: unchanged, Modules: []bundledEntry{}, Warnings: b.Warnings}
	if v.Warnings == nil {
		v.Warnings = []bundle.Problem{}
	}
	by := map[chains.Hash]int{}
	for _, m := range b.Modules {
		for _, h := range m.Imports {
			by[h]++
		}
	}
	for _, m := range b.Modules {
		v.Bytes += m.Bytes
		v.Modules = append(v.Modules, bundledEntry{moduleRow{m.Hash.String(), m.Name, m.Bytes, hexes(m.Imports), by[m.Hash]}, m.Members})
	}
	return v
}

// printBundled writes what was made: main's hash on stdout, the rest beside it.
func (a *app) printBundled(b *bundle.Bundled, s bundling, unchanged bool) error {
	v := viewBundled(b, s, unchanged)
	if s.asJSON {
		return a.PrintJSON(v)
	}
	a.warnOfGlobals(b.Warnings)
	what := fmt.Sprintf("%s, %s", cli.Count(len(v.Modules), "module"), inUnits(int64(v.Bytes)))
	switch {
	case s.check:
		what = "in order: " + what
	case unchanged:
		what = s.out + " is as it was: " + what
	default:
		what = s.out + ": " + what
	}
	// Only people read this line.
	_, _ = fmt.Fprintln(a.Stderr, api.Clean(what))
	return a.PrintLine(v.Main)
}

// warnOfGlobals tells, a line for each package, which globals it speaks of that
// a vat has not.
func (a *app) warnOfGlobals(list []bundle.Problem) {
	names := map[string][]string{}
	for _, w := range list {
		if p := w.Package(); !slices.Contains(names[p], w.Global) {
			names[p] = append(names[p], w.Global)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(names)) {
		slices.Sort(names[p])
		a.Warn(fmt.Sprintf("%s uses %s, which a vat has not: what reaches that fails", p, strings.Join(names[p], ", ")),
			fmt.Sprintf("--shim %s= says that it is known; --shim %s=MODULE puts a module in its place", names[p][0], names[p][0]))
	}
}

// watchInterval is how often sources are looked at.
const watchInterval = 300 * time.Millisecond

// watchBundle bundles again whenever something has changed, until Ctrl-C.
func (a *app) watchBundle(ctx context.Context, o bundle.Options, s bundling) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	if o.Cache == "" {
		return cli.FileError("set XDG_CACHE_HOME to a folder that you may write to", "there is no folder for what was bundled before, which --watch needs")
	}
	last := ""
	for {
		if _, same := bundle.Written(o, s.out); !same || last == "" {
			said := "done"
			if err := a.bundle(o, s); err != nil {
				if said = err.Error(); said != last {
					cli.AsFailure(a.bundleError(err, s)).Print(a.Stderr)
				}
			}
			last = said
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(watchInterval):
		}
	}
}

// printWhy shows the ways from main to what is called so.
func (a *app) printWhy(b *bundle.Bundled, s bundling) error {
	ways := whys(b, s.why)
	if len(ways) == 0 {
		return cli.FileError("'qvat bundle --check --json' lists them all", "no module is called %s", s.why)
	}
	if s.asJSON {
		return a.PrintJSON(map[string]any{"why": ways})
	}
	for i, way := range ways {
		if i > 0 {
			if err := a.PrintLine(""); err != nil {
				return err
			}
		}
		for depth, name := range way {
			arrow := ""
			if depth > 0 {
				arrow = strings.Repeat("  ", depth-1) + "└ "
			}
			if err := a.PrintLine(arrow + api.Clean(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// whys gives a shortest way from main to each module of that name or package,
// by way of each module that requires it.
func whys(b *bundle.Bundled, name string) [][]string {
	modules := map[chains.Hash]bundle.Module{}
	before := map[chains.Hash]chains.Hash{}
	for _, m := range b.Modules {
		modules[m.Hash] = m
	}
	var order []chains.Hash
	seen := map[chains.Hash]bool{b.Bundle.Main: true}
	for queue := []chains.Hash{b.Bundle.Main}; len(queue) > 0; queue = queue[1:] {
		order = append(order, queue[0])
		for _, to := range modules[queue[0]].Imports {
			if !seen[to] {
				seen[to] = true
				before[to] = queue[0]
				queue = append(queue, to)
			}
		}
	}
	way := func(h chains.Hash) []string {
		names := []string{modules[h].Name}
		for h != b.Bundle.Main {
			h = before[h]
			names = append(names, modules[h].Name)
		}
		slices.Reverse(names)
		return names
	}
	var ways [][]string
	for _, h := range order {
		for _, to := range modules[h].Imports {
			if called(modules[to], name) && !called(modules[h], name) {
				ways = append(ways, append(way(h), modules[to].Name))
			}
		}
	}
	if called(modules[b.Bundle.Main], name) {
		ways = append(ways, way(b.Bundle.Main))
	}
	return ways
}

// called tells whether a module has that name, or is of that package or folder.
func called(m bundle.Module, name string) bool {
	for _, n := range append([]string{m.Name}, m.Members...) {
		if n == name || strings.HasPrefix(n, strings.TrimSuffix(name, "/")+"/") {
			return true
		}
	}
	return m.Hash.String() == name
}

// jsonOrWord is a JSON text, or a word as one.
func jsonOrWord(s string) string {
	if json.Valid([]byte(s)) {
		return s
	}
	b, err := json.Marshal(s)
	if err != nil {
		panic(errors.New("a string has JSON: " + err.Error()))
	}
	return string(b)
}
