package mail_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"qvat/host/mail"
	"qvat/host/store/sqlite"
)

// clock is a clock that tests set.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// vat is a store with its post, which can be closed and opened again.
type vat struct {
	testing.TB
	path  string
	o     mail.Options
	clock *clock
	s     *sqlite.Store
	*mail.Post
}

// nodeKey makes a key from a word, the same each time.
func nodeKey(word string) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, word)
	return ed25519.NewKeyFromSeed(seed)
}

func newVat(t testing.TB, o mail.Options) *vat {
	t.Helper()
	v := &vat{TB: t, path: filepath.Join(t.TempDir(), "vat.db"), o: o, clock: newClock()}
	if v.o.Node == nil {
		v.o.Node = nodeKey("here")
	}
	if v.o.Now == nil {
		v.o.Now = v.clock.now
	}
	v.o.Logger = slog.New(slog.DiscardHandler)
	v.open()
	t.Cleanup(v.close)
	return v
}

func (v *vat) open() {
	v.Helper()
	var err error
	if v.s, err = sqlite.Open(context.Background(), sqlite.Options{Path: v.path}); err != nil {
		v.Fatal(err)
	}
	v.o.Store = v.s
	if v.Post, err = mail.Open(context.Background(), v.o); err != nil {
		v.Fatal(err)
	}
}

// close checks the store and closes it.
func (v *vat) close() {
	v.Helper()
	if err := errors.Join(v.Post.Close(), v.s.Check(context.Background()), v.s.Close()); err != nil {
		v.Error(err)
	}
}

func (v *vat) reopen() {
	v.Helper()
	v.close()
	v.open()
}

// agent gives an agent, that it makes as a guest of self where there is none.
func (v *vat) agent(name string) *mail.Agent {
	v.Helper()
	a, err := v.Agent(v.Context(), name)
	if code(err) == mail.NotFound {
		self := v.agent(mail.FirstHost)
		_, err = self.MakeGuest(v.Context(), name)
		if err == nil {
			a, err = v.Agent(v.Context(), name)
		}
	}
	if err != nil {
		v.Fatal(err)
	}
	return a
}

// introduce gives a a name for b.
func (v *vat) introduce(a, b *mail.Agent, name string) {
	v.Helper()
	id := must(b.Identify(v.Context(), mail.NameSelf))(v)
	v.ok(a.Copy(v.Context(), id.String(), name))
}

func (v *vat) ok(err error) {
	v.Helper()
	if err != nil {
		v.Fatal(err)
	}
}

// fails checks that an error has a code.
func (v *vat) fails(err error, want mail.Code) {
	v.Helper()
	if code(err) != want {
		v.Errorf("the error is %v, want one with code %s", err, want)
	}
}

// must gives a value, or fails the test.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// code gives an error's code, "" for another error or none.
func code(err error) mail.Code {
	var e *mail.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// inbox gives all messages of an agent.
func (v *vat) inbox(a *mail.Agent) []mail.Message {
	v.Helper()
	return must(a.Messages(v.Context(), mail.MessageQuery{Limit: 1000}))(v)
}

// names lists the names of a directory.
func (v *vat) names(a *mail.Agent, path string) []string {
	v.Helper()
	names := []string{}
	for _, e := range must(a.List(v.Context(), path))(v) {
		names = append(names, e.Name)
	}
	return names
}

// value reads a value under a name; it fails the test where there is none.
func (v *vat) value(a *mail.Agent, name string) string {
	v.Helper()
	return string(must(a.Lookup(v.Context(), name))(v).Value)
}

func (v *vat) store(a *mail.Agent, name, value string) mail.ID {
	v.Helper()
	return must(a.StoreValue(v.Context(), name, json.RawMessage(value)))(v)
}

// say sends a plain text.
func (v *vat) say(a *mail.Agent, to, text string) mail.Sent {
	v.Helper()
	return must(a.Send(v.Context(), to, []string{text}, nil, nil))(v)
}
