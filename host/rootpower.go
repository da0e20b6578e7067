package host

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/evanw/esbuild/pkg/api"
)

// bundle is root-power.js with the files and packages that it requires, as one
// CommonJS module.
type bundle struct {
	text string
	seen map[string]stamp // its files, as they were before they were read
}

// bundleRootPower bundles root-power.js, the file at path, with esbuild. Host
// modules stay as they are; everything else must lie in the same folder, which is
// the vat's own where nothing else is said. more are modules of an embedder's.
func bundleRootPower(path string, more ...string) (bundle, error) {
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return bundle{}, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return bundle{}, err
	}
	var inputs files
	r := api.Build(api.BuildOptions{
		AbsWorkingDir: dir,
		EntryPoints:   []string{"./" + filepath.Base(path)},
		Bundle:        true,
		Write:         false,
		Outfile:       "bundle.js",
		Format:        api.FormatCommonJS,
		Platform:      api.PlatformNeutral,
		Target:        api.ES2022,
		MainFields:    []string{"module", "main"},
		Conditions:    []string{"import", "require"},
		External:      append([]string{"qvat:*"}, more...),
		LegalComments: api.LegalCommentsNone,
		LogLevel:      api.LogLevelSilent,
		Plugins:       []api.Plugin{inputs.within(dir)},
	})
	if len(r.Errors) > 0 {
		text := api.FormatMessages(r.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage})
		return bundle{seen: inputs.seen}, fmt.Errorf("root-power.js does not build:\n%s", strings.TrimSpace(strings.Join(text, "")))
	}
	return bundle{text: string(r.OutputFiles[0].Contents), seen: inputs.seen}, nil
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

// watchRootPower bundles root-power.js again when a file of it changes, until
// ctx ends. A text that does not work is logged, and the one before goes on.
func (v *Vat) watchRootPower(ctx context.Context, now bundle) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !now.changed() {
			continue
		}
		next, err := v.bundle()
		if err == nil && next.text != now.text {
			err = v.engine.SetRootPower(ctx, next.text)
		}
		if err != nil {
			v.log.Error("root-power.js was left as it was", "err", err)
			// Both are watched: the mistake may lie in a file that is new.
			maps.Copy(now.seen, next.seen)
			continue
		}
		now = next
		v.log.Info("root-power.js was loaded again")
	}
}

// bundle bundles root-power.js, and refuses one that is made of what programs
// can write: it would be a program with all of the vat's power.
func (v *Vat) bundle() (bundle, error) {
	b, err := bundleRootPower(v.root, v.embed.names()...)
	if err != nil {
		return b, err
	}
	open, err := filesDir(&v.config, v.dir)
	if err != nil || open == "" || !v.config.Powers.Files.Write {
		return b, err
	}
	if open, err = filepath.EvalSymlinks(open); err != nil {
		return b, err
	}
	for path := range b.seen {
		if rel, err := filepath.Rel(open, path); err == nil && filepath.IsLocal(rel) {
			return b, fmt.Errorf("root-power.js requires %s, which lies in powers.files.dir, where programs write: move one of them", path)
		}
	}
	return b, nil
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
func (b bundle) changed() bool {
	for path, was := range b.seen {
		if now := stampOf(path); now.size != was.size || !now.modified.Equal(was.modified) {
			return true
		}
	}
	return false
}
