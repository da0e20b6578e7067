package main

import (
	"bufio"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"qvat/chains"
	"qvat/cmd/qvat/cli"
	"qvat/host/api"
)

// bundleView is what `qvat inspect --json` writes of a bundle; its help
// documents it.
type bundleView struct {
	Main    string       `json:"main"`
	Bytes   int          `json:"bytes"`
	Modules []moduleText `json:"modules"`
}

// moduleRow is what is told of a module, whether it was bundled or inspected.
type moduleRow struct {
	Program    string   `json:"program"`
	Name       string   `json:"name"`
	Bytes      int      `json:"bytes"`
	Requires   []string `json:"requires"`
	RequiredBy int      `json:"requiredBy"`
}

type moduleText struct {
	moduleRow
	Text string `json:"text"`
}

// inspectBundle shows the bundle that in holds; arg is what it was called by.
func (a *app) inspectBundle(cmd *cobra.Command, in *input, arg string, s inspecting) error {
	if s.root != "" {
		return cli.UsageError(cmd, "--root checks signatures, and %s is a bundle: it has none", arg)
	}
	b, size, err := in.readBundle(s.limits)
	if err != nil {
		return err
	}
	v := viewBundle(b, size)
	if s.asJSON {
		return a.PrintJSON(v)
	}
	return a.printBundle(arg, v, s.texts)
}

// viewBundle looks at a bundle of so many bytes.
func viewBundle(b chains.Bundle, bytes int) bundleView {
	v := bundleView{Main: b.Main.String(), Bytes: bytes, Modules: []moduleText{}}
	for _, m := range b.Modules {
		p := m.Program
		v.Modules = append(v.Modules, moduleText{moduleRow{p.Hash().String(), m.Name, len(p.Text()), hexes(p.Requires()), 0}, p.Text()})
	}
	by := requiredBy(v.nodes())
	for i := range v.Modules {
		v.Modules[i].RequiredBy = by[v.Modules[i].Program]
	}
	return v
}

func (v bundleView) nodes() map[string]node {
	nodes := map[string]node{}
	for _, m := range v.Modules {
		nodes[m.Program] = node{m.Name, m.Bytes, m.Requires}
	}
	return nodes
}

// printBundle writes a bundle's view for a person. It is written as it is made:
// a bundle may hold much.
func (a *app) printBundle(name string, v bundleView, texts bool) error {
	w := bufio.NewWriter(a.Stdout)
	fmt.Fprintf(w, "%s: a bundle of %s, %s\n", api.Clean(name), cli.Count(len(v.Modules), "module"), cli.Count(v.Bytes, "byte"))
	fmt.Fprintf(w, "main %s\n\n", v.Main)
	nodes := v.nodes()
	t := newTree(nodes)
	t.write(w, "", v.Main)
	if texts {
		v.writeTexts(w, t.order)
	}
	fmt.Fprintf(w, "\n%s\n", sharing(nodes, t.order))
	return w.Flush() // with the error of any write before it
}

// writeTexts writes the modules' texts, in the order given.
func (v bundleView) writeTexts(w io.Writer, order []string) {
	at := map[string]moduleText{}
	for _, m := range v.Modules {
		at[m.Program] = m
	}
	for _, h := range order {
		m := at[h]
		fmt.Fprintf(w, "\nmodule %s (%s)\n", h, api.Clean(m.Name))
		writeBody(w, &bodyView{Bytes: m.Bytes, Requires: m.Requires, Text: m.Text}, nil)
	}
}
