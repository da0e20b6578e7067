package bundle

import (
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode/utf16"

	"github.com/evanw/esbuild/pkg/api"
)

// missing finds, in the sources, the globals that a vat has not. A file that
// asks with typeof whether one is there knows how to do without it.
func (p *project) missing(paths []string) []Problem {
	names := map[string]bool{}
	for _, name := range p.globalNames() {
		names[name] = true
	}
	var mu sync.Mutex
	var all []Problem
	inParallel(len(paths), func(i int) {
		loader, ok := loaders[filepath.Ext(paths[i])]
		if !ok {
			return
		}
		text, err := os.ReadFile(paths[i])
		if err != nil {
			return // esbuild has said so
		}
		found := words(text, names)
		if loader == api.LoaderJS {
			found = inCode(string(text), found)
		}
		if len(found) == 0 {
			return
		}
		list := p.unguarded(p.key(paths[i]), string(text), loader, found)
		mu.Lock()
		all = append(all, list...)
		mu.Unlock()
	})
	return all
}

// key names a file as esbuild does: by its path from the root, with slashes.
func (p *project) key(path string) string {
	rel, err := filepath.Rel(p.root, path)
	if err != nil {
		rel = filepath.Base(path)
	}
	return filepath.ToSlash(rel)
}

// loaders are how the files are read in which globals can stand.
var loaders = map[string]api.Loader{
	".js": api.LoaderJS, ".mjs": api.LoaderJS, ".cjs": api.LoaderJS, ".jsx": api.LoaderJSX,
	".ts": api.LoaderTS, ".mts": api.LoaderTS, ".cts": api.LoaderTS, ".tsx": api.LoaderTSX,
}

// words gives those of names that stand in a text, as whole words. It is a
// quick look that spares most files a closer one.
func words(text []byte, names map[string]bool) []string {
	var found []string
	seen := map[string]bool{}
	for i := 0; i < len(text); {
		if !isWord(text[i]) {
			i++
			continue
		}
		from := i
		for i < len(text) && isWord(text[i]) {
			i++
		}
		if word := text[from:i]; names[string(word)] && !seen[string(word)] {
			seen[string(word)] = true
			found = append(found, string(word))
		}
	}
	return found
}

// inCode leaves out names that stand in comments and in quotes, or after a dot,
// in a text that can be read so far.
func inCode(text string, names []string) []string {
	if len(names) == 0 {
		return nil
	}
	list, ok := tokensOf(text)
	if !ok {
		return names
	}
	here := map[string]bool{}
	for i, t := range list {
		if t.kind == aWord && (i == 0 || list[i-1].kind != aDot) {
			here[t.of(text)] = true
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return !here[name] })
}

// mark is put before the names that are looked for; esbuild, which knows what
// is declared where, puts it in the place of those that are free.
const mark = "__qvat_free_7c1f0e__"

// unguarded finds the places where a text uses a name that nothing declares.
func (p *project) unguarded(file, text string, loader api.Loader, names []string) []Problem {
	mark := mark
	for strings.Contains(text, mark) { // the text has it
		mark += "_"
	}
	define := map[string]string{"process.env.NODE_ENV": always["process.env.NODE_ENV"]}
	for _, name := range names {
		define[name] = mark + name
	}
	r := api.Transform(withOwnPlaces(text), api.TransformOptions{
		Loader: loader, Define: define, Target: api.ESNext, Sourcemap: api.SourceMapExternal, Sourcefile: path.Base(file),
		SourcesContent: api.SourcesContentExclude, LogLevel: api.LogLevelSilent,
	})
	if len(r.Errors) > 0 || !strings.Contains(string(r.Code), mark) {
		return nil // what is wrong with the text itself is told elsewhere
	}
	m, err := readSourceMap(r.Map)
	if err != nil {
		return nil
	}
	lines := strings.Split(text, "\n")
	uses, asked := usesIn(string(r.Code), mark)
	var all []Problem
	for i, place := range m.places(uses) {
		name := uses[i].name
		if asked[name] || place.Line < 1 || place.Line > len(lines) {
			continue
		}
		one := freeName(file, name, place, strings.TrimSuffix(lines[place.Line-1], "\r"))
		one.Global, one.Text, one.Hint = name, "nothing is called "+name+" in a vat", globalHint(name)
		all = append(all, one)
	}
	return all
}

// mostUses is how many places of one name are told in one file.
const mostUses = 100

// usesIn finds the marks in a text, in its order, and the names that it asks for
// with typeof.
func usesIn(code, mark string) (uses []use, asked map[string]bool) {
	asked = map[string]bool{}
	told := map[string]int{}
	for n, line := range strings.Split(code, "\n") {
		for at := 0; ; at += len(mark) {
			i := strings.Index(line[at:], mark)
			if i < 0 {
				break
			}
			at += i
			name := wordAt(line[at+len(mark):])
			if strings.HasSuffix(line[:at], "typeof ") {
				asked[name] = true
			}
			if told[name]++; told[name] <= mostUses {
				uses = append(uses, use{name, n, at})
			}
		}
	}
	return uses, asked
}

// freeName is a problem about a name, without a text as yet.
func freeName(file, name string, place Place, line string) Problem {
	column := byteColumn(line, place.Column)
	// A source map may point a little before the name.
	if i := strings.Index(line[column-1:], name); i >= 0 {
		column += i
	}
	return Problem{File: file, Line: place.Line, Column: column, Length: len(name), Excerpt: line}
}

// byteColumn is a column in bytes for one in UTF-16 units; both count from 1.
func byteColumn(line string, column int) int {
	units := 1
	for i, r := range line {
		if units >= column {
			return i + 1
		}
		units += max(1, utf16.RuneLen(r))
	}
	return len(line) + 1
}

func wordAt(s string) string {
	i := 0
	for i < len(s) && isWord(s[i]) {
		i++
	}
	return s[:i]
}

// inParallel does do for 0 to n-1, on all processors.
func inParallel(n int, do func(i int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
