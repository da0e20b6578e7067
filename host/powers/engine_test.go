package powers

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qvat/chains"
	"qvat/host/mail"
	"qvat/host/store"
	"qvat/host/store/sqlite"
	"qvat/runtime"
	"qvat/runtime/runtimetest"
)

func TestMain(m *testing.M) { os.Exit(runtimetest.Main(m)) }

// party is a key pair that tests sign with.
type party struct {
	private ed25519.PrivateKey
	public  chains.PublicKey
}

func newParty(t testing.TB, name string) party {
	t.Helper()
	seed := sha256.Sum256([]byte("powers test key of " + name))
	private := ed25519.NewKeyFromSeed(seed[:])
	public, err := chains.PublicKeyOf(private)
	if err != nil {
		t.Fatal(err)
	}
	return party{private, public}
}

// vat is an engine, a store and a set of powers, with no host around them.
type vat struct {
	t      testing.TB
	set    *Set
	store  *sqlite.Store
	post   *mail.Post
	engine *runtime.Engine
	root   party
}

func newSet(t testing.TB, g Grants) *Set {
	t.Helper()
	s, err := New(g)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func newStore(t testing.TB) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "vat.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func newVat(t testing.TB, g Grants, rootPower string) *vat {
	t.Helper()
	v := &vat{t: t, set: newSet(t, g), store: newStore(t), root: newParty(t, "root")}
	var err error
	if v.post, err = mail.Open(t.Context(), mail.Options{Store: v.store, Node: newParty(t, "node").private}); err != nil {
		t.Fatal(err)
	}
	v.engine, err = runtime.New(t.Context(), runtime.Options{
		Modules: v.set.Modules(), RootPower: rootPower, CacheDir: runtimetest.Folder(), Idle: 1,
		Limits: runtime.Limits{Fuel: 50_000_000, Time: time.Hour},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.engine.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return v
}

// attempt runs texts as a chain, the first signed by root and the others by bob
// and carol, and says what became of it. Nothing is committed.
type attempt struct {
	tx       store.Tx
	recorder *Recorder
	lines    *Lines
	id       chains.Hash
	out      runtime.Outcome
	err      error
}

func (v *vat) attempt(recorder *Recorder, input string, texts ...string) *attempt {
	v.t.Helper()
	tx, err := v.store.Begin(context.Background())
	if err != nil {
		v.t.Fatal(err)
	}
	return v.attemptIn(tx, recorder, input, texts...)
}

func (v *vat) attemptIn(tx store.Tx, recorder *Recorder, input string, texts ...string) *attempt {
	v.t.Helper()
	programs := map[chains.Hash]chains.Program{}
	var c chains.Chain
	for i, text := range texts {
		p, err := chains.NewProgram([]byte(text), 0)
		if err != nil {
			v.t.Fatal(err)
		}
		programs[p.Hash()] = p
		signer := newParty(v.t, []string{"root", "bob", "carol"}[i])
		s, err := chains.Sign(signer.private, chains.Plain, v.root.public, c.Prefix(i), p.Hash())
		if err != nil {
			v.t.Fatal(err)
		}
		c.Links = append(c.Links, chains.Link{Program: p.Hash(), Signatures: []chains.Signature{s}})
	}
	verified, err := chains.NewVerifier(v.root.public, chains.VerifierOptions{}).Verify(c)
	if err != nil {
		v.t.Fatal(err)
	}
	a := &attempt{tx: tx, recorder: recorder, lines: &Lines{}, id: chains.Capsule{Chain: c, Input: []byte(input)}.ID()}
	a.out, a.err = v.engine.Turn(context.Background(), runtime.Invocation{
		Chain: verified,
		Input: []byte(input),
		Program: func(_ context.Context, h chains.Hash) (chains.Program, bool, error) {
			p, ok := programs[h]
			return p, ok, nil
		},
		Powers: v.set.Open(Scope{
			Tx: tx, ID: a.id, Chain: verified, Arrived: arrived, Recorder: recorder, Lines: a.lines, Post: v.post.In(tx),
		}),
	})
	v.t.Cleanup(tx.Rollback)
	return a
}

// arrived is when the tests' messages do.
var arrived = time.UnixMicro(1_700_000_000_123_456)

// run attempts a message, wants it to succeed, and commits it.
func (v *vat) run(input string, texts ...string) string {
	v.t.Helper()
	a := v.attempt(&Recorder{}, input, texts...)
	v.commit(a)
	return string(a.out.Result)
}

func (v *vat) commit(a *attempt) {
	v.t.Helper()
	if a.err != nil {
		v.t.Fatalf("the message failed: %v", a.err)
	}
	if err := a.tx.Commit(context.Background(), &store.Record{ID: a.id, Recorded: record(a.recorder)}); err != nil {
		v.t.Fatal(err)
	}
}

// outbox gives the staged rows that have committed.
func (v *vat) outbox() []store.Outgoing {
	v.t.Helper()
	rows, err := v.store.Outbox(context.Background(), 0, 100)
	if err != nil {
		v.t.Fatal(err)
	}
	return rows
}

// want runs one program of root's and compares its result.
func (v *vat) want(want, body string) {
	v.t.Helper()
	if got := v.run("", "exports.main = async ({ power }) => { "+body+" }"); got != want {
		v.t.Errorf("%s\ngave %s\nwant %s", body, got, want)
	}
}

// throws runs one program of root's and compares the error that it caught.
func (v *vat) throws(want, body string) {
	v.t.Helper()
	got := v.run("", "exports.main = async ({ power }) => { try { "+body+"; return 'nothing was thrown' } catch (e) { return e.name + ': ' + e.message } }")
	if !strings.Contains(got, want) {
		v.t.Errorf("%s\ngave %s\nwant %q in it", body, got, want)
	}
}

// TestWorkedExample is the one of docs/POWERS.md and the README.
func TestWorkedExample(t *testing.T) {
	v := newVat(t, Grants{Store: true, Log: true}, `
		const store = require('qvat:store')
		exports.counters = store.table('counters')
		exports.log = require('qvat:log')`)
	bob, carol := newParty(t, "bob").public.String(), newParty(t, "carol").public.String()
	alice := `exports.main = async ({ power, next }) => {
		if (!next?.signedBy('` + bob + `')) throw new Error('for Bob alone')
		const row = power.counters
		return next.load()({
			read: () => row.get('bob') ?? 0,
			add: n => { const v = (row.get('bob') ?? 0) + n; row.set('bob', v); return v },
		})
	}`
	if got := v.run("", alice, `exports.main = async ({ power }) => [power.add(2), power.add(3)]`); got != "[2,5]" {
		t.Errorf("bob adds: got %s", got)
	}
	if got := v.run("", alice, `exports.main = async ({ power, next }) => {
			if (!next) return power.read()
			if (!next.signedBy('`+carol+`')) throw new Error('for Carol alone')
			return next.load()({ read: power.read })
		}`, `exports.main = async ({ power }) => ({ counter: await power.read() })`); got != `{"counter":5}` {
		t.Errorf("carol reads: got %s", got)
	}
}

// TestGrants: a module that is not granted is not there, and the zero value
// grants none.
func TestGrants(t *testing.T) {
	if got := newSet(t, Grants{}).Modules(); len(got) != 0 {
		t.Errorf("the zero value grants %d modules", len(got))
	}
	v := newVat(t, Grants{Log: true}, `require('qvat:log'); require('qvat:store')`)
	a := v.attempt(&Recorder{}, "", `exports.main = () => 1`)
	var f *runtime.Failure
	if !errors.As(a.err, &f) || !strings.Contains(f.Message, "qvat:store, which this vat does not grant") {
		t.Errorf("got %v", a.err)
	}
}

func TestBadGrants(t *testing.T) {
	for _, c := range []struct {
		name, want string
		g          Grants
	}{
		{"no directory", "make the directory", Grants{Files: FilesGrant{Dir: filepath.Join(t.TempDir(), "none")}}},
		{"limit", "below zero", Grants{Files: FilesGrant{Dir: t.TempDir(), FileBytes: -1}}},
		{"origin", "plain form", Grants{HTTP: HTTPGrant{Origins: []string{"https://example.com/"}}}},
		{"http limit", "below zero", Grants{HTTP: HTTPGrant{Origins: []string{"https://example.com"}, Timeout: -1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := New(c.g); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
