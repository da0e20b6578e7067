package bundle_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"qvat/tools/bundle"
)

// A random project is bundled and run, and is to do what a small model of
// modules says: which are evaluated, in which order, and what each sees of the
// others, in circles too.

// node is a module of a random project.
type node struct {
	name string // with its extension
	esm  bool
	// form is how a CommonJS module exports: "early", "late", or "whole" (its
	// exports are another object in the end).
	form  string
	edges []link
}

// link is an import of a node.
type link struct {
	to int
	// how: "top", or "later" (in a function, by require or import()); for ES
	// modules "names", "namespace" and "effect" too.
	how string
}

// drawGraph draws a project of which the first node is main.
func drawGraph(t *rapid.T) []node {
	n := rapid.IntRange(1, 7).Draw(t, "modules")
	nodes := make([]node, n)
	for i := range nodes {
		m := &nodes[i]
		m.esm = rapid.Bool().Draw(t, "esm")
		dir := rapid.SampledFrom([]string{"", "", "lib/", "lib/deep/", "packages/p/"}).Draw(t, "folder")
		m.name = fmt.Sprintf("%sm%d.cjs", dir, i)
		ways := []string{"top", "top", "later"}
		if m.esm {
			ext := rapid.SampledFrom([]string{"mjs", "mts"}).Draw(t, "extension")
			m.name = fmt.Sprintf("%sm%d.%s", dir, i, ext)
			ways = []string{"names", "namespace", "effect", "later"}
		}
		m.form = rapid.SampledFrom([]string{"early", "late", "whole"}).Draw(t, "form")
		for _, to := range rapid.SliceOfNDistinct(rapid.IntRange(0, n-1), 0, min(n, 4), rapid.ID).Draw(t, "imports") {
			if to != i {
				m.edges = append(m.edges, link{to, rapid.SampledFrom(ways).Draw(t, "how")})
			}
		}
	}
	return nodes
}

// text writes a node as a module.
func text(nodes []node, i int) string {
	m := nodes[i]
	up := strings.Repeat("../", strings.Count(m.name, "/"))
	if up == "" {
		up = "./"
	}
	name := func(to int) string { return mustQuote(up + nodes[to].name) }
	var b strings.Builder
	var see []string
	if m.esm {
		fmt.Fprintf(&b, "import log from %q\n", up+"log.cjs")
	} else {
		fmt.Fprintf(&b, "const log = require(%q)\nlog.push('%d{')\n", up+"log.cjs", i)
		if m.form == "early" {
			fmt.Fprintf(&b, "exports.f = () => 'f%d'\n", i)
		}
	}
	after := ""
	for k, e := range m.edges {
		to := nodes[e.to]
		use := fmt.Sprintf("x%d.f?.()", k)
		switch {
		case !m.esm && e.how == "top":
			fmt.Fprintf(&b, "const x%d = require(%s); log.push('%d:%d ' + typeof x%d.f)\n", k, name(e.to), i, e.to, k)
		case !m.esm:
			use = fmt.Sprintf("require(%s).f?.()", name(e.to))
		case e.how == "later" && to.esm:
			use = fmt.Sprintf("(await import(%s)).f()", name(e.to))
		case e.how == "later":
			use = fmt.Sprintf("(await import(%s)).default.f?.()", name(e.to))
		case e.how == "effect":
			fmt.Fprintf(&b, "import %s\n", name(e.to))
			use = "0"
		case !to.esm:
			fmt.Fprintf(&b, "import x%d from %s\n", k, name(e.to))
			after += fmt.Sprintf("log.push('%d:%d ' + typeof x%d.f)\n", i, e.to, k)
		case e.how == "names":
			fmt.Fprintf(&b, "import { f as f%d, n as n%d, add as add%d } from %s\n", k, k, k, name(e.to))
			after += fmt.Sprintf("log.push('%d:%d ' + f%d())\n", i, e.to, k)
			use = fmt.Sprintf("f%d() + add%d() + n%d", k, k, k)
		default:
			fmt.Fprintf(&b, "import * as x%d from %s\n", k, name(e.to))
			after += fmt.Sprintf("log.push('%d:%d ' + x%d.f())\n", i, e.to, k)
			use = fmt.Sprintf("x%d.f() + x%d.add() + x%d.n", k, k, k)
		}
		see = append(see, "String("+use+")")
	}
	list := "async () => ['" + fmt.Sprint(i) + "', " + strings.Join(see, ", ") + "]"
	main := fmt.Sprintf("async () => [await %s, log.all()]", "see()")
	switch {
	case m.esm:
		fmt.Fprintf(&b, "export let n = 0\nexport function f() { return 'f%d' }\nexport function add() { n++; return '+' }\nlog.push('%d')\n%s", i, i, after)
		fmt.Fprintf(&b, "export const see = %s\n", list)
		if i == 0 {
			fmt.Fprintf(&b, "export const main = %s\n", main)
		}
	case m.form == "whole":
		fmt.Fprintf(&b, "const see = %s\nmodule.exports = { f: () => 'f%d', see, main: %s }\nlog.push('}%d')\n", list, i, main, i)
	default:
		if m.form == "late" {
			fmt.Fprintf(&b, "exports.f = () => 'f%d'\n", i)
		}
		fmt.Fprintf(&b, "const see = exports.see = %s\nexports.main = %s\nlog.push('}%d')\n", list, main, i)
	}
	return b.String()
}

func mustQuote(s string) string { return fmt.Sprintf("%q", s) }

// model runs the nodes as the standard, and CommonJS, have it.
type model struct {
	nodes []node
	begun []bool
	done  []bool
	stale map[[2]int]bool // what an edge has is not what is exported in the end
	calls []int           // of add of ES modules
	log   []string
}

func (m *model) say(format string, args ...any) { m.log = append(m.log, fmt.Sprintf(format, args...)) }

// kind is what typeof says of a node's f.
func (m *model) kind(from, to int) string {
	n := m.nodes[to]
	switch {
	case n.esm || m.done[to] && !m.stale[[2]int{from, to}] || n.form == "early":
		return "function"
	}
	return "undefined"
}

// take evaluates what an edge leads to.
func (m *model) take(from, to int) {
	m.evaluate(to)
	if n := m.nodes[to]; !n.esm && n.form == "whole" && !m.done[to] {
		m.stale[[2]int{from, to}] = true
	}
}

func (m *model) evaluate(i int) {
	if m.begun[i] {
		return
	}
	m.begun[i] = true
	n := m.nodes[i]
	if !n.esm {
		m.say("%d{", i)
		for _, e := range n.edges {
			if e.how == "top" {
				m.take(i, e.to)
				m.say("%d:%d %s", i, e.to, m.kind(i, e.to))
			}
		}
		m.done[i] = true
		m.say("}%d", i)
		return
	}
	for _, e := range n.edges {
		if e.how != "later" {
			m.take(i, e.to)
		}
	}
	m.say("%d", i)
	for _, e := range n.edges {
		switch {
		case e.how == "later" || e.how == "effect":
		case m.nodes[e.to].esm:
			m.say("%d:%d f%d", i, e.to, e.to)
		default:
			m.say("%d:%d %s", i, e.to, m.kind(i, e.to))
		}
	}
	m.done[i] = true
}

// see is what a node's see() answers.
func (m *model) see(i int) []string {
	n := m.nodes[i]
	out := []string{fmt.Sprint(i)}
	for _, e := range n.edges {
		to := m.nodes[e.to]
		if e.how == "later" {
			m.evaluate(e.to)
			delete(m.stale, [2]int{i, e.to})
		}
		switch {
		case e.how == "effect":
			out = append(out, "0")
			continue
		case m.kind(i, e.to) == "undefined":
			out = append(out, "undefined")
			continue
		}
		said := fmt.Sprintf("f%d", e.to)
		if n.esm && to.esm && e.how != "later" {
			m.calls[e.to]++
			said += "+" + fmt.Sprint(m.calls[e.to])
		}
		out = append(out, said)
	}
	return out
}

// TestRandomProjects compares bundles with the model.
func TestRandomProjects(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		nodes := drawGraph(rt)
		files := sources{"log.cjs": "const list = []; exports.push = s => { list.push(s) }; exports.all = () => list.slice()"}
		for i, n := range nodes {
			files[n.name] = text(nodes, i)
		}
		settings := `{"qvat":{"main":` + mustJSON(t, nodes[0].name) + `,"merge":%s}}`
		merge := rapid.SampledFrom([]string{"[]", "[]", "[]", `["*"]`}).Draw(rt, "merge")
		files["package.json"] = fmt.Sprintf(settings, merge)
		m := &model{nodes: nodes, begun: make([]bool, len(nodes)), done: make([]bool, len(nodes)), stale: map[[2]int]bool{}, calls: make([]int, len(nodes))}
		m.evaluate(0)
		seen := m.see(0)
		want := mustJSON(t, []any{seen, m.log})
		b := build(t, bundle.Options{Path: project(t, files)})
		result, err := invoke(theVat(t), b.Bundle)
		if err != nil || string(result) != want {
			rt.Fatalf("got  %s (%v)\nwant %s\n%v\n%s", result, err, want, files, texts(b))
		}
	})
}
