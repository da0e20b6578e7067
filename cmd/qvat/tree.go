package main

import (
	"fmt"
	"io"

	"qvat/cmd/qvat/cli"
	"qvat/host/api"
)

// tree shows programs and what they require: each once in full, where it first
// comes up.
type tree struct {
	nodes map[string]node // by hash
	order []string        // those that were shown, in the order of showing
	shown map[string]bool
	later []string // those whose requirements would stand too far to the right
}

// node is one program of a tree.
type node struct {
	name     string // "" where nobody says
	bytes    int
	requires []string
}

// deepest is how far a tree goes to the right before it begins again at the
// left: bundles can be as deep as they have modules.
const deepest = 24

func newTree(nodes map[string]node) *tree {
	return &tree{nodes: nodes, shown: map[string]bool{}}
}

// write shows the tree of one program, after a label.
func (t *tree) write(w io.Writer, label, root string) {
	t.branch(w, root, label, "", 0)
	for len(t.later) > 0 {
		h := t.later[0]
		t.later = t.later[1:]
		fmt.Fprintf(w, "\n%s (continued)\n", t.nodes[h].called(h))
		t.under(w, h, "", 0)
	}
}

// branch shows a program after stem, and what it requires below it, each line
// after lead.
func (t *tree) branch(w io.Writer, h, stem, lead string, depth int) {
	n, here := t.nodes[h]
	switch {
	case !here:
		fmt.Fprintf(w, "%s%s, which is not in the capsule\n", stem, h)
		return
	case t.shown[h]:
		fmt.Fprintf(w, "%s%s (above)\n", stem, n.called(h))
		return
	}
	t.shown[h] = true
	t.order = append(t.order, h)
	if depth == deepest && len(n.requires) > 0 {
		fmt.Fprintf(w, "%s%s (continued below)\n", stem, n.line(h))
		t.later = append(t.later, h)
		return
	}
	fmt.Fprintf(w, "%s%s\n", stem, n.line(h))
	t.under(w, h, lead, depth)
}

// under shows what a program requires.
func (t *tree) under(w io.Writer, h, lead string, depth int) {
	requires := t.nodes[h].requires
	for i, r := range requires {
		if i == len(requires)-1 {
			t.branch(w, r, lead+"└── ", lead+"    ", depth+1)
			return
		}
		t.branch(w, r, lead+"├── ", lead+"│   ", depth+1)
	}
}

// called is what a program is known by: its name and hash, or its hash alone.
func (n node) called(h string) string {
	if n.name == "" {
		return h
	}
	return api.Clean(n.name) + ", " + h
}

// line is a program in full.
func (n node) line(h string) string { return n.called(h) + ", " + cli.Count(n.bytes, "byte") }

// requiredBy counts, for each program, those that require it.
func requiredBy(nodes map[string]node) map[string]int {
	by := map[string]int{}
	for _, n := range nodes {
		for _, h := range n.requires {
			by[h]++
		}
	}
	return by
}

// sharing says how many modules there are, and what it saves that each is there
// once: had each program that requires one a copy of its own, there would be so
// many bytes more.
func sharing(nodes map[string]node, modules []string) string {
	by := requiredBy(nodes)
	bytes, shared, saved := 0, 0, 0
	for _, h := range modules {
		n := nodes[h]
		bytes += n.bytes
		if by[h] > 1 {
			shared++
			saved += (by[h] - 1) * n.bytes
		}
	}
	what := fmt.Sprintf("%s, %s of text; ", cli.Count(len(modules), "module"), cli.Count(bytes, "byte"))
	switch shared {
	case 0:
		return what + "none is required by more than one"
	case 1:
		return what + "1 is required by more than one, and sharing it saves " + cli.Count(saved, "byte")
	}
	return what + fmt.Sprintf("%d are required by more than one, and sharing them saves %s", shared, cli.Count(saved, "byte"))
}
