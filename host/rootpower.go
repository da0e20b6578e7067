package host

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

	"qvat/runtime"
)

// bundle is root-power.js with the files and packages that it requires, as one
// CommonJS module.
type bundle struct {
	text  string
	files []string
}

// bundleRootPower bundles the vat's root-power.js with esbuild. Host modules
// stay as they are; everything else must lie in the vat's own directory.
func bundleRootPower(dir string) (bundle, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return bundle{}, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return bundle{}, err
	}
	var inputs files
	r := api.Build(api.BuildOptions{
		AbsWorkingDir: dir,
		EntryPoints:   []string{rootPower},
		Bundle:        true,
		Write:         false,
		Outfile:       "bundle.js",
		Format:        api.FormatCommonJS,
		Platform:      api.PlatformNeutral,
		Target:        api.ES2022,
		MainFields:    []string{"module", "main"},
		Conditions:    []string{"import", "require"},
		External:      []string{"qvat:*"},
		LegalComments: api.LegalCommentsNone,
		LogLevel:      api.LogLevelSilent,
		Plugins:       []api.Plugin{inputs.within(dir)},
	})
	if len(r.Errors) > 0 {
		text := api.FormatMessages(r.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage})
		return bundle{}, fmt.Errorf("root-power.js does not build:\n%s", strings.TrimSpace(strings.Join(text, "")))
	}
	return bundle{text: string(r.OutputFiles[0].Contents), files: slices.Sorted(maps.Keys(inputs.paths))}, nil
}

// files are what a bundle was made of. esbuild loads them from many
// goroutines.
type files struct {
	mu    sync.Mutex
	paths map[string]bool
}

// within is a plug-in that notes each file that is loaded, and refuses those
// outside dir.
func (f *files) within(dir string) api.Plugin {
	f.paths = map[string]bool{}
	return api.Plugin{Name: "within the vat", Setup: func(b api.PluginBuild) {
		b.OnLoad(api.OnLoadOptions{Filter: `.*`}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
			rel, err := filepath.Rel(dir, a.Path)
			if err != nil || !filepath.IsLocal(rel) {
				return api.OnLoadResult{}, fmt.Errorf("%s lies outside the vat's directory: copy it in", a.Path)
			}
			f.mu.Lock()
			f.paths[a.Path] = true
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
func watchRootPower(ctx context.Context, dir string, now bundle, engine *runtime.Engine, log *slog.Logger) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	seen := now.stamps()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		stamps := now.stamps()
		if maps.Equal(stamps, seen) {
			continue
		}
		seen = stamps
		next, err := bundleRootPower(dir)
		if err == nil && next.text != now.text {
			err = engine.SetRootPower(ctx, next.text)
		}
		if err != nil {
			log.Error("root-power.js was left as it was", "err", err)
			continue
		}
		now, seen = next, next.stamps()
		log.Info("root-power.js was loaded again")
	}
}

// stamp is what changes when a file is written.
type stamp struct {
	size     int64
	modified time.Time
}

// stamps gives the stamp of each file; one that is gone has none.
func (b bundle) stamps() map[string]stamp {
	out := make(map[string]stamp, len(b.files))
	for _, path := range b.files {
		if info, err := os.Stat(path); err == nil {
			out[path] = stamp{info.Size(), info.ModTime()}
		}
	}
	return out
}
