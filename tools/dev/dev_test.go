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
	"time"

	"qvat/chains"
	"qvat/host/api"
	"qvat/host/fault"
	"qvat/tools/bundle"
)

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

func serve(t *testing.T, files map[string]string) *served {
	t.Helper()
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

// end ends it, within 2 seconds.
func (s *served) end() {
	if s.stop == nil {
		return
	}
	start := time.Now()
	s.stop()
	if err := <-s.done; err != nil {
		s.t.Error(err)
	}
	if took := time.Since(start); took > 2500*time.Millisecond {
		s.t.Errorf("it took %v to end", took)
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
	case <-time.After(20 * time.Second):
		s.t.Fatal("nothing was told")
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
