package chains_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"qvat/chains"
	"qvat/chains/chaintest"
)

// signed is what the protocol says that each kind signs, written a second time.
func signed(kind chains.Kind, root chains.PublicKey, prefix []chains.Hash, program chains.Hash) []byte {
	if kind == chains.Plain {
		return program[:]
	}
	h := sha256.New()
	for _, p := range prefix {
		h.Write(p[:])
	}
	return bytes.Join([][]byte{[]byte("qvat bound signature v1\n"), root.Bytes(), h.Sum(nil), program[:]}, nil)
}

func TestSignAndVerify(t *testing.T) {
	key, root := chaintest.Key("bob"), chaintest.Public("root")
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]chains.Kind{chains.Plain, chains.Bound}).Draw(t, "kind")
		prefix := rapid.SliceOfN(genHash(), 0, chains.MaxLinks-1).Draw(t, "prefix")
		program := genHash().Draw(t, "program")
		s, err := chains.Sign(key, kind, root, prefix, program)
		if err != nil {
			t.Fatal(err)
		}
		if s.Kind != kind || s.Key != [32]byte(chaintest.Public("bob").Bytes()) {
			t.Fatalf("signed as %s by %x", s.Kind, s.Key)
		}
		if want := ed25519.Sign(key, signed(kind, root, prefix, program)); !bytes.Equal(s.Sig[:], want) {
			t.Fatalf("signature %x, want %x", s.Sig, want)
		}
		if !s.Verifies(root, prefix, program) {
			t.Fatal("does not verify")
		}
		checkOthers(t, s, root, prefix, program)
	})
}

// checkOthers asks about everything but what s signs.
func checkOthers(t *rapid.T, s chains.Signature, root chains.PublicKey, prefix []chains.Hash, program chains.Hash) {
	bound := s.Kind == chains.Bound
	if got := s.Verifies(chaintest.Public("carol"), prefix, program); got == bound {
		t.Fatalf("%s on another vat: %v", s.Kind, got)
	}
	if got := s.Verifies(chains.PublicKey{}, prefix, program); got == bound {
		t.Fatalf("%s with no vat: %v", s.Kind, got)
	}
	if len(prefix) > 0 {
		if got := s.Verifies(root, prefix[1:], program); got == bound {
			t.Fatalf("%s after a shorter prefix: %v", s.Kind, got)
		}
		if other := slices.Concat(prefix[1:], prefix[:1]); !slices.Equal(other, prefix) && s.Verifies(root, other, program) == bound {
			t.Fatalf("%s after the prefix in another order", s.Kind)
		}
	}
	other := program
	other[rapid.IntRange(0, 31).Draw(t, "byte")]++
	if s.Verifies(root, prefix, other) {
		t.Fatal("verifies another program")
	}
	for _, k := range []chains.Kind{0, 1, 2, 255} {
		s := s
		if k != s.Kind {
			s.Kind = k
			if s.Verifies(root, prefix, program) {
				t.Fatalf("verifies as %s too", k)
			}
		}
	}
}

func TestSignRefuses(t *testing.T) {
	key, root := chaintest.Key("bob"), chaintest.Public("root")
	long := make([]chains.Hash, chains.MaxLinks)
	tests := []struct {
		name   string
		key    ed25519.PrivateKey
		kind   chains.Kind
		root   chains.PublicKey
		prefix []chains.Hash
		ok     bool
	}{
		{"plain without a root", key, chains.Plain, chains.PublicKey{}, nil, true},
		{"the last link", key, chains.Bound, root, long[1:], true},
		{"a link too many", key, chains.Bound, root, long, false},
		{"bound without a root", key, chains.Bound, chains.PublicKey{}, nil, false},
		{"unknown kind", key, 2, root, nil, false},
		{"no key", nil, chains.Plain, root, nil, false},
		{"a seed for a key", key.Seed(), chains.Plain, root, nil, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := chains.Sign(test.key, test.kind, test.root, test.prefix, chains.Hash{1})
			if test.ok != (err == nil) || test.ok == (s == chains.Signature{}) {
				t.Errorf("error %v, want ok %v", err, test.ok)
			}
		})
	}
	s, err := chains.Sign(key, chains.Plain, root, nil, chains.Hash{1})
	if err != nil || s.Verifies(root, long, chains.Hash{1}) {
		t.Errorf("verifies after a prefix that no link comes after (error %v)", err)
	}
}

// TestConfinement14 is row 14: what is signed for one purpose must mean nothing
// for another. The bound kind has a domain of its own; the plain kind has none,
// so whoever gets a key to sign 32 bytes of their choice has a plain signature.
// Hence keys that sign anything else are other keys, and here is what those
// sign: something with a domain before it, which is never 32 bytes.
func TestConfinement14(t *testing.T) {
	key, root := chaintest.Key("bob"), chaintest.Public("root")
	hash := program(t, "exports.main = () => 1").Hash()
	verifies := func(kind chains.Kind, message []byte) bool {
		s := chains.Signature{Kind: kind, Key: [32]byte(key[32:]), Sig: [64]byte(ed25519.Sign(key, message))}
		return s.Verifies(root, nil, hash)
	}
	if !verifies(chains.Plain, hash[:]) {
		t.Error("32 bytes that were signed for any purpose are a plain signature: if that has changed, so has the format")
	}
	for name, message := range map[string][]byte{
		"a node's domain":          append([]byte("qvat node session v1\n"), hash[:]...),
		"the bound domain alone":   []byte("qvat bound signature v1\n"),
		"bound, its domain cut":    signed(chains.Bound, root, nil, hash)[1:],
		"bound, with no domain":    bytes.TrimPrefix(signed(chains.Bound, root, nil, hash), []byte("qvat bound signature v1\n")),
		"bound, with another":      bytes.Replace(signed(chains.Bound, root, nil, hash), []byte("v1"), []byte("v2"), 1),
		"the hash as text":         []byte(hash.String()),
		"the hash and a byte more": append(bytes.Clone(hash[:]), 0),
	} {
		if verifies(chains.Plain, message) || verifies(chains.Bound, message) {
			t.Errorf("%s is taken for a program's signature", name)
		}
	}
	if verifies(chains.Bound, hash[:]) || verifies(chains.Plain, signed(chains.Bound, root, nil, hash)) {
		t.Error("one kind is taken for the other")
	}
}

func TestKindString(t *testing.T) {
	for kind, want := range map[chains.Kind]string{chains.Plain: "plain", chains.Bound: "bound", 2: "kind 2", 255: "kind 255"} {
		if got := kind.String(); got != want {
			t.Errorf("%d is %q, want %q", byte(kind), got, want)
		}
	}
}
