package bundle

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"qvat/chains"
)

// rewritten gives the program of a group, with placeholders for hashes, if it is an
// ES module that can stay as its author wrote it but for its imports and
// exports.
func rewritten(one *group, t placeholders, s *exportFinder) (*generated, bool) {
	if len(one.members) != 1 || len(one.entries) != 1 {
		return nil, false
	}
	f := one.members[0]
	if f.module == nil || !f.takesConstants(s) {
		return nil, false
	}
	code, m := f.module.write(func(clause int) string {
		to := f.imports[clause].to
		text := `require("` + t.of(to.group.index, false) + `")`
		if len(to.group.entries) > 1 {
			text += "[" + quote(to.group.export(to)) + "]"
		}
		return text
	})
	// As in what esbuild prints, the file's name parts it from others of the same
	// text, which are modules of their own. (Those of the same name as well are one
	// program, and one module.)
	code += "// " + commentName(path.Base(f.key)) + "\n"
	if len(code) > chains.DefaultProgram {
		return nil, false // what esbuild prints holds no comments, and may do
	}
	m.Sources = []string{f.key}
	return &generated{of: one, code: code, verbatim: true, m: m}, true
}

// commentName is a file's name as it can stand in a comment of one line.
func commentName(name string) string {
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return quote(name)
		}
	}
	return name
}

// takesConstants tells whether all that a file imports is there, and constant.
func (f *file) takesConstants(s *exportFinder) bool {
	for i, c := range f.module.clauses {
		to := f.imports[i].to
		if to.path == "" || to.group == f.group || c.form != bare && !to.esm {
			return false
		}
		for _, one := range c.takes {
			if is := s.find(to, one.name); is.exists != yes || !is.constant {
				return false
			}
		}
	}
	return true
}

// write writes the module as a CommonJS module: its text, with requires in the
// places of imports, and what it exports at its end.
func (m *esModule) write(require func(clause int) string) (string, SourceMap) {
	var b strings.Builder
	b.Grow(len(m.text) + 96*len(m.clauses) + 64*len(m.exports) + 512)
	var moved []Moved
	text, source := ruler{}, ruler{}
	done := 0
	note := func() {
		line, column := text.reach(b.String())
		_, was := source.reach(m.text[:done])
		moved = append(moved, Moved{line, column, was})
	}
	for _, c := range m.changes {
		b.WriteString(m.text[done:c.from])
		done = c.from
		note()
		b.WriteString(c.text)
		if c.clause >= 0 {
			b.WriteString(require(c.clause))
			b.WriteString(c.rest)
		}
		done = c.to
		note()
	}
	b.WriteString(m.text[done:])
	if !strings.HasSuffix(m.text, "\n") {
		b.WriteByte('\n')
	}
	lines := strings.Count(b.String(), "\n")
	m.writeExports(&b)
	return b.String(), SourceMap{Lines: lines, Moved: moved}
}

// ruler measures a text that grows.
type ruler struct {
	at, line, column int
}

// reach gives the place of the text's end, counted from 0, in UTF-16 units.
func (r *ruler) reach(text string) (line, column int) {
	more := text[r.at:]
	r.at = len(text)
	if i := strings.LastIndexByte(more, '\n'); i >= 0 {
		r.line += strings.Count(more, "\n")
		r.column, more = 0, more[i+1:]
	}
	for _, c := range more {
		r.column += max(1, utf16.RuneLen(c))
	}
	return r.line, r.column
}

// writeExports writes what is at the end: what the module exports.
func (m *esModule) writeExports(b *strings.Builder) {
	if !m.exporting {
		return // esbuild marks it as no ES module
	}
	b.WriteString("module.exports = {")
	sorted := slices.Clone(m.exports)
	slices.SortFunc(sorted, func(x, y export) int { return strings.Compare(x.name, y.name) })
	for _, e := range sorted {
		fmt.Fprintf(b, "\n  get %s() { return %s },", e.name, m.expression(e))
	}
	if len(sorted) > 0 {
		b.WriteByte('\n')
	}
	b.WriteString("};\nReflect.defineProperty(module.exports, \"__esModule\", { value: true });\n")
	m.writeRest(b)
}

// expression is what gives an export's value inside the module.
func (m *esModule) expression(e export) string {
	if e.local != "" {
		return e.local
	}
	variable := m.clauses[e.from.clause].variable
	if e.from.name == everything {
		return variable
	}
	return variable + "." + e.from.name
}

// writeRest writes what export * does: it adds, of what is not there yet, what
// the other modules export, but for the default.
func (m *esModule) writeRest(b *strings.Builder) {
	var all []string
	for _, c := range m.clauses {
		if c.form == reexportAll {
			all = append(all, c.variable)
		}
	}
	if len(all) == 0 {
		return
	}
	const text = `for (const _from of [%s]) {
  for (const _name of Reflect.ownKeys(_from)) {
    if (_name !== "default" && !Reflect.getOwnPropertyDescriptor(module.exports, _name)) {
      Reflect.defineProperty(module.exports, _name, Reflect.getOwnPropertyDescriptor(_from, _name));
    }
  }
}
`
	code := strings.NewReplacer("_from", m.own+"from", "_name", m.own+"name").Replace(text)
	fmt.Fprintf(b, code, strings.Join(all, ", "))
}
