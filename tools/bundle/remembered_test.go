package bundle_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"qvat/tools/bundle"
)

// pieces are what may stand where in a project that is edited at random.
func pieces() map[string][]string {
	module := []string{
		"exports.main = () => 1", "exports.main = () => 2", "exports.main = () => require('./a')", "exports.main = () => require('./lib/b')", "exports.main = () => require('p')",
		"let x = 0; try { x = require('p') } catch { } try { x = require('./a') } catch { } exports.main = () => x", "import x from '@/b'; export const main = () => x", "export * from '#x'", "require(", "",
	}
	inside := []string{"module.exports = 1", "module.exports = 2", "module.exports = require('p')", "module.exports = require('../a')", "exports.x = require('.')"}
	return map[string][]string{
		"main.js": module, "main.ts": module, "a.js": inside, "a.ts": inside, "a/index.js": inside, "a/b.js": inside, "a/package.json": {`{"main":"b.js"}`, `{"type":"module"}`, "{}"},
		"lib/b.js": inside, "lib/b.tsx": inside, "gen/b.js": inside, "lib/linked.js": {"-> ../a.js", "-> b.js"},
		"node_modules/p/index.js": inside, "node_modules/p/b.js": inside, "node_modules/p/package.json": {`{"main":"b.js"}`, `{"exports":"./index.js"}`},
		"../node_modules/p/index.js": inside, "lib/node_modules/p/index.js": inside,
		"package.json":  {"{}", `{"type":"module"}`, `{"imports":{"#x":"./a.js"}}`, `{"imports":{"#x":"./lib/linked.js"}}`, `{"qvat":{"merge":["*"]}}`, `{"qvat":{"main":"a/b.js"}}`, `{"qvat":{"shims":{"p":"./a"}}}`},
		"tsconfig.json": {"{}", `{"compilerOptions":{"paths":{"@/*":["./gen/*","./lib/*"]}}}`, `{"compilerOptions":{"baseUrl":"lib"}}`, `{"extends":"./base.json"}`},
		"base.json":     {`{"compilerOptions":{"paths":{"@/*":["./gen/*"]}}}`, `{"compilerOptions":{"paths":{"@/*":["./lib/*"]}}}`},
		"README.md":     {"x"}, "../out.bundle": {"x"},
	}
}

// TestWrittenAtRandom: after any edits, [bundle.Written] says yes only where
// another run gives the very bytes that are there, and does say it where nothing
// has changed since the last run.
func TestWrittenAtRandom(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		top, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		dir, out := filepath.Join(top, "project"), filepath.Join(top, "out.bundle")
		put(t, dir, sources{"package.json": "{}", "main.js": "exports.main = () => require('./a')", "a.js": "module.exports = 1", "../package.json": "{}"})
		o := bundle.Options{Path: dir, Cache: filepath.Join(top, "cache")}
		run := func() {
			b, err := bundle.Build(o)
			if err != nil {
				return // such sources give nothing to remember
			}
			writeBundled(t, b, out)
			if _, ok := bundle.Written(o, out); !ok {
				rt.Fatal("nothing has changed, and it is made again")
			}
		}
		run()
		all := pieces()
		names := slices.Sorted(maps.Keys(all))
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			switch name := rapid.SampledFrom(names).Draw(rt, "file"); rapid.SampledFrom([]string{"write", "write", "write", "remove", "run"}).Draw(rt, "what") {
			case "write":
				removing(name)(t, dir)
				text := rapid.SampledFrom(all[name]).Draw(rt, "text")
				if rest, err := os.Stat(filepath.Dir(filepath.Join(dir, name))); err == nil && !rest.IsDir() {
					break
				}
				put(t, dir, sources{name: text})
			case "remove":
				removing(name)(t, dir)
			case "run":
				run()
			}
			if _, ok := bundle.Written(o, out); !ok {
				continue
			}
			now, err := bundle.Build(bundle.Options{Path: dir})
			if err != nil {
				rt.Fatalf("it says that nothing has changed, but %v", err)
			}
			text, side, err := now.Encode()
			if err != nil {
				rt.Fatal(err)
			}
			there, err1 := os.ReadFile(out)
			beside, err2 := os.ReadFile(out + ".map")
			if err1 != nil || err2 != nil || !bytes.Equal(text, there) || !bytes.Equal(side, beside) {
				rt.Fatalf("it says that nothing has changed, but\n%s\nwould be\n%s", there, text)
			}
		}
	})
}

func writeBundled(t testing.TB, b *bundle.Bundled, out string) {
	t.Helper()
	text, side, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(out, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(out+".map", side, 0o600); err != nil {
		t.Fatal(err)
	}
}
