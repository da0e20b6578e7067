package bundle

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// byName are the files that can be reached from main by names that stand in
// quotes, as far as a look at the texts tells. esbuild takes a computed name
// such as './' + x for all files there; what is wrong with those is no
// mistake of the project's. So this is asked only where names are computed, and of
// the project's own files.
func (p *project) byName(seen []string) map[string]bool {
	here := map[string]bool{}
	for _, path := range seen {
		here[path] = true
	}
	reached := map[string]bool{p.main: true}
	for queue := []string{p.main}; len(queue) > 0; queue = queue[1:] {
		text, err := os.ReadFile(queue[0])
		if err != nil {
			continue
		}
		for _, name := range relativeNames(string(text)) {
			at := filepath.Join(filepath.Dir(queue[0]), filepath.FromSlash(name))
			for _, path := range candidates(at) {
				if here[path] && !reached[path] {
					reached[path] = true
					queue = append(queue, path)
				}
			}
		}
	}
	return reached
}

// relativeNames are the relative names in a text's quotes.
func relativeNames(text string) []string {
	var names []string
	for i := range len(text) {
		if text[i] != '\'' && text[i] != '"' || !strings.HasPrefix(text[i+1:], ".") {
			continue
		}
		if end := strings.IndexAny(text[i+1:], "'\"\n"); end > 0 && text[i+1+end] == text[i] {
			names = append(names, text[i+1:i+1+end])
		}
	}
	return names
}

// candidates are the files that a relative name may mean.
func candidates(at string) []string {
	all := []string{at}
	stem := strings.TrimSuffix(at, filepath.Ext(at)) // "./x.js" may be x.ts
	for _, ext := range sortedKeys(loaders) {
		all = append(all, at+ext, stem+ext, filepath.Join(at, "index"+ext))
	}
	return append(all, at+".json")
}

// meant leaves out the problems of files that only a computed name leads to.
func (p *project) meant(list []Problem, seen []string) []Problem {
	reached := p.byName(seen)
	return slices.DeleteFunc(list, func(one Problem) bool {
		if one.File == "" || strings.Contains(one.File, modulesFolder) {
			return false
		}
		return !reached[filepath.Join(p.root, filepath.FromSlash(one.File))]
	})
}
