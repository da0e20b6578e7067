package bundle

import (
	"os"
	"path"
	"strings"
	"unicode/utf8"
)

// A CommonJS module that needs nothing but hashes for names stays as its author
// wrote it: whoever audits a program finds the file that the package holds, and
// esbuild need not print it. Everything else goes through [run].

// site is where the name of an import stands in a text.
type site struct {
	line   int // from 1
	column int // in bytes, from 0
	length int // with its quotes
}

// verbatim gives the program of a group, with placeholders for hashes, if it can be
// the author's text.
func (p *project) verbatim(one *group, t placeholders) (*generated, bool) {
	if len(one.members) != 1 || len(one.entries) != 1 {
		return nil, false
	}
	f := one.members[0]
	if ext := path.Ext(f.key); !f.cjs || ext != ".js" && ext != ".cjs" {
		return nil, false
	}
	named := map[string]int{}
	for _, e := range f.imports {
		// Of two requires of one name only the first has its place told.
		if named[e.name]++; named[e.name] > 1 || e.kind != "require-call" || e.to.path == "" || e.to == f || len(e.to.group.entries) > 1 {
			return nil, false
		}
	}
	b, err := os.ReadFile(f.path)
	if err != nil || !utf8.Valid(b) || !plain(string(b)) || len(words(b, p.replaced())) > 0 {
		return nil, false
	}
	code, ok := splice(string(b), f, t)
	if !ok {
		return nil, false
	}
	return &generated{of: one, code: code, verbatim: true, m: SourceMap{Sources: []string{f.key}}}, true
}

// replaced are the names in whose place something else is put.
func (p *project) replaced() map[string]bool {
	names := map[string]bool{}
	for name := range always {
		name, _, _ = strings.Cut(name, ".")
		names[name] = true
	}
	for name := range p.define {
		names[name] = true
	}
	for _, name := range p.injected() {
		names[name] = true
	}
	return names
}

// splice puts placeholders in the place of the names of imports. It is false where a
// place is not what was told, or was not told.
func splice(text string, f *file, t placeholders) (string, bool) {
	lines := strings.SplitAfter(text, "\n")
	at := make([]int, 0, len(lines))
	for n, i := 0, 0; i < len(lines); i++ {
		at = append(at, n)
		n += len(lines[i])
	}
	type change struct {
		from, to int
		put      string
	}
	var changes []change
	for _, e := range f.imports {
		s, told := f.sites[e.name]
		if !told || s.line < 1 || s.line > len(at) {
			return "", false
		}
		from := at[s.line-1] + s.column
		to := from + s.length
		if s.length < 2 || to > len(text) || text[from] != text[to-1] || !strings.ContainsRune("\"'", rune(text[from])) || text[from+1:to-1] != e.name {
			return "", false
		}
		changes = append(changes, change{from, to, t.of(e.to.group.index, false)})
	}
	var b strings.Builder
	done := 0
	for len(changes) > 0 {
		next := 0
		for i, c := range changes {
			if c.from < changes[next].from {
				next = i
			}
		}
		c := changes[next]
		changes = append(changes[:next], changes[next+1:]...)
		b.WriteString(text[done:c.from] + text[c.from:c.from+1] + c.put + text[c.to-1:c.to])
		done = c.to
	}
	return b.String() + text[done:], true
}

// plain tells whether a text surely is what strict code can be, as far as
// esbuild would rewrite it: a first line for a shell, numbers and escapes in
// base 8, comments of HTML, decorators. What it is not sure of is not plain.
func plain(text string) bool {
	if strings.HasPrefix(text, "#!") || strings.HasPrefix(text, "\ufeff") || strings.Contains(text, "<!--") || strings.Contains(text, "-->") {
		return false
	}
	for i := 0; i+1 < len(text); i++ {
		c, next := text[i], text[i+1]
		digit := next >= '0' && next <= '9'
		switch {
		case c == '\\':
			if digit && next != '0' || next == '0' && i+2 < len(text) && text[i+2] >= '0' && text[i+2] <= '9' {
				return false
			}
			i++ // what is escaped escapes nothing
		case c == '0' && digit && (i == 0 || !isWord(text[i-1]) && text[i-1] != '.'):
			return false
		case c == '@' && isWord(next) && strings.TrimLeft(text[strings.LastIndexByte(text[:i], '\n')+1:i], " \t") == "":
			return false
		}
	}
	return true
}
