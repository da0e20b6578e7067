package main

import (
	"bytes"
	"os"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"qvat/chains"
	"qvat/tools/bundle"
)

// cmdBundles is `bundles OUT.bundle FILE...`: makes a bundle of the files, in
// which the last is main, and each may require those before it by their names.
// With -map before OUT.bundle, a map is made too: FILE came from src/FILE, ten
// lines further down.
func cmdBundles(ts *testscript.TestScript, neg bool, args []string) {
	mapped := len(args) > 0 && args[0] == "-map"
	if mapped {
		args = args[1:]
	}
	if neg || len(args) < 2 {
		ts.Fatalf("usage: bundles [-map] OUT.bundle FILE...")
	}
	var b chains.Bundle
	known := bundle.NewMap()
	for _, name := range args[1:] {
		text := ts.ReadFile(name)
		for _, m := range b.Modules {
			text = strings.ReplaceAll(text, "require('"+m.Name+"')", "require('"+m.Program.Hash().String()+"')")
		}
		p, err := chains.NewProgram([]byte(text), 0)
		ts.Check(err)
		b.Main = p.Hash()
		b.Modules = append(b.Modules, chains.BundleModule{Name: name, Program: p})
		known.Modules[p.Hash().String()] = bundle.MapModule{Name: name, Map: bundle.SourceMap{
			Sources:  []string{"src/" + name},
			Mappings: "AAUA" + strings.Repeat(";AACA", strings.Count(text, "\n")),
		}}
	}
	slices.SortFunc(b.Modules, func(x, y chains.BundleModule) int {
		hx, hy := x.Program.Hash(), y.Program.Hash()
		return bytes.Compare(hx[:], hy[:])
	})
	made, err := b.Encode()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), made, 0o600))
	if mapped {
		side, err := known.Encode()
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(args[0]+".map"), side, 0o600))
	}
}

// cmdStrip is `strip FILE`: takes the texts out of a capsule.
func cmdStrip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: strip FILE")
	}
	c, err := chains.DecodeCapsule([]byte(ts.ReadFile(args[0])), chains.Limits{})
	ts.Check(err)
	c.Programs = nil
	b, err := c.Encode()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}
