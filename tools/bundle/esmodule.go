package bundle

import (
	"os"
	"path"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"qvat/chains"
)

// An ES module that needs nothing but its imports and exports put in another
// way stays as its author wrote it, line for line: imports become requires in
// their places, and what it exports is told at its end. Everything else goes
// through [run].
//
// Of what such a module imports it takes the values once, at its head, where
// the standard has bindings that follow their exporter. That is the same where
// the exporter does not change them any more: see [esModule.constant].

// esModule is an ES module of that kind.
type esModule struct {
	text    string
	own     string // what names begin with that are made here
	clauses []clause
	exports []export
	names   map[string]int // where each is in exports
	// exporting tells that it has an export, if only of nothing.
	exporting  bool
	consts     map[string]bool // names that are declared by const
	reassigned map[string]bool // other names that it exports, whose values may change
	changes    []change        // what becomes of the text, in its order

	// For reading it:
	tokens       []token
	bound        map[string]elsewhere // by the names that imports give
	starts       map[int]bool         // names that are given a value where they are declared, as tokens
	begun        bool                 // there has been a statement that is no import
	dropsLicence bool                 // a comment with a licence would go
	head         int                  // where the imports end that come before that
}

// clause is an import, or an export of what stands elsewhere.
type clause struct {
	from     string  // the module's name
	form     byte    // one of those below
	takes    []taken // the exports whose values are taken
	variable string  // what holds the module, or ""
	start    int32   // where it stands
	changed  int     // how many changes there were before
}

const (
	bare        = 'b' // import "x"
	named       = 'n' // import d, { a } from "x"
	namespace   = 's' // import * as n from "x"
	reexports   = 'r' // export { a } from "x", export * as n from "x"
	reexportAll = 'a' // export * from "x"
)

// taken is an export whose value is taken, and what it is called here.
type taken struct{ name, local string }

// elsewhere is an export of another module; the name is "*" for all of them.
type elsewhere struct {
	clause int
	name   string
}

// export is what a module exports under a name.
type export struct {
	name  string
	local string // what the module itself calls it; or
	from  *elsewhere
}

// change puts a text in the place of a part of another.
type change struct {
	from, to int
	text     string
	clause   int // whose module is required after text, before rest; or -1
	rest     string
}

// readModules finds out which ES modules are of that kind.
func (p *project) readModules(g *graph) {
	if p.printed {
		return
	}
	var files []*file
	for _, key := range sortedKeys(g.files) {
		f := g.files[key]
		if ext := path.Ext(f.path); f.esm && f.with == "" && !f.undefinedThis && len(f.tried) == 0 && (ext == ".js" || ext == ".mjs") {
			files = append(files, f)
		}
	}
	replaced := sortedKeys(p.replaced())
	inParallel(len(files), func(i int) {
		b, err := os.ReadFile(files[i].path)
		if err != nil {
			return // esbuild says why
		}
		if m, ok := readModule(string(b), replaced); ok && m.agrees(files[i].imports) {
			files[i].module = m
		}
	})
}

// readModule reads a text that is known to be that of an ES module. It is false
// where that is not of the simple kind, or not surely so.
func readModule(text string, replaced []string) (*esModule, bool) {
	m := &esModule{
		text: text, names: map[string]int{}, bound: map[string]elsewhere{}, consts: map[string]bool{}, starts: map[int]bool{},
	}
	var ok bool
	if m.tokens, ok = tokensOf(text); !ok || requiresHash(text) || !m.words(replaced) || !m.statements() {
		return nil, false
	}
	for name := range m.bound {
		if reserved[name] {
			return nil, false
		}
	}
	// A name that is imported, and exported again.
	for i, e := range m.exports {
		if e.from == nil && reserved[e.local] {
			return nil, false
		}
		if from, imported := m.bound[e.local]; imported && e.from == nil {
			m.exports[i].from = &from
		}
	}
	m.reassigned = m.findReassigned()
	m.tokens, m.bound, m.starts = nil, nil, nil // there may be thousands of modules
	return m, true
}

// reserved are names that esbuild lets an import have, and writes in another way,
// but that nothing can be declared by here: those that the language keeps for
// itself in strict code, and one that the engine takes to be there already.
var reserved = map[string]bool{
	"arguments": true, "eval": true, "implements": true, "interface": true, "let": true, "package": true, "private": true, "protected": true,
	"public": true, "static": true, "undefined": true, "yield": true,
}

// requiresHash tells whether a text seems to require a hash, in a comment or a
// string. In what esbuild prints there are no comments.
func requiresHash(text string) bool {
	if !strings.Contains(text, "require") {
		return false
	}
	p, err := chains.NewProgram([]byte(text), largest)
	return err != nil || len(p.Requires()) > 0
}

// agrees tells whether the imports are those that esbuild found.
func (m *esModule) agrees(imports []edge) bool {
	return len(imports) == len(m.clauses) && !slices.ContainsFunc(imports, func(e edge) bool { return e.kind != kinds[api.ResolveJSImportStatement] || e.with != "" }) &&
		slices.EqualFunc(imports, m.clauses, func(e edge, c clause) bool { return e.name == c.from })
}

// words looks at all names for those that would mean something else in a
// CommonJS module, and finds a beginning for names that nobody uses.
func (m *esModule) words(replaced []string) bool {
	replaced = slices.DeleteFunc(slices.Clone(replaced), func(name string) bool { return !strings.Contains(m.text, name) })
	this := false
	var taken []bool // names that begin with that many underscores, and go on as those made here
	for i, t := range m.tokens {
		if t.kind != aWord || m.at(i-1).kind == aDot {
			continue
		}
		word := t.of(m.text)
		switch word {
		case "require", "module", "exports", "eval", "using", "accessor":
			return false
		case "import", "export":
			if t.depth > 0 {
				return false
			}
			m.exporting = m.exporting || word == "export"
		case "this":
			// esbuild tells where it is undefined, but not of `this && this.x`,
			// nor of `(this) && this.x`.
			after := i + 1
			for m.at(after).kind == ')' {
				after++
			}
			if this = true; t.depth == 0 || m.is(after, "&&") {
				return false
			}
		case reflect:
			if m.at(i+1).kind != aDot {
				return false // it may be declared there
			}
		}
		if rest := strings.TrimLeft(word, "_"); len(rest) < len(word) && isMade(rest) {
			n := len(word) - len(rest)
			for len(taken) <= n {
				taken = append(taken, false)
			}
			taken[n] = true
		}
		if slices.Contains(replaced, word) {
			return false
		}
	}
	n := 1
	for n < len(taken) && taken[n] {
		n++
	}
	m.own = strings.Repeat("_", n)
	return m.exporting || !this // else it may stand for exports
}

// reflect is what is used of the language in what is written here.
const reflect = "Reflect"

// isMade tells whether a name made here can go on so, behind its underscores: _1
// is the first module that is required, _default an export without a name. Where
// the author has a name _1, ours begin with two.
func isMade(rest string) bool {
	return rest == "default" || rest == "from" || rest == "name" || rest != "" && rest[0] >= '0' && rest[0] <= '9'
}

// at is the token at i; past the end, one that is none.
func (m *esModule) at(i int) token {
	if i < 0 || i >= len(m.tokens) {
		return token{pair: -1}
	}
	return m.tokens[i]
}

// is tells whether the token at i is that word, or that mark.
func (m *esModule) is(i int, word string) bool { return m.at(i).of(m.text) == word }
