package dev

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qvat/chains"
	"qvat/host/api"
	"qvat/host/fault"
	"qvat/runtime/runtimetest"
	"qvat/tools/bundle"
	"qvat/tools/project"
)

func TestMain(m *testing.M) { os.Exit(runtimetest.Main(m)) }

// served is a project that is served, and what it has told.
type served struct {
	t       *testing.T
	dir     string
	client  *api.Client
	bundled chan *bundle.Bundled
	failed  chan error
	notes   chan string
	message chan Message
	stop    context.CancelFunc
	done    chan error
}

// cached gives the test a folder for caches, with machine code in it.
func cached(t *testing.T) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir()) // where that is what counts
	code, err := machineCode()
	if err == nil {
		err = errors.Join(os.Remove(code), runtimetest.Plant(code))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func serve(t *testing.T, files map[string]string) *served {
	t.Helper()
	cached(t)
	s := &served{
		t: t, dir: t.TempDir(), bundled: make(chan *bundle.Bundled, 100), failed: make(chan error, 100),
		notes: make(chan string, 100), message: make(chan Message, 100), done: make(chan error, 1),
	}
	for name, text := range files {
		s.write(name, text)
	}
	s.start()
	t.Cleanup(s.end)
	return s
}

func (s *served) start() {
	s.t.Helper()
	ctx, stop := context.WithCancel(s.t.Context())
	s.stop = stop
	url := make(chan string, 1)
	go func() {
		s.done <- Serve(ctx, Options{
			Dir: s.dir, Listen: "127.0.0.1:0",
			Listening: func(at string) { url <- at },
			Bundled:   func(b *bundle.Bundled) { s.bundled <- b },
			Failed:    func(err error) { s.failed <- err },
			Message:   func(m Message) { s.message <- m },
			Note: func(level slog.Level, text string) {
				if strings.HasPrefix(text, "root-power.js") {
					s.notes <- level.String() + " " + text
				}
			},
		})
	}()
	select {
	case at := <-url:
		var err error
		if s.client, err = api.NewClient(api.ClientOptions{URL: at}); err != nil {
			s.t.Fatal(err)
		}
	case err := <-s.done:
		s.t.Fatal(err)
	}
}

// end ends it.
func (s *served) end() {
	if s.stop == nil {
		return
	}
	s.stop()
	if err := <-s.done; err != nil {
		s.t.Error(err)
	}
	s.stop = nil
}

func (s *served) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// next waits for something to be told.
func next[T any](s *served, from chan T) T {
	s.t.Helper()
	select {
	case v := <-from:
		return v
	case err := <-s.done:
		s.t.Fatalf("it has ended: %v", err)
	}
	panic("Fatal does not return")
}

// call sends the chain as it is now.
func (s *served) call() (string, error) {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, Chain))
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := chains.DecodeCapsule(text, chains.Limits{})
	if err != nil {
		s.t.Fatal(err)
	}
	a, err := s.client.Call(s.t.Context(), c, nil)
	return string(a.Result), err
}

func TestServe(t *testing.T) {
	s := serve(t, map[string]string{
		"root-power.js": "exports.n = require('./n.js')\nexports.log = require('qvat:log')\nexports.t = require('qvat:store').table('t')",
		"n.js":          "module.exports = 1",
		"main.js":       "const { twice } = require('./lib')\nexports.main = ({ power }) => {\n  console.log('höre', 1)\n  power.log.warn('care', { a: 1 })\n  power.t.set('k', (power.t.get('k') ?? 0) + 1)\n  return [twice(power.n), power.t.get('k')]\n}\n",
		"lib.ts":        "export const twice = (n: number) => 2 * n\n",
	})
	if b := next(s, s.bundled); b.Modules[0].Name != "main.js" {
		t.Errorf("what was bundled is %v", b.Modules)
	}
	got, err := s.call()
	if got != "[2,1]" || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	m := next(s, s.message)
	if m.Outcome != "ok" || m.Error != "" || m.Fuel == 0 || m.Micros == 0 || !slices.Equal(m.Programs, []string{"main.js"}) {
		t.Errorf("the message was %+v", m)
	}
	if len(m.Console) != 1 || m.Console[0].Text != "höre 1" || len(m.Log) != 1 || m.Log[0].Message != "care" || string(m.Log[0].Fields) != `{"a":1}` {
		t.Errorf("it wrote %v and %v", m.Console, m.Log)
	}

	// A source changes: the chain does.
	s.write("lib.ts", "export const twice = (n: number) => {\n  throw new RangeError('no ' + n)\n}\n")
	next(s, s.bundled)
	if _, err := s.call(); fault.Of(err).Name != "RangeError" {
		t.Errorf("the changed program: %v", err)
	}
	m = next(s, s.message)
	if m.Outcome != "program_error" || m.Error != "RangeError: no 1" {
		t.Errorf("the message was %+v", m)
	}
	if m.Place == nil || m.Place.File != "lib.ts" || m.Place.Line != 2 || m.Place.Text != "  throw new RangeError('no ' + n)" {
		t.Errorf("it failed at %+v", m.Place)
	}
	if _, err := os.Stat(filepath.Join(s.dir, Chain+".map")); err != nil {
		t.Error(err)
	}

	// The sources do not bundle: they are told of once, and the chain stays.
	before, err := os.ReadFile(filepath.Join(s.dir, Chain))
	if err != nil {
		t.Fatal(err)
	}
	s.write("lib.ts", "export { twice } from './later.js'\n")
	var wrong *bundle.Problems
	if err := next(s, s.failed); !errors.As(err, &wrong) || wrong.List[0].File != "lib.ts" {
		t.Errorf("the mistake is %v", err)
	}
	if after, err := os.ReadFile(filepath.Join(s.dir, Chain)); err != nil || string(after) != string(before) {
		t.Errorf("the chain has changed, or is gone: %v", err)
	}
	// The missing file comes, which nobody watches.
	s.write("later.js", "exports.twice = n => 20 * n\n")
	next(s, s.bundled)
	if got, err := s.call(); got != "[20,2]" || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	next(s, s.message)
	if n := len(s.failed); n != 0 {
		t.Errorf("the same mistake was told of %d times more", n)
	}

	// root-power.js changes, and one that does not build leaves it as it was.
	s.write("n.js", "module.exports = 5")
	if note := next(s, s.notes); note != "INFO root-power.js was loaded again" {
		t.Errorf("noted: %s", note)
	}
	if got, err := s.call(); got != "[100,3]" || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	next(s, s.message)
	s.write("n.js", "module.exports = ;")
	if note := next(s, s.notes); !strings.HasPrefix(note, "ERROR root-power.js was left as it was") {
		t.Errorf("noted: %s", note)
	}
	s.end()

	// Another time, the store is as it was.
	s.write("n.js", "module.exports = 5")
	s.start()
	next(s, s.bundled)
	if got, err := s.call(); got != "[100,4]" || err != nil {
		t.Errorf("the next time: got %s, %v", got, err)
	}
}

// TestServeFails: what makes it impossible to begin is an error at once.
func TestServeFails(t *testing.T) {
	cached(t)
	for name, files := range map[string]map[string]string{
		"root-power.js does not build": {"main.js": "", "root-power.js": "exports.x = ;"},
		"neither [limits] nor":         {"main.js": "", "vat.toml": "name = \"x\""},
	} {
		dir := t.TempDir()
		for file, text := range files {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		err := Serve(t.Context(), Options{Dir: dir, Listen: "127.0.0.1:0"})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %q", err, name)
		}
	}
	if err := Serve(t.Context(), Options{Dir: filepath.Join(t.TempDir(), "none"), Listen: "127.0.0.1:0"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// TestServeForeign: a project that comes from somebody else brings no vat, no
// machine code, and no grant of a folder that is not its own.
func TestServeForeign(t *testing.T) {
	s := serve(t, map[string]string{"main.js": "exports.main = () => 1"})
	s.end()
	vat := filepath.Join(s.dir, ".qvat")
	if _, err := os.Lstat(filepath.Join(vat, "cache")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("machine code is in the project: %v", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	code := filepath.Join(cache, "qvat", "engine")
	if entries, err := os.ReadDir(code); err != nil || len(entries) == 0 {
		t.Errorf("there is no machine code in %s: %v", code, err)
	}
	if info, err := os.Stat(code); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("others can reach machine code: %v, %v", info, err)
	}

	if err := os.Chmod(vat, 0o755); err != nil {
		t.Fatal(err)
	}
	serving := Options{Dir: s.dir, Listen: "127.0.0.1:0"}
	if err := Serve(t.Context(), serving); err == nil || !strings.Contains(err.Error(), "was not made by qvat dev on this machine") {
		t.Errorf("a vat of somebody else's: %v", err)
	}
	if err := os.RemoveAll(vat); err != nil {
		t.Fatal(err)
	}

	outside := t.TempDir()
	s.write("vat.toml", "[powers.files]\ndir = '"+outside+"'\n")
	if err := Serve(t.Context(), serving); !errors.Is(err, ErrOutside) || !strings.Contains(err.Error(), outside) {
		t.Errorf("a folder outside of the project: %v", err)
	}
	if _, err := os.Lstat(vat); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a vat was made nevertheless: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	serving.GrantFiles = true
	serving.Listening = func(string) { stop() }
	var granted project.Grants
	serving.Granted = func(g project.Grants) { granted = g }
	if err := Serve(ctx, serving); err != nil {
		t.Error(err)
	}
	if want, err := filepath.EvalSymlinks(outside); err != nil || granted.Files != want {
		t.Errorf("granted: %+v, want %s, %v", granted, want, err)
	}
}

// TestChainOverLink: the chain is not written through a link.
func TestChainOverLink(t *testing.T) {
	s := serve(t, map[string]string{"main.js": "exports.main = () => 1"})
	next(s, s.bundled)
	victim := filepath.Join(t.TempDir(), "bashrc")
	if err := os.WriteFile(victim, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{Chain, Chain + ".half", Chain + ".map", Chain + ".map.half"} {
		at := filepath.Join(s.dir, name)
		if err := os.Remove(at); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if err := os.Symlink(victim, at); err != nil {
			t.Fatal(err)
		}
	}
	s.write("main.js", "exports.main = () => 22")
	next(s, s.bundled)
	if text, err := os.ReadFile(victim); err != nil || string(text) != "mine" {
		t.Errorf("a file outside of the project is overwritten: %q, %v", text, err)
	}
	if got, err := s.call(); got != "22" || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
}
