package bundle

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"qvat/chains"
)

// assembly is a bundle that is being put together, from the leaves up.
type assembly struct {
	*project
	graph  *graph
	texts  *texts
	all    []*group
	done   map[*group]chains.Program
	helper chains.Program
	out    *Bundled
	have   map[chains.Hash]bool
	list   []Problem
}

// assemble puts hashes in the places of placeholders: first in the modules that
// require none, then in those that require them, up to main.
func (p *project) assemble(g *graph, t *texts) (*Bundled, error) {
	a := &assembly{
		project: p, graph: g, texts: t, done: map[*group]chains.Program{}, have: map[chains.Hash]bool{},
		out: &Bundled{Map: NewMap()},
	}
	if t.help != nil {
		var err error
		if a.helper, err = chains.NewProgram([]byte(t.help.text), chains.DefaultProgram); err != nil {
			return nil, fmt.Errorf("esbuild's helpers: %w", err)
		}
	}
	for one := range t.of {
		a.all = append(a.all, one)
	}
	slices.SortFunc(a.all, func(x, y *group) int { return cmp.Compare(x.index, y.index) })
	// The groups come leaves first, but for those that a shim of a global
	// brings in, and these come before all others.
	used := a.reached(g.main.group)
	for _, one := range a.all {
		if used[one] {
			a.finish(one)
		}
	}
	a.refuseUnknownRequires()
	if len(a.list) > 0 {
		return nil, &Problems{sorted(a.list)}
	}
	return a.bundled(), nil
}

// refuseUnknownRequires finds texts that speak of requiring a hash, in a comment
// or a string: a vat would ask for that module ([chains.Program.Requires]).
func (a *assembly) refuseUnknownRequires() {
	for _, m := range a.out.Modules {
		for _, h := range m.Imports {
			if !a.have[h] {
				a.list = append(a.list, Problem{
					File: m.Name, Text: "its text holds a require of the hash " + h.String() + ", in a comment or a string",
					Hint: "a vat takes it for one, and asks for that module: write it in another way",
				})
			}
		}
	}
}

// reached are the groups that one requires, itself included.
func (a *assembly) reached(one *group) map[*group]bool {
	seen := map[*group]bool{one: true}
	for queue := []*group{one}; len(queue) > 0; queue = queue[1:] {
		rest := a.texts.of[queue[0]].code
		for {
			at, i, _ := a.texts.placeholders.next(rest)
			if at < 0 {
				break
			}
			rest = rest[at+64:]
			if to := a.all[i]; !seen[to] {
				seen[to] = true
				queue = append(queue, to)
			}
		}
	}
	return seen
}

// finish makes the program of a group, whose requirements are done.
func (a *assembly) finish(one *group) {
	t := a.texts.of[one]
	code, m := a.polish(t)
	code = a.withHashes(code)
	if head := notices(one); head != "" && !t.verbatim {
		code = head + code
		m.Mappings = strings.Repeat(";", strings.Count(head, "\n")) + m.Mappings
	}
	program, err := chains.NewProgram([]byte(code), a.limit)
	if err != nil {
		a.list = append(a.list, a.refused(one, len(code), err))
		return
	}
	a.done[one] = program
	for i, source := range m.Sources {
		m.Sources[i] = "" // what was made here has no place that an author knows
		if f := a.graph.files[source]; f != nil {
			m.Sources[i] = f.name()
		}
	}
	module := Module{Name: one.name(), Bytes: len(code)}
	if len(one.members) > 1 {
		for _, f := range one.members {
			module.Members = append(module.Members, f.name())
		}
	}
	a.add(module, program, m)
}

func (a *assembly) add(module Module, program chains.Program, m SourceMap) {
	if a.have[program.Hash()] {
		return // two files with the same text
	}
	a.have[program.Hash()] = true
	module.Hash, module.Imports, module.Name = program.Hash(), program.Requires(), moduleName(module.Name)
	a.out.Modules = append(a.out.Modules, module)
	a.out.Bundle.Modules = append(a.out.Bundle.Modules, chains.BundleModule{Name: module.Name, Program: program})
	a.out.Map.Modules[program.Hash().String()] = MapModule{Name: module.Name, Map: m}
}

func (a *assembly) refused(one *group, size int, err error) Problem {
	problem := Problem{File: one.members[0].key, Text: err.Error()}
	var large *chains.TooLargeError
	if errors.As(err, &large) {
		problem.Text = fmt.Sprintf("its program would have %d bytes, and %d are allowed", size, a.limit)
		problem.Hint = "part it into modules, or --max-bytes for a vat that allows more"
	}
	return problem
}

// withHashes puts the hashes of programs that are done in the place of placeholders.
func (a *assembly) withHashes(code string) string {
	var b strings.Builder
	for {
		at, i, imported := a.texts.placeholders.next(code)
		if at < 0 {
			b.WriteString(code)
			return b.String()
		}
		b.WriteString(code[:at])
		b.WriteString(a.done[a.all[i]].Hash().String())
		before, after := code[:at], code[at+64:]
		if to := a.all[i]; imported && len(to.entries) == 1 && to.entries[0].esm && callsToESM(before) {
			if rest, found := strings.CutPrefix(after, "\")"+asNodeEnd); found {
				after = "\"))" + rest
			}
		}
		code = after
	}
}

// Of what an ES module imports by the rules of Node.js, esbuild takes an
// outside module for a CommonJS one, whose default export is all of it. Where it
// is an ES module the sign for that, a second argument, is taken away.
const (
	asNode    = "__toESM("
	asNodeEnd = ", 1)"
)

// callsToESM tells whether a text ends where esbuild gives a module to its
// helper, which has a number where the author has a thing of that name.
func callsToESM(before string) bool {
	before, ok := strings.CutSuffix(before, `(require("`)
	return ok && strings.HasSuffix(strings.TrimRight(before, "0123456789"), strings.TrimSuffix(asNode, "("))
}

// entryAsModule does the same for an entry of a circle, which a module of its own
// stands for.
func entryAsModule(code, pretty string) string {
	before, _, found := strings.Cut(code, fmt.Sprintf(" = __commonJS({\n  %q(", pretty))
	at := strings.LastIndex(before, "\nvar ")
	if !found || at < 0 || strings.Contains(code, strings.TrimSuffix(asNode, "(")+"2") {
		return code // the author has a helper of that name too
	}
	call := asNode + before[at+len("\nvar "):] + "()"
	return strings.ReplaceAll(code, call+asNodeEnd, call+")")
}

// bundled is the whole, main first.
func (a *assembly) bundled() *Bundled {
	main := a.done[a.graph.main.group].Hash()
	a.out.Bundle.Main = main
	slices.SortFunc(a.out.Bundle.Modules, func(x, y chains.BundleModule) int {
		hx, hy := x.Program.Hash(), y.Program.Hash()
		return slices.Compare(hx[:], hy[:])
	})
	slices.SortStableFunc(a.out.Modules, func(x, y Module) int {
		switch {
		case x.Hash == main:
			return -1
		case y.Hash == main:
			return 1
		}
		return strings.Compare(x.Name, y.Name)
	})
	return a.out
}

// polish takes out of a text what esbuild put in and a program need not have:
// paths, and helpers that are shared.
func (a *assembly) polish(t *generated) (string, SourceMap) {
	if t.verbatim {
		return t.code, t.m
	}
	code, first := a.withoutPaths(t)
	head, body := code[:first], code[first:]
	if !a.texts.help.covers(head) {
		return code, t.m
	}
	next := a.texts.help.share(head, body, a.helper.Hash())
	if strings.Contains(next, a.helper.Hash().String()) {
		a.add(Module{Name: "esbuild's helpers", Bytes: len(a.texts.help.text)}, a.helper, SourceMap{})
	}
	// The head has no places in the sources: what follows it moves up.
	before, after := strings.Count(head, "\n"), strings.Count(next, "\n")
	m := t.m
	if empty := strings.Repeat(";", before); strings.HasPrefix(m.Mappings, empty) {
		m.Mappings = strings.Repeat(";", after) + m.Mappings[before:]
	}
	return next + body, m
}

// withoutPaths names the parts of a text as the members of its group are
// called, and not by their paths in the project. It tells where the first part
// begins. Each path is looked for once, from the top: what stands there comes
// before anything that the author wrote.
func (a *assembly) withoutPaths(t *generated) (code string, first int) {
	code, first = t.code, len(t.code)
	part := func(pretty, label string) bool {
		line := "// " + pretty + "\n"
		at := strings.Index(code, "\n"+line) + 1
		if at == 0 && !strings.HasPrefix(code, line) {
			return false
		}
		code = code[:at] + "// " + label + "\n" + code[at+len(line):]
		first = min(first, at)
		for _, helper := range []string{"__commonJS", "__esm"} {
			wrapped := fmt.Sprintf("%s({\n  %q(", helper, pretty)
			if i := strings.Index(code[at:], wrapped); i >= 0 {
				code = code[:at+i] + fmt.Sprintf("%s({\n  %q(", helper, label) + code[at+i+len(wrapped):]
				break
			}
		}
		return true
	}
	parts := 1 // a shim that is brought in stands in the middle of a member
	for _, key := range sortedKeys(a.graph.shims) {
		if part(global+":"+a.texts.placeholders.virtualName(a.graph.shims[key].group, key), "the shim of "+key) {
			parts++
		}
	}
	if t.of.needsEntryModule() {
		part(circle+":"+a.texts.placeholders.virtualName(t.of, ""), "modules that import each other")
	}
	for _, f := range t.of.members {
		for _, e := range f.imports {
			if e.to.group != nil && e.to.group != t.of && len(e.to.group.entries) > 1 {
				pretty := member + ":" + a.texts.placeholders.virtualName(e.to.group, e.to.key) + memberEnd
				if e.to.esm {
					code = entryAsModule(code, pretty)
				}
				part(pretty, e.to.group.label(e.to))
			}
		}
		for range parts {
			part(f.key, t.of.label(f))
		}
	}
	return code, first
}
