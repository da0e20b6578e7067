package bundle

import (
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"qvat/chains"
)

// group is what becomes one program: a file, or several that import each other
// in a circle, or a package that is to stay whole.
type group struct {
	index   int // in the order in which main reaches them, leaves first
	members []*file
	// entries are the members that others import, in the order of members. Where
	// they are more than one, the program exports each under a name.
	entries []*file
	// withoutShims are those that a shim of a global needs, and that are generated
	// without shims of globals, or one would require itself.
	withoutShims bool
}

// groups parts the files that can be reached, leaves first, and fills in
// file.group. (Tarjan's strongly connected components, SIAM J. Comput. 1972.)
func (g *graph) groups(merge []string) []*group {
	whole := g.wholes(merge)
	w := &walker{whole: whole, index: map[*file]int{}, low: map[*file]int{}, onStack: map[*file]bool{}}
	for _, name := range sortedKeys(g.shims) {
		w.visit(g.shims[name])
	}
	needed := len(w.groups)
	w.visit(g.main)
	for i, one := range w.groups {
		one.index, one.withoutShims = i, i < needed
		slices.SortFunc(one.members, func(a, b *file) int { return strings.Compare(a.key, b.key) })
		one.entries = nil
	}
	addEntry := func(f *file) {
		if !slices.Contains(f.group.entries, f) {
			f.group.entries = append(f.group.entries, f)
		}
	}
	addEntry(g.main)
	for _, f := range g.shims {
		// What main's group holds, no other can use: all others are below it.
		if f.group != g.main.group {
			addEntry(f)
		}
	}
	for _, f := range g.files {
		for _, e := range f.imports {
			if f.group != nil && e.to.group != nil && e.to.group != f.group {
				addEntry(e.to)
			}
		}
	}
	for _, one := range w.groups {
		if len(one.entries) > 1 {
			// All of them, so that the program does not depend on who imports it.
			one.entries = slices.Clone(one.members)
		}
	}
	return w.groups
}

// everything stands for all packages and the project itself: one program.
const everything = "*"

// wholes gives, for a file of a package that is to stay whole, the files of
// that package.
func (g *graph) wholes(merge []string) map[*file][]*file {
	byName := map[string][]*file{}
	for _, key := range sortedKeys(g.files) {
		f := g.files[key]
		if f.path == "" {
			continue
		}
		if slices.Contains(merge, everything) {
			byName[everything] = append(byName[everything], f)
			continue
		}
		if _, inside, ok := cutLast(f.key, modulesFolder); ok {
			if name := packageOf(inside); slices.Contains(merge, name) {
				byName[name] = append(byName[name], f)
			}
		}
	}
	whole := map[*file][]*file{}
	for _, files := range byName {
		for i, f := range files {
			// In a ring, so that they are one component.
			whole[f] = []*file{files[(i+1)%len(files)]}
		}
	}
	return whole
}

// walker finds components without recursion: a chain of imports may be long.
type walker struct {
	whole   map[*file][]*file
	index   map[*file]int
	low     map[*file]int
	onStack map[*file]bool
	stack   []*file
	groups  []*group
}

// frame is a file that is being visited, and how far.
type frame struct {
	f    *file
	to   []*file
	next int
}

func (w *walker) enter(f *file) frame {
	w.index[f] = len(w.index)
	w.low[f] = w.index[f]
	w.stack = append(w.stack, f)
	w.onStack[f] = true
	to := slices.Clone(w.whole[f])
	for _, e := range f.imports {
		if e.to.path != "" { // what is absent is part of who asks for it
			to = append(to, e.to)
		}
	}
	return frame{f: f, to: to}
}

func (w *walker) visit(root *file) {
	if _, seen := w.index[root]; seen {
		return
	}
	path := []frame{w.enter(root)}
	for len(path) > 0 {
		top := &path[len(path)-1]
		if top.next < len(top.to) {
			to := top.to[top.next]
			top.next++
			if _, seen := w.index[to]; !seen {
				path = append(path, w.enter(to))
			} else if w.onStack[to] {
				w.low[top.f] = min(w.low[top.f], w.index[to])
			}
			continue
		}
		f := top.f
		path = path[:len(path)-1]
		if len(path) > 0 {
			below := path[len(path)-1].f
			w.low[below] = min(w.low[below], w.low[f])
		}
		if w.low[f] == w.index[f] {
			w.close(f)
		}
	}
}

// close takes the component of f off the stack.
func (w *walker) close(f *file) {
	at := slices.Index(w.stack, f)
	one := &group{members: slices.Clone(w.stack[at:])}
	w.stack = w.stack[:at]
	for _, m := range one.members {
		m.group = one
		w.onStack[m] = false
	}
	w.groups = append(w.groups, one)
}

// name is what people call the program of a group.
func (one *group) name() string {
	if len(one.entries) == 1 {
		return one.entries[0].name()
	}
	var names []string
	for _, m := range one.members {
		names = append(names, m.name())
	}
	if s := strings.Join(names, " + "); len(s) <= 200 {
		return s
	}
	return names[0] + " and others"
}

// needsEntryModule tells whether a module made here requires the group's entries, each of
// which is evaluated when it is asked for. Of ES modules alone with one entry
// esbuild would make one scope, in which what is required from outside comes
// later than it should.
func (one *group) needsEntryModule() bool {
	return len(one.entries) > 1 || len(one.members) > 1 && slices.ContainsFunc(one.members, func(f *file) bool { return f.esm })
}

// moduleName makes a name what a bundle takes: of a file's name, which may hold
// anything and be of any length, the end.
func moduleName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(name, string(utf8.RuneError)))
	if over := len(name) - chains.MaxModuleName; over > 0 {
		const cut = "…"
		name = cut + strings.ToValidUTF8(name[over+len(cut):], "")
	}
	return name
}

// label is what a member is called inside its group's program: its path from
// the folder that all members share.
func (one *group) label(f *file) string {
	if len(one.members) == 1 {
		return path.Base(f.key)
	}
	shared := path.Dir(one.members[0].key)
	for _, m := range one.members {
		for shared != "." && !strings.HasPrefix(m.key, shared+"/") {
			shared = path.Dir(shared)
		}
	}
	return strings.TrimPrefix(f.key, shared+"/")
}

// export is the name under which a group with several entries exports one.
func (one *group) export(f *file) string { return one.label(f) }

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
