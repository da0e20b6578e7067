package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"qvat/cmd/qvat/cli"
	"qvat/host/api"
)

// handful is how many modules of a capsule are shown one by one. More are a tree.
const handful = 3

// printView writes a capsule's view for a person; texts asks for those of modules
// even where these are a tree.
func (a *app) printView(name string, v capsuleView, texts bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %s, %s\n", api.Clean(name), cli.Count(len(v.Links), "link"), cli.Count(v.programs(), "program"), cli.Count(v.Bytes, "byte"))
	fmt.Fprintf(&b, "message %s\n", v.ID)
	if v.RootSigned != nil && !*v.RootSigned {
		fmt.Fprintf(&b, "the first link has NO valid signature by the root key\n")
	}
	missing := map[string]bool{}
	for _, h := range v.Missing {
		missing[h] = true
	}
	for i, l := range v.Links {
		fmt.Fprintf(&b, "\nlink %d: program %s%s\n", i+1, l.Program, bracketed(l.Name))
		for _, s := range l.Signatures {
			fmt.Fprintf(&b, "  signed by %s, %s\n", s.Key, s.verdict())
		}
		if len(l.Signatures) == 0 {
			fmt.Fprintf(&b, "  not signed\n")
		}
		writeBody(&b, l.Body, missing)
	}
	if v.isTree() {
		v.writeTree(&b)
	}
	if texts || !v.isTree() {
		for _, m := range v.Modules {
			fmt.Fprintf(&b, "\nmodule %s%s\n", m.Program, bracketed(m.Name))
			writeBody(&b, m.Body, missing)
		}
	}
	if len(v.Input) > 0 {
		one, err := cli.OneLine(v.Input)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "\ninput: %s\n", one)
	}
	_, err := a.Stdout.Write([]byte(b.String()))
	return err
}

// isTree says whether the modules are shown as a tree.
func (v capsuleView) isTree() bool {
	return len(v.Modules) > handful ||
		slices.ContainsFunc(v.Modules, func(m moduleView) bool { return m.Name != "" })
}

// writeTree writes what the links require. All modules are in it: nothing is in
// a capsule that no link leads to.
func (v capsuleView) writeTree(w io.Writer) {
	nodes := map[string]node{}
	for _, l := range v.Links {
		if l.Body != nil {
			nodes[l.Program] = node{l.Name, l.Body.Bytes, l.Body.Requires}
		}
	}
	var modules []string
	for _, m := range v.Modules {
		modules = append(modules, m.Program)
		nodes[m.Program] = node{m.Name, m.Body.Bytes, m.Body.Requires}
	}
	t := newTree(nodes)
	for i, l := range v.Links {
		if l.Body != nil && len(l.Body.Requires) > 0 {
			fmt.Fprintln(w)
			t.write(w, fmt.Sprintf("link %d: ", i+1), l.Program)
		}
	}
	fmt.Fprintf(w, "\n%s\n", sharing(nodes, modules))
}

func (s signatureView) verdict() string {
	switch {
	case s.Valid == nil:
		return s.Kind + " (not checked: give --root)"
	case *s.Valid:
		return s.Kind + ", valid"
	}
	return s.Kind + ", NOT VALID"
}

// programs is how many texts the capsule holds.
func (v capsuleView) programs() int {
	held := map[string]bool{}
	for _, l := range v.Links {
		if l.Body != nil {
			held[l.Program] = true
		}
	}
	return len(held) + len(v.Modules)
}

// writeBody writes a program's text and what it requires, saying which of that
// is missing.
func writeBody(b io.Writer, body *bodyView, missing map[string]bool) {
	if body == nil {
		fmt.Fprintf(b, "  its text is not in the capsule\n")
		return
	}
	for _, h := range body.Requires {
		where := ""
		if missing[h] {
			where = ", which is not in the capsule"
		}
		fmt.Fprintf(b, "  requires %s%s\n", h, where)
	}
	fmt.Fprintf(b, "  text, %s:\n", cli.Count(body.Bytes, "byte"))
	for _, line := range cli.Lines(strings.TrimSuffix(body.Text, "\n")) {
		fmt.Fprintf(b, "    | %s\n", line)
	}
}
