package chains_test

import (
	"crypto/ed25519"
	"errors"
	"math"
	"reflect"
	"slices"
	"sync"
	"testing"

	"qvat/chains"
	"qvat/chains/chaintest"
)

func verifier() *chains.Verifier {
	return chains.NewVerifier(chaintest.Public(chaintest.Root), chains.VerifierOptions{})
}

func mustVerify(tb testing.TB, v *chains.Verifier, c chains.Chain) chains.Verified {
	tb.Helper()
	verified, err := v.Verify(c)
	if err != nil {
		tb.Fatal(err)
	}
	return verified
}

func TestVerifyRoot(t *testing.T) {
	broken := chaintest.Parse("root").Chain
	broken.Links[0].Signatures[0].Sig[0]++
	twice := chaintest.Parse("alice:root+root").Chain
	twice.Links[0].Signatures[0].Sig[0]++
	tests := []struct {
		name  string
		chain chains.Chain
		ok    bool
	}{
		{"plain", chaintest.Parse("alice:root").Chain, true},
		{"bound", chaintest.Parse("alice:root!").Chain, true},
		{"among others", chaintest.Parse("alice:bob+carol!+root").Chain, true},
		{"a broken one and a good one", twice, true},
		{"what follows need not be signed", chaintest.Parse("root -> eve:").Chain, true},
		{"not signed", chaintest.Parse("alice:").Chain, false},
		{"by another", chaintest.Parse("alice:bob -> bob:root").Chain, false},
		{"broken", broken, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := verifier().Verify(test.chain)
			if test.ok && (err != nil || !reflect.DeepEqual(got.Chain(), test.chain)) {
				t.Errorf("refused: %v; or another chain", err)
			}
			if !test.ok && (!errors.Is(err, chains.ErrRootNotSigned) || got != chains.Verified{}) {
				t.Errorf("error %v, want %v", err, chains.ErrRootNotSigned)
			}
		})
	}
}

func TestVerifyOtherVats(t *testing.T) {
	bob := chains.NewVerifier(chaintest.Public("bob"), chains.VerifierOptions{})
	if _, err := bob.Verify(chaintest.Parse("root -> bob").Chain); !errors.Is(err, chains.ErrRootNotSigned) {
		t.Errorf("bob's vat takes the chain of root's: %v", err)
	}
	// A bound signature names the vat; bob's key under root's name is nothing.
	if _, err := bob.Verify(chaintest.Parse("alice:bob!").Chain); !errors.Is(err, chains.ErrRootNotSigned) {
		t.Errorf("bob's vat takes a signature that is bound to root's: %v", err)
	}
}

// The zero key's bytes are a point of order 4, for which anybody can sign: a vat
// that has no root key must not take them for one.
func TestVerifyWithoutRoot(t *testing.T) {
	nobody := chains.NewVerifier(chains.PublicKey{}, chains.VerifierOptions{})
	forged := chains.Signature{Kind: chains.Plain}
	forged.Sig[0] = 1 // R is the identity, S is 0
	accepted := 0
	for i := range 64 {
		program := chains.Hash{byte(i)}
		if ed25519.Verify(forged.Key[:], program[:], forged.Sig[:]) {
			accepted++
		}
		c := chains.Chain{Links: []chains.Link{{Program: program, Signatures: []chains.Signature{forged}}}}
		if _, err := nobody.Verify(c); !errors.Is(err, chains.ErrRootNotSigned) {
			t.Errorf("a vat with no root key takes chain %d: %v", i, err)
		}
	}
	if accepted == 0 {
		t.Error("crypto/ed25519 takes none of the forgeries: this test tests nothing")
	}
}

func TestVerifyRefusesWhatHasNoEncoding(t *testing.T) {
	c := chaintest.Parse("root").Chain
	for name, bad := range map[string]chains.Chain{
		"no links":     {},
		"65 links":     {Links: slices.Repeat(c.Links, 65)},
		"unknown kind": {Links: []chains.Link{c.Links[0], {Signatures: []chains.Signature{{Kind: 7}}}}},
	} {
		var m *chains.MalformedError
		if _, err := verifier().Verify(bad); !errors.As(err, &m) {
			t.Errorf("%s: %v, want malformed", name, err)
		}
	}
}

// answers is what can be asked of a link about one key.
type answers struct{ signed, bound bool }

// ask asks in each way there is; they must agree.
func ask(t *testing.T, v chains.Verified, link int, name string) answers {
	t.Helper()
	key := chaintest.Public(name)
	a := answers{v.SignedBy(link, key), v.BoundBy(link, key)}
	signed, err1 := v.SignedByHex(link, key.String())
	bound, err2 := v.BoundByHex(link, key.String())
	if err1 != nil || err2 != nil || (answers{signed, bound}) != a {
		t.Errorf("link %d, %s: %v by key, %v, %v by hex (errors %v, %v)", link, name, a, signed, bound, err1, err2)
	}
	if slices.Contains(v.Signers(link), key) != a.signed {
		t.Errorf("link %d, %s: signers are %v, signed is %v", link, name, v.Signers(link), a.signed)
	}
	return a
}

func TestVerifiedAnswers(t *testing.T) {
	c := chaintest.Parse("alice:root -> bob:bob! -> carol:carol+carol!+dave -> eve:").Chain
	forged := chaintest.Parse("alice:root -> bob:bob!").Chain.Links[1].Signatures[0]
	c.Links[3].Signatures = append(c.Links[3].Signatures, forged) // bob's, of another link
	want := []map[string]answers{
		{"root": {true, false}},
		{"bob": {true, true}},
		{"carol": {true, true}, "dave": {true, false}},
		{},
	}
	shared := verifier()
	for round := range 3 { // cold, then from the cache
		v := mustVerify(t, shared, c)
		if v.Len() != 4 {
			t.Fatalf("%d links", v.Len())
		}
		for link := range want {
			if v.Program(link) != c.Links[link].Program {
				t.Errorf("round %d: link %d has program %s", round, link, v.Program(link))
			}
			for _, name := range []string{"root", "bob", "carol", "dave", "eve"} {
				for range 2 {
					if got := ask(t, v, link, name); got != want[link][name] {
						t.Errorf("round %d: link %d by %s: %+v, want %+v", round, link, name, got, want[link][name])
					}
				}
			}
		}
		signers := v.Signers(2)
		if !slices.Equal(signers, []chains.PublicKey{chaintest.Public("carol"), chaintest.Public("dave")}) {
			t.Errorf("round %d: signers of link 2: %v", round, signers)
		}
	}
}

// A link that is copied after another prefix keeps its plain signatures and
// loses its bound ones.
func TestBoundLinkIsWorthNothingElsewhere(t *testing.T) {
	here := chaintest.Parse("root -> bob:bob+bob! -> carol:carol+carol!").Chain
	there := chaintest.Parse("root -> mallory").Chain
	there.Links = append(there.Links, here.Links[1:]...)
	v := mustVerify(t, verifier(), there)
	for link, name := range map[int]string{2: "bob", 3: "carol"} {
		if got := ask(t, v, link, name); got != (answers{signed: true}) {
			t.Errorf("link %d by %s: %+v, want a plain signature alone", link, name, got)
		}
	}
}

func TestVerifiedOutOfRange(t *testing.T) {
	root := chaintest.Public("root")
	for _, v := range []chains.Verified{{}, mustVerify(t, verifier(), chaintest.Parse("root").Chain)} {
		for _, link := range []int{-1, v.Len(), v.Len() + 1, math.MaxInt} {
			byHex, err := v.SignedByHex(link, root.String())
			boundHex, err2 := v.BoundByHex(link, root.String())
			if v.SignedBy(link, root) || v.BoundBy(link, root) || byHex || boundHex || err != nil || err2 != nil {
				t.Errorf("link %d of %d is signed", link, v.Len())
			}
			if v.Program(link) != (chains.Hash{}) || v.Signers(link) != nil {
				t.Errorf("link %d of %d is there", link, v.Len())
			}
		}
	}
	if got := (chains.Verified{}).Chain(); len(got.Links) != 0 {
		t.Errorf("the zero Verified has the chain %v", got)
	}
}

// Row 11 again, from the wire: a signature whose key is none holds for nobody,
// even where crypto/ed25519 would take it.
func TestConfinement11OnAChain(t *testing.T) {
	c := chaintest.Parse("root -> bob:").Chain
	var identity chains.Signature // R = the identity, S = 0
	identity.Key[0], identity.Sig[0] = 1, 1
	var zero chains.Signature
	zero.Sig = identity.Sig
	c.Links[1].Signatures = []chains.Signature{identity, zero}
	v := mustVerify(t, verifier(), c)
	if got := v.Signers(1); len(got) != 0 {
		t.Errorf("signers %v", got)
	}
	for _, s := range smallOrder() {
		signed, err := v.SignedByHex(1, s)
		bound, err2 := v.BoundByHex(1, s)
		if signed || bound || err != nil || err2 != nil {
			t.Errorf("signed by %s: %v, %v (errors %v, %v)", s, signed, bound, err, err2)
		}
	}
	if v.SignedBy(1, chains.PublicKey{}) || v.BoundBy(1, chains.PublicKey{}) {
		t.Error("signed by the zero key")
	}
}

func TestHexThatIsNone(t *testing.T) {
	v := mustVerify(t, verifier(), chaintest.Parse("root").Chain)
	root := chaintest.Public("root").String()
	for _, bad := range []string{"", root[1:], root + "0", root[:63] + "g", " " + root[1:], root[:62] + "é"} {
		_, err := v.SignedByHex(0, bad)
		_, err2 := v.BoundByHex(0, bad)
		var m *chains.MalformedError
		if !errors.As(err, &m) || !errors.As(err2, &m) {
			t.Errorf("%q: %v, %v, want malformed", bad, err, err2)
		}
	}
}

// A verified chain is what was verified, whatever becomes of the slices.
func TestVerifiedDoesNotChange(t *testing.T) {
	c := chaintest.Parse("root -> bob:bob+carol").Chain
	want := c.Encode()
	v := mustVerify(t, verifier(), c)
	spoil := func(c chains.Chain) {
		for i := range c.Links {
			c.Links[i].Program = chains.Hash{0xee}
			for j := range c.Links[i].Signatures {
				c.Links[i].Signatures[j] = chains.Signature{}
			}
			c.Links[i].Signatures = append(c.Links[i].Signatures[:1], chains.Signature{Kind: 1})
		}
	}
	spoil(c)
	spoil(v.Chain())
	if got := v.Chain().Encode(); !slices.Equal(got, want) {
		t.Error("the verified chain changed")
	}
	if v.Program(1) == (chains.Hash{0xee}) || !v.SignedBy(1, chaintest.Public("carol")) {
		t.Error("the answers changed")
	}
}

// With room for two, nothing stays, and every answer is the same.
func TestSmallCacheGivesTheSameAnswers(t *testing.T) {
	tiny := chains.NewVerifier(chaintest.Public("root"), chains.VerifierOptions{Signatures: 1, Keys: 1})
	for range 5 {
		for _, diagram := range []string{"root -> bob:bob!+carol", "alice:root! -> dave:dave+bob"} {
			c := chaintest.Parse(diagram).Chain
			small, big := mustVerify(t, tiny, c), mustVerify(t, verifier(), c)
			for link := range c.Links {
				if !slices.Equal(small.Signers(link), big.Signers(link)) {
					t.Errorf("%s, link %d: %v, with a large cache %v", diagram, link, small.Signers(link), big.Signers(link))
				}
			}
		}
	}
}

func TestVerifierFromManyGoroutines(t *testing.T) {
	shared := chains.NewVerifier(chaintest.Public("root"), chains.VerifierOptions{Signatures: 4, Keys: 4})
	good := chaintest.Parse("root -> bob:bob!+carol -> dave").Chain
	bad := chaintest.Parse("root -> bob:bob!+carol -> dave").Chain
	bad.Links[2].Signatures[0].Sig[5] ^= 1
	one := mustVerify(t, shared, good)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 5 {
				for _, v := range []chains.Verified{one, mustVerify(t, shared, good)} {
					if !v.BoundBy(1, chaintest.Public("bob")) || len(v.Signers(1)) != 2 || !v.SignedBy(2, chaintest.Public("dave")) {
						t.Error("a good signature does not hold")
					}
				}
				if mustVerify(t, shared, bad).SignedBy(2, chaintest.Public("dave")) {
					t.Error("a bad signature holds")
				}
			}
		})
	}
	wait.Wait()
}
