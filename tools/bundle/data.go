package bundle

import (
	"os"
	"path"

	"github.com/evanw/esbuild/pkg/api"
)

// dataLoaders are how the files are read that are no code, by their ends or by
// the types that importers say they have.
var dataLoaders = map[string]api.Loader{".json": api.LoaderJSON, ".txt": api.LoaderText, ".text": api.LoaderText}

// data gives the program of a group that is JSON or text. esbuild, asked to
// bundle such a file by itself, gives it no exports; as a mere text it does.
func (p *project) data(one *group) (*generated, bool) {
	f := one.members[0]
	loader, ok := dataLoaders[path.Ext(f.path)]
	if f.with != "" {
		loader, ok = dataLoaders["."+f.with]
	}
	if !ok || len(one.members) > 1 || f.path == "" {
		return nil, false
	}
	text, err := os.ReadFile(f.path)
	if err != nil {
		return nil, false // esbuild says why
	}
	r := api.Transform(string(text), api.TransformOptions{
		Loader: loader, Format: api.FormatCommonJS, Charset: api.CharsetUTF8, Target: api.ESNext, LogLevel: api.LogLevelSilent,
	})
	return &generated{of: one, code: string(r.Code), verbatim: true}, len(r.Errors) == 0
}
