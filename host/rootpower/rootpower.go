// Package rootpower bundles root-power.js: the file, and what it requires beside it,
// as one text. What programs can write never becomes part of it, nor what lies
// outside its folder.
package rootpower

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/evanw/esbuild/pkg/api"
)

// Options say what to bundle.
type Options struct {
	// File is root-power.js. What it requires must lie in the same folder, which is
	// the vat's own where nothing else is said.
	File string
	// Modules are host modules, beside those whose names begin with "qvat:": what is
	// required by these names stays as it is.
	Modules []string
	// Writable is a directory in which programs write, none where it is "": a file
	// there would be a program with all of the vat's power, and is refused.
	Writable string
	Logger   *slog.Logger
}

// Bundle is root-power.js with the files and packages that it requires, as one
// CommonJS module.
type Bundle struct {
	Text string
	o    Options
	seen map[string]stamp // its files, as they were before they were read
}

// New bundles root-power.js, with esbuild. The error is for the vat's owner, and
// names the file.
func New(o Options) (Bundle, error) {
	b, err := build(o)
	if err != nil || o.Writable == "" {
		return b, err
	}
	open, err := filepath.EvalSymlinks(o.Writable)
	if err != nil {
		return b, err
	}
	for _, path := range slices.Sorted(maps.Keys(b.seen)) {
		if rel, err := filepath.Rel(open, path); err == nil && filepath.IsLocal(rel) {
			return b, fmt.Errorf("root-power.js requires %s, which lies in powers.files.dir, where programs write: move one of them", path)
		}
	}
	return b, nil
}

func build(o Options) (Bundle, error) {
	b := Bundle{o: o}
	dir, err := filepath.Abs(filepath.Dir(o.File))
	if err != nil {
		return b, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return b, err
	}
	var inputs files
	r := api.Build(api.BuildOptions{
		AbsWorkingDir: dir,
		EntryPoints:   []string{"./" + filepath.Base(o.File)},
		Bundle:        true,
		Write:         false,
		Outfile:       "bundle.js",
		Format:        api.FormatCommonJS,
		Platform:      api.PlatformNeutral,
		Target:        api.ES2022,
		MainFields:    []string{"module", "main"},
		Conditions:    []string{"import", "require"},
		External:      append([]string{"qvat:*"}, o.Modules...),
		LegalComments: api.LegalCommentsNone,
		LogLevel:      api.LogLevelSilent,
		Plugins:       []api.Plugin{inputs.within(dir)},
	})
	b.seen = inputs.seen
	if len(r.Errors) > 0 {
		text := api.FormatMessages(r.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage})
		return b, fmt.Errorf("root-power.js does not build:\n%s", strings.TrimSpace(strings.Join(text, "")))
	}
	b.Text = string(r.OutputFiles[0].Contents)
	return b, nil
}

// files are what a bundle was made of. esbuild loads them from many
// goroutines.
type files struct {
	mu   sync.Mutex
	seen map[string]stamp
}

// within is a plug-in that notes each file that is loaded, and refuses those
// outside dir.
func (f *files) within(dir string) api.Plugin {
	f.seen = map[string]stamp{}
	return api.Plugin{Name: "within the vat", Setup: func(b api.PluginBuild) {
		b.OnLoad(api.OnLoadOptions{Filter: `.*`}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
			rel, err := filepath.Rel(dir, a.Path)
			if err != nil || !filepath.IsLocal(rel) {
				return api.OnLoadResult{}, fmt.Errorf("%s lies outside the vat's directory: copy it in", a.Path)
			}
			f.mu.Lock()
			f.seen[a.Path] = stampOf(a.Path)
			f.mu.Unlock()
			return api.OnLoadResult{}, nil
		})
	}}
}

// look is how often the files of root-power.js are looked at. Their folder
// holds the database too, so a watch on it would tell of every commit.
const look = time.Second

// Watch bundles again when a file of the bundle changes, and gives use the text when
// that has changed too, until ctx ends. A text that does not build, or that use
// refuses, is logged, and the one before goes on.
func (b Bundle) Watch(ctx context.Context, use func(ctx context.Context, text string) error) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !b.changed() {
			continue
		}
		next, err := New(b.o)
		if err == nil && next.Text != b.Text {
			err = use(ctx, next.Text)
		}
		if err != nil {
			b.o.Logger.Error("root-power.js was left as it was", "err", err)
			// Both are watched: the mistake may lie in a file that is new.
			maps.Copy(b.seen, next.seen)
			continue
		}
		b = next
		b.o.Logger.Info("root-power.js was loaded again")
	}
}

// stamp is what changes when a file is written.
type stamp struct {
	size     int64
	modified time.Time
}

// stampOf gives a file's stamp; one that is not there has none.
func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}
	}
	return stamp{info.Size(), info.ModTime()}
}

// changed tells whether a file of the bundle has been written since.
func (b Bundle) changed() bool {
	for path, was := range b.seen {
		if now := stampOf(path); now.size != was.size || !now.modified.Equal(was.modified) {
			return true
		}
	}
	return false
}
