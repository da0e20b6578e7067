// Package mailtest is vats for the tests of mail: a store with its post and its way
// to other nodes. What fails ends the test.
package mailtest

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/letter"
	"qvat/host/mail/wire"
	"qvat/host/store/sqlite"
	"qvat/host/store/sqlite/sqlitetest"
)

// Clock is a clock that tests set.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// Now is the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Add sets the clock forward.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Vat is a store with its post and its wire, which can be closed and opened again.
type Vat struct {
	testing.TB
	Path    string
	O       mail.Options
	Network wire.Network
	Clock   *Clock
	S       *sqlite.Store
	*mail.Post
	*wire.Wire

	events events
}

// Node makes a node's key from a word, the same each time.
func Node(word string) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, word)
	return ed25519.NewKeyFromSeed(seed)
}

// Public is a node's public key.
func Public(word string) caps.Key { return caps.Key(Node(word)[ed25519.SeedSize:]) }

// New opens a vat, called here unless o says otherwise, on a clock of its own.
// network may be nil.
func New(t testing.TB, o mail.Options, network wire.Network) *Vat {
	t.Helper()
	v := &Vat{
		TB: t, Path: filepath.Join(t.TempDir(), "vat.db"), O: o, Network: network,
		Clock: &Clock{at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
	}
	if v.O.Node == nil {
		v.O.Node = Node("here")
	}
	if v.O.Now == nil {
		v.O.Now = v.Clock.Now
	}
	v.O.Logger = slog.New(logged{slog.DiscardHandler, &v.events})
	v.Open()
	t.Cleanup(v.Shut)
	return v
}

// Open opens the vat, which is shut.
func (v *Vat) Open() {
	v.Helper()
	var err error
	if v.S, err = sqlite.Open(context.Background(), sqlite.Options{Path: v.Path}); err != nil {
		v.Fatal(err)
	}
	v.O.Store = watched{v.S, &v.events}
	if v.Post, err = mail.Open(context.Background(), v.O); err != nil {
		v.Fatal(err)
	}
	v.Wire = wire.New(wire.Options{Post: v.Post, Network: v.Network, Now: v.O.Now, Logger: v.O.Logger})
}

// Shut checks the store and closes it.
func (v *Vat) Shut() {
	v.Helper()
	if err := errors.Join(v.Close(), v.S.Close(), sqlitetest.Check(v.Path)); err != nil {
		v.Error(err)
	}
}

// Reopen is a restart.
func (v *Vat) Reopen() {
	v.Helper()
	v.Shut()
	v.Open()
}

// Run does what a vat does by itself, until the returned function is called.
func (v *Vat) Run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		if err := v.Post.Serve(ctx); err != nil {
			v.Error(err)
		}
	})
	group.Go(func() { v.Wire.Serve(ctx) })
	return sync.OnceFunc(func() {
		cancel()
		group.Wait()
	})
}

// Named gives an agent, that it makes as a guest of self where there is none.
func (v *Vat) Named(name string) *mail.Agent {
	v.Helper()
	a, err := v.Agent(v.Context(), name)
	if caps.CodeOf(err) == caps.NotFound {
		_, err = v.Named(mail.FirstHost).MakeGuest(v.Context(), name)
		if err == nil {
			a, err = v.Agent(v.Context(), name)
		}
	}
	if err != nil {
		v.Fatal(err)
	}
	return a
}

// Handle gives an agent's handle.
func (v *Vat) Handle(a *mail.Agent) caps.ID {
	v.Helper()
	return Must(a.Identify(v.Context(), caps.NameSelf))(v)
}

// Introduce gives a a name for b.
func (v *Vat) Introduce(a, b *mail.Agent, name string) {
	v.Helper()
	v.OK(a.Copy(v.Context(), v.Handle(b).String(), name))
}

// OK checks that there is no error.
func (v *Vat) OK(err error) {
	v.Helper()
	if err != nil {
		v.Fatal(err)
	}
}

// Fails checks that an error has a code.
func (v *Vat) Fails(err error, want caps.Code) {
	v.Helper()
	if caps.CodeOf(err) != want {
		v.Errorf("the error is %v, want one with code %s", err, want)
	}
}

// Must gives a value, or fails the test.
func Must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// Inbox gives all messages of an agent, 1,000 at most.
func (v *Vat) Inbox(a *mail.Agent) []mail.Message {
	v.Helper()
	return Must(a.Messages(v.Context(), mail.MessageQuery{Limit: 1000}))(v)
}

// Names lists the names of a directory.
func (v *Vat) Names(a *mail.Agent, path string) []string {
	v.Helper()
	names := []string{}
	for _, e := range Must(a.List(v.Context(), path))(v) {
		names = append(names, e.Name)
	}
	return names
}

// Value reads a value under a name; it fails the test where there is none.
func (v *Vat) Value(a *mail.Agent, name string) string {
	v.Helper()
	return string(Must(a.Lookup(v.Context(), name))(v).Value)
}

// Keep stores a value.
func (v *Vat) Keep(a *mail.Agent, name, value string) caps.ID {
	v.Helper()
	return Must(a.StoreValue(v.Context(), name, json.RawMessage(value)))(v)
}

// Say sends a plain text.
func (v *Vat) Say(a *mail.Agent, to, text string) mail.Sent {
	v.Helper()
	return Must(a.Send(v.Context(), to, []string{text}, nil, nil))(v)
}

// Journal gives the entries of an action in an agent's journal.
func (v *Vat) Journal(a *mail.Agent, action string) (list []mail.LogEntry) {
	v.Helper()
	for _, e := range Must(a.Log(v.Context(), mail.LogQuery{Limit: 1000}))(v) {
		if e.Action == action {
			list = append(list, e)
		}
	}
	return list
}

// Many does much in one transaction.
func (v *Vat) Many(name string, work func(a *mail.Agent)) {
	v.Helper()
	tx := Must(v.O.Store.Begin(v.Context()))(v)
	defer tx.Rollback()
	in := v.In(tx)
	work(Must(in.Agent(v.Context(), name))(v))
	v.OK(tx.Commit(v.Context(), nil))
	in.Committed()
}

// HandSealed seals a body by hand, as docs/MAIL.md says, with any key.
func HandSealed(key ed25519.PrivateKey, from, to caps.ID, id [32]byte, text []byte) letter.Sealed {
	hash := sha256.Sum256(text)
	b := []byte("qvat mail seal v1\n")
	for _, part := range [][32]byte{to.Number, to.Node, from.Number, from.Node, id, hash} {
		b = append(b, part[:]...)
	}
	m := letter.Sealed{From: from, To: to, ID: id, Body: text}
	copy(m.Signature[:], ed25519.Sign(key, b))
	return m
}

// Stranger is an agent of another node, there, whose key the test has.
func Stranger() (ed25519.PrivateKey, caps.ID) {
	key := Node("a stranger")
	return key, caps.ID{Number: caps.Key(key[ed25519.SeedSize:]), Node: Public("there")}
}

// PlainBody is what a plain text says.
const PlainBody = `{"kind":"package","date":1767323045000,"strings":["hello"]}`
