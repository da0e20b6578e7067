package bundle_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"

	"qvat/tools/bundle"
)

// writeProject writes a project of n modules, each of which imports a few that
// come after it.
func writeProject(t testing.TB, n int, esm bool) string {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		var b strings.Builder
		imports := []int{i*2 + 1, i*2 + 2, i + 7}
		for k, to := range imports {
			switch {
			case to >= n:
			case esm:
				fmt.Fprintf(&b, "import { work as w%d } from './m%d.js'\n", k, to)
			default:
				fmt.Fprintf(&b, "const { work: w%d } = require('./m%d.js')\n", k, to)
			}
		}
		for f := range 12 {
			fmt.Fprintf(&b, "\n// step%d folds a list into one number.\nfunction step%d(list, start = %d) {\n  let sum = start\n  for (const item of list) {\n    if (item?.skip) continue\n    sum += item.value ?? item.count * %d\n  }\n  return sum\n}\n", f, f, f, i)
		}
		// All of it is used: esbuild would leave out what is not.
		b.WriteString("function work(list) {\n  let sum = 0")
		for f := range 12 {
			fmt.Fprintf(&b, " + step%d(list)", f)
		}
		for k, to := range imports {
			if to < n {
				fmt.Fprintf(&b, " + w%d(list)", k)
			}
		}
		b.WriteString("\n  return sum\n}\n")
		if esm {
			b.WriteString("export { work }\n")
		} else {
			b.WriteString("exports.work = work\n")
		}
		name := fmt.Sprintf("m%d.js", i)
		if i == 0 {
			name = "main.js"
			b.WriteString(map[bool]string{true: "export const main = work\n", false: "exports.main = work\n"}[esm])
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func forEachForm(b *testing.B, do func(b *testing.B, dir string)) {
	b.Run("ES modules", func(b *testing.B) { do(b, writeProject(b, 300, true)) })
	b.Run("CommonJS", func(b *testing.B) { do(b, writeProject(b, 300, false)) })
}

// BenchmarkEsbuild is esbuild itself over 300 modules, into one file with a
// source map: what BenchmarkBundle is held against.
func BenchmarkEsbuild(b *testing.B) {
	forEachForm(b, func(b *testing.B, dir string) {
		for b.Loop() {
			r := api.Build(api.BuildOptions{
				AbsWorkingDir: dir, EntryPoints: []string{"main.js"}, Bundle: true, Outfile: filepath.Join(dir, "out.bundle"), Write: true,
				Format: api.FormatCommonJS, Platform: api.PlatformNeutral, Sourcemap: api.SourceMapExternal, LogLevel: api.LogLevelSilent,
			})
			if len(r.Errors) > 0 {
				b.Fatal(r.Errors[0].Text)
			}
		}
	})
}

// BenchmarkBundle bundles the same, and writes it.
func BenchmarkBundle(b *testing.B) {
	forEachForm(b, func(b *testing.B, dir string) {
		o := bundle.Options{Path: dir, Cache: b.TempDir()}
		for b.Loop() {
			write(b, o, filepath.Join(dir, "out.bundle"))
		}
	})
}

// BenchmarkUnchanged is a second run, where nothing has changed.
func BenchmarkUnchanged(b *testing.B) {
	forEachForm(b, func(b *testing.B, dir string) {
		o, out := bundle.Options{Path: dir, Cache: b.TempDir()}, filepath.Join(dir, "out.bundle")
		write(b, o, out)
		for b.Loop() {
			if _, ok := bundle.Written(o, out); !ok {
				b.Fatal("something has changed")
			}
		}
	})
}

func write(t testing.TB, o bundle.Options, out string) *bundle.Bundled {
	t.Helper()
	made, err := bundle.Build(o)
	if err != nil {
		t.Fatalf("\n%v", err)
	}
	text, side, err := made.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(out, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(out+".map", side, 0o600); err != nil {
		t.Fatal(err)
	}
	return made
}
