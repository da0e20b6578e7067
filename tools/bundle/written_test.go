package bundle_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"qvat/tools/bundle"
)

// change is something that is done to a project after it was bundled.
type change struct {
	name  string
	files sources                        // the project
	o     bundle.Options                 // with these
	do    func(t *testing.T, dir string) // what is done in the project's folder
	then  func(o *bundle.Options)        // or with the options
	same  bool                           // whether it changes nothing
}

// writing is a change that writes files.
func writing(files sources) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		for name := range files {
			_ = os.Remove(filepath.Join(dir, name)) // a link is replaced, not followed
		}
		put(t, dir, files)
	}
}

func removing(names ...string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		for _, name := range names {
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestWritten: a run is spared only where it would give what is there.
func TestWritten(t *testing.T) {
	plain := sources{"main.js": "exports.main = () => require('./lib/a').x", "lib/a.js": "exports.x = 1", "lib/other.txt": "1"}
	packages := sources{"main.js": "exports.main = () => require('p') + require('@s/q')", "node_modules/p/package.json": `{"main":"a.js"}`, "node_modules/p/a.js": "module.exports = 1", "node_modules/p/b.js": "module.exports = 2", "node_modules/@s/q/index.js": "module.exports = 2"}
	typed := sources{"main.ts": "import { a } from '@/a'; export const main = () => a", "tsconfig.json": `{"compilerOptions":{"paths":{"@/*":["./gen/*","./src/*"]}}}`, "src/a.ts": "export const a = 1", "gen/keep.md": ""}
	outside := sources{"main.js": "exports.main = () => require('../beside/x') + require('../beside/deep')", "../beside/x.js": "module.exports = 1", "../beside/deep/index.js": "module.exports = 2"}
	linked := sources{"main.js": "exports.main = () => require('p')", "node_modules/p": "-> ../../store/p1", "../store/p1/index.js": "module.exports = 1", "../store/p2/index.js": "module.exports = 2"}
	guarded := sources{"main.js": "let a = 1; try { a = require('maybe') } catch { } try { a = require('./opt/x') } catch { } exports.main = () => a", "opt/keep.md": "", "node_modules/.bin/x": "", "node_modules/@s/keep/index.js": ""}
	hoisted := sources{"main.js": "exports.main = () => require('p') + require('./src/deep/x')", "../node_modules/p/index.js": "module.exports = 1", "node_modules/.bin/x": "", "src/node_modules/.keep": "", "src/deep/x.js": "module.exports = require('p')"}
	table := []change{
		{name: "nothing", files: plain, same: true},
		{name: "nothing, with packages", files: packages, same: true},
		{name: "nothing, with links", files: linked, same: true},
		{name: "nothing, with a tsconfig", files: typed, same: true},
		{name: "nothing, outside", files: outside, same: true},
		{name: "nothing, with guards", files: guarded, same: true},
		{name: "nothing, with options", files: plain, o: bundle.Options{Shims: map[string]string{"fs": "", "Buffer": "./lib/a.js"}, Define: map[string]string{"X": "1"}}, same: true},
		{name: "a file that nobody reads", files: plain, do: writing(sources{"lib/other.txt": "2", "README.md": "x"}), same: true},
		{name: "a folder below one that nobody reads", files: sources{"main.js": "exports.main = () => 1", "doc/x.md": ""}, do: writing(sources{"doc/y/x.md": "x"}), same: true},
		{name: "an edit", files: plain, do: writing(sources{"lib/a.js": "exports.x = 22"})},
		{name: "an edit of the same size", files: plain, do: writing(sources{"lib/a.js": "exports.x = 2"})},
		{name: "an edit of main", files: plain, do: writing(sources{"main.js": "exports.main = () => require('./lib/a').y"})},
		{name: "an edit of a package", files: packages, do: writing(sources{"node_modules/p/a.js": "module.exports = 3"})},
		{name: "a file that goes before it", files: plain, do: writing(sources{"lib/a.ts": "export const x = 2"})},
		{name: "a file in a folder's place", files: sources{"main.js": "exports.main = () => require('./lib')", "lib/index.js": "module.exports = 1"}, do: writing(sources{"lib.js": "module.exports = 2"})},
		{name: "a file before an index", files: sources{"main.js": "exports.main = () => require('./lib')", "lib/index.js": "module.exports = 1"}, do: writing(sources{"lib/index.ts": "export default 2"})},
		{name: "a package.json in a folder", files: sources{"main.js": "exports.main = () => require('./lib')", "lib/index.js": "module.exports = 1", "lib/b.js": "module.exports = 2"}, do: writing(sources{"lib/package.json": `{"main":"b.js"}`})},
		{name: "a type in a folder", files: sources{"main.mjs": "import x from './lib/a.js'; import c from './lib/c.cjs'; export const main = () => [x, c]", "lib/a.js": "import c from './c.cjs'; export default c", "lib/c.cjs": "exports.__esModule = true; exports.default = 1"}, do: writing(sources{"lib/package.json": `{"type":"module"}`})},
		{name: "another main", files: sources{"main.ts": "export const main = () => 1"}, do: writing(sources{"main.js": "exports.main = () => 2"})},
		{name: "a file that is gone", files: plain, do: removing("lib/a.js")},
		{name: "main that is gone", files: plain, do: removing("main.js")},
		{name: "a package that is gone", files: packages, do: removing("node_modules/p")},
		{name: "package.json: type", files: sources{"main.js": "import c from './c.cjs'; export const main = () => c", "c.cjs": "exports.__esModule = true; exports.default = 1"}, do: writing(sources{"package.json": `{"type":"module"}`})},
		{name: "package.json: main", files: sources{"package.json": `{"main":"a.js"}`, "a.js": "exports.main = () => 1", "b.js": "exports.main = () => 2"}, do: writing(sources{"package.json": `{"main":"b.js"}`})},
		{name: "package.json: shims", files: sources{"package.json": `{"qvat":{"shims":{"fs":"./a.js"}}}`, "main.js": "exports.main = () => require('fs')", "a.js": "module.exports = 1", "b.js": "module.exports = 2"}, do: writing(sources{"package.json": `{"qvat":{"shims":{"fs":"./b.js"}}}`})},
		{name: "package.json: definitions", files: sources{"package.json": `{"qvat":{"define":{"X":1}}}`, "main.js": "exports.main = () => X"}, do: writing(sources{"package.json": `{"qvat":{"define":{"X":2}}}`})},
		{name: "package.json: merge", files: sources{"package.json": `{"qvat":{"merge":[  ]}}`, "main.js": "exports.main = () => require('./a')", "a.js": "module.exports = 1"}, do: writing(sources{"package.json": `{"qvat":{"merge":["*"]}}`})},
		{name: "package.json: imports", files: sources{"package.json": `{"imports":{"#x":"./a.js"}}`, "main.js": "exports.main = () => require('#x')", "a.js": "module.exports = 1", "b.js": "module.exports = 2"}, do: writing(sources{"package.json": `{"imports":{"#x":"./b.js"}}`})},
		{name: "package.json of a package", files: packages, do: writing(sources{"node_modules/p/package.json": `{"main":"b.js"}`})},
		{name: "package.json of a package, at first none", files: sources{"main.js": "exports.main = () => require('p')", "node_modules/p/index.js": "module.exports = 1", "node_modules/p/b.js": "module.exports = 2"}, do: writing(sources{"node_modules/p/package.json": `{"main":"b.js"}`})},
		{name: "tsconfig.json", files: sources{"main.tsx": "const h = () => 1, g = () => 2; export const main = () => <a/>", "tsconfig.json": `{"compilerOptions":{"jsx":"react","jsxFactory":"h"}}`}, do: writing(sources{"tsconfig.json": `{"compilerOptions":{"jsx":"react","jsxFactory":"g"}}`})},
		{name: "tsconfig.json, at first none", files: sources{"main.tsx": "const h = () => 1, React = { createElement: () => 2 }; export const main = () => <a/>"}, do: writing(sources{"tsconfig.json": `{"compilerOptions":{"jsx":"react","jsxFactory":"h"}}`})},
		{name: "tsconfig.json in a folder", files: sources{"tsconfig.json": "{}", "main.ts": "export { main } from './lib/a'", "lib/a.tsx": "const h = () => 1, React = { createElement: () => 2 }; export const main = () => <a/>"}, do: writing(sources{"lib/tsconfig.json": `{"compilerOptions":{"jsx":"react","jsxFactory":"h"}}`})},
		{name: "what tsconfig.json extends", files: sources{"tsconfig.json": `{"extends":"./base.json"}`, "base.json": `{"compilerOptions":{"jsx":"react","jsxFactory":"h"}}`, "main.tsx": "const h = () => 1, g = () => 2; export const main = () => <a/>"}, do: writing(sources{"base.json": `{"compilerOptions":{"jsx":"react","jsxFactory":"g"}}`})},
		{name: "what tsconfig.json extends by a package", files: sources{"tsconfig.json": `{"extends":["@t/base/x"]}`, "node_modules/@t/base/package.json": "{}", "node_modules/@t/base/x.json": `{"extends": "./y"}`, "node_modules/@t/base/y.json": `{"compilerOptions":{"jsx":"react","jsxFactory":"h"}}`, "main.tsx": "const h = () => 1, g = () => 2; export const main = () => <a/>"}, do: writing(sources{"node_modules/@t/base/y.json": `{"compilerOptions":{"jsx":"react","jsxFactory":"g"}}`})},
		{name: "a path of tsconfig.json that goes before", files: typed, do: writing(sources{"gen/a.ts": "export const a = 2"})},
		{name: "a package in the project, and not above it", files: hoisted, do: writing(sources{"node_modules/p/index.js": "module.exports = 2"})},
		{name: "a package in a folder, and not above it", files: hoisted, do: writing(sources{"src/node_modules/p/index.js": "module.exports = 2"})},
		{name: "the first node_modules", files: sources{"main.js": "exports.main = () => require('p')", "../node_modules/p/index.js": "module.exports = 1"}, do: writing(sources{"node_modules/p/index.js": "module.exports = 2"})},
		{name: "a package that was missing", files: guarded, do: writing(sources{"node_modules/maybe/index.js": "module.exports = 2"})},
		{name: "a file that was missing", files: guarded, do: writing(sources{"opt/x.js": "module.exports = 2"})},
		{name: "a scoped package that was missing", files: sources{"main.js": "let a = 1; try { a = require('@s/maybe') } catch { } exports.main = () => a", "node_modules/@s/keep/index.js": ""}, do: writing(sources{"node_modules/@s/maybe/index.js": "module.exports = 2"})},
		{name: "an edit outside", files: outside, do: writing(sources{"../beside/x.js": "module.exports = 3"})},
		{name: "a file outside that goes before it", files: outside, do: writing(sources{"../beside/x.ts": "export default 3"})},
		{name: "a file outside in a folder's place", files: outside, do: writing(sources{"../beside/deep.js": "module.exports = 3"})},
		{name: "a link to elsewhere", files: linked, do: writing(sources{"node_modules/p": "-> ../../store/p2"})},
		{name: "a link that is gone", files: linked, do: removing("node_modules/p")},
		{name: "a linked file", files: sources{"main.js": "exports.main = () => require('./x')", "x.js": "-> lib/1.js", "lib/1.js": "module.exports = 1", "lib/2.js": "module.exports = 2"}, do: writing(sources{"x.js": "-> lib/2.js"})},
		{name: "a linked main", files: sources{"main.js": "-> lib/1.js", "lib/1.js": "exports.main = () => 1", "lib/2.js": "exports.main = () => 2"}, do: writing(sources{"main.js": "-> lib/2.js"})},
		{name: "a shim", files: plain, then: func(o *bundle.Options) { o.Shims = map[string]string{"fs": ""} }},
		{name: "another shim", files: plain, o: bundle.Options{Shims: map[string]string{"fs": ""}}, then: func(o *bundle.Options) { o.Shims = map[string]string{"crypto": ""} }},
		{name: "a definition", files: plain, then: func(o *bundle.Options) { o.Define = map[string]string{"X": "1"} }},
		{name: "a limit", files: plain, then: func(o *bundle.Options) { o.Limit = 5 }},
		{name: "another cache", files: plain, then: func(o *bundle.Options) { o.Cache += "2" }},
		{name: "no cache", files: plain, then: func(o *bundle.Options) { o.Cache = "" }},
		{name: "what was written", files: plain, do: writing(sources{"../out.bundle": "x"})},
		{name: "what was written beside", files: plain, do: writing(sources{"../out.bundle.map": "x"})},
		{name: "what was written is gone", files: plain, do: removing("../out.bundle")},
		{name: "what was written beside is gone", files: plain, do: removing("../out.bundle.map")},
	}
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			top := t.TempDir()
			dir, out := filepath.Join(top, "project"), filepath.Join(top, "out.bundle")
			put(t, dir, sources{"../package.json": "{}"})
			if _, ok := c.files["package.json"]; !ok {
				put(t, dir, sources{"package.json": "{}"})
			}
			put(t, dir, c.files)
			o := c.o
			o.Path, o.Cache = dir, filepath.Join(top, "cache")
			if _, ok := bundle.Written(o, out); ok {
				t.Fatal("it is there before it was made")
			}
			made := write(t, o, out)
			was, ok := bundle.Written(o, out)
			if !ok {
				t.Fatal("nothing has changed, and it is made again")
			}
			sameBundled(t, was, made)
			if c.do != nil {
				c.do(t, dir)
			}
			if c.then != nil {
				c.then(&o)
			}
			if _, ok := bundle.Written(o, out); ok != c.same {
				t.Errorf("it says %v", ok)
			}
		})
	}
}

// sameBundled holds what is remembered of a run against what the run gave.
func sameBundled(t testing.TB, was, made *bundle.Bundled) {
	t.Helper()
	if was.Bundle.Main != made.Bundle.Main || mustJSON(t, was.Modules) != mustJSON(t, made.Modules) || mustJSON(t, was.Inputs) != mustJSON(t, made.Inputs) || mustJSON(t, was.Warnings) != mustJSON(t, made.Warnings) {
		t.Errorf("it remembers\n%s\nof\n%s", mustJSON(t, was), mustJSON(t, made))
	}
}

// TestWrittenWhileChanging: an edit during a run is not lost.
func TestWrittenWhileChanging(t *testing.T) {
	top := t.TempDir()
	dir, out := filepath.Join(top, "project"), filepath.Join(top, "out.bundle")
	put(t, dir, sources{"package.json": "{}", "main.js": "exports.main = () => require('./a')", "a.js": "module.exports = 0"})
	o := bundle.Options{Path: dir, Cache: filepath.Join(top, "cache")}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			text := []byte("module.exports = 1")
			text[len(text)-1] += byte(i % 2)
			// In one step, so that the bundler sees one text or the other.
			temp := filepath.Join(top, "a.js")
			if os.WriteFile(temp, text, 0o600) != nil || os.Rename(temp, filepath.Join(dir, "a.js")) != nil {
				return
			}
			time.Sleep(200 * time.Microsecond)
		}
	}()
	for range 100 {
		write(t, o, out)
	}
	made := write(t, o, out)
	close(stop)
	<-done
	text, _, err := made.Encode()
	if err != nil {
		t.Fatal(err)
	}
	now, _, err := build(t, bundle.Options{Path: dir}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := bundle.Written(o, out); ok && !bytes.Equal(text, now) {
		t.Error("an edit during the last run is lost")
	}
}

// TestCacheThatFails: without memory all is made again, and no more than that.
func TestCacheThatFails(t *testing.T) {
	top := t.TempDir()
	put(t, top, sources{"project/main.js": "exports.main = () => 1", "project/package.json": "{}", "file": ""})
	out := filepath.Join(top, "out.bundle")
	for _, cache := range []string{filepath.Join(top, "file"), filepath.Join(top, "file", "below")} {
		o := bundle.Options{Path: filepath.Join(top, "project"), Cache: cache}
		write(t, o, out)
		if _, ok := bundle.Written(o, out); ok {
			t.Errorf("%s remembers", cache)
		}
	}
	// What is remembered may be damaged.
	o := bundle.Options{Path: filepath.Join(top, "project"), Cache: filepath.Join(top, "cache")}
	write(t, o, out)
	records, err := filepath.Glob(filepath.Join(o.Cache, "*.json"))
	if err != nil || len(records) != 1 {
		t.Fatal(records, err)
	}
	good, err := os.ReadFile(records[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "{}", "null", "[]", `{"bundle":"x"}`, string(good[:len(good)/2]), replace(string(good), `"main":"`, `"main":"x`), replace(string(good), `"size":`, `"size":1`)} {
		if err := os.WriteFile(records[0], []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, ok := bundle.Written(o, out); ok {
			t.Errorf("it believes %.100s", bad)
		}
	}
}
