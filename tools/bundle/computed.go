package bundle

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// A name that is computed, or a require that is handed on, is not known before it
// runs, and a vat has no names then to look for.

const (
	computedRequire = "require of something computed: a vat knows modules by their hashes alone"
	computedImport  = "import() of something computed: a vat knows modules by their hashes alone"
	computedHint    = "name each module in quotes, and choose between them afterwards"
)

// asPattern tells whether a message of esbuild's may be about an import of
// something computed, which esbuild takes for a pattern of files. What
// [project.patterns] finds says more.
func asPattern(m api.Message) bool {
	resolve, load := strings.HasPrefix(m.Text, "Could not resolve "), strings.HasPrefix(m.Text, "No loader is configured")
	l := m.Location
	if l == nil || l.Length < 2 || l.Column < 0 || l.Column+l.Length > len(l.LineText) || !resolve && !load {
		return false
	}
	place := strings.TrimSpace(l.LineText[l.Column : l.Column+l.Length])
	if len(place) < 2 || !strings.ContainsAny(place[:1], "\"'`") {
		return true
	}
	return place[0] == '`' && strings.Contains(place, "${") || strings.IndexByte(place[1:], place[0]) != len(place)-2
}

// patterns finds the imports of something computed that esbuild takes for
// patterns of files, such as "./lib/**/*.js". Where it failed it does not tell
// of them, so all files are looked at.
func (p *project) patterns(meta metafile, seen []string) []Problem {
	var paths []string
	for file, in := range meta.Inputs {
		for _, i := range in.Imports {
			if i.External && i.Original == "" && strings.Contains(i.Path, "*") {
				paths = append(paths, filepath.Join(p.root, filepath.FromSlash(file)))
			}
		}
	}
	if meta.Inputs == nil {
		paths = seen
	}
	var list []Problem
	for _, path := range paths {
		loader, ok := loaders[filepath.Ext(path)]
		text, err := os.ReadFile(path)
		if !ok || err != nil {
			continue
		}
		// Where it need not resolve anything, esbuild knows no patterns.
		r := api.Transform(string(text), api.TransformOptions{
			Loader: loader, Sourcefile: p.key(path), Format: api.FormatCommonJS, Target: api.ESNext,
			LogOverride: mistakes, LogLevel: api.LogLevelSilent,
		})
		for _, m := range r.Errors {
			if strings.HasPrefix(m.ID, "unsupported-") {
				list = append(list, p.problem(m))
			}
		}
	}
	return list
}

// oddRequires are requires that fail in a vat, most likely, and are told of in the
// project's own files. A file that asks with typeof for require can do without it.
func (p *project) oddRequires(messages []api.Message) []Problem {
	var list []Problem
	for _, m := range messages {
		if m.Location == nil {
			continue
		}
		one := p.problem(m)
		switch {
		case m.PluginName == "note" && m.Text == toldResolve:
			one.Text, one.Hint = "require.resolve: a program has no place on a disk", "leave it out"
		case m.ID == "indirect-require":
			text, err := os.ReadFile(filepath.Join(p.root, filepath.FromSlash(m.Location.File)))
			if err != nil || strings.Contains(string(text), "typeof require") {
				continue
			}
			one.Text, one.Hint = "require is handed on: a vat knows modules by their hashes alone", computedHint
		default:
			continue
		}
		list = append(list, one)
	}
	return list
}
