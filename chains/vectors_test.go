package chains_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"qvat/chains"
)

// vectors is a file of test vectors, as shared between implementations. Fields
// that are not named here are notes for people.
type vectors struct {
	Keys map[string]struct {
		Seed, Public string
	}
	Programs map[string]struct {
		Text, Hash string
	}
	Chains []struct {
		Name, Hex, Expect, Why string
	}
	Signatures []struct {
		Name, Key, Signature, Root, Program string

		Kind   int
		Prefix []string
		OK     *bool
	}
	Capsules []struct {
		Name, Hex, Expect, Why string

		Programs []string
		Input    *string
		ID       string
	}
	Ed25519 []struct {
		Name, Key, Message, Signature, Why string

		OK *bool
	}
}

// readVectors reads the file that QVAT_VECTORS names (an absolute path: a test
// runs in its package's folder), or our own copy.
func readVectors(tb testing.TB) vectors {
	tb.Helper()
	path := os.Getenv("QVAT_VECTORS")
	if path == "" {
		path = "testdata/vectors/chains.json"
	}
	text, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(text, &v); err != nil {
		tb.Fatalf("%s: %v", path, err)
	}
	for section, n := range map[string]int{
		"chains": len(v.Chains), "signatures": len(v.Signatures), "capsules": len(v.Capsules), "ed25519": len(v.Ed25519),
	} {
		if n == 0 {
			tb.Fatalf("%s: the section %q is missing or empty", path, section)
		}
	}
	return v
}

func TestVectors(t *testing.T) {
	v := readVectors(t)
	t.Run("keys", func(t *testing.T) { testKeyVectors(t, v) })
	t.Run("programs", func(t *testing.T) { testProgramVectors(t, v) })
	t.Run("chains", func(t *testing.T) { testChainVectors(t, v) })
	t.Run("signatures", func(t *testing.T) { testSignatureVectors(t, v) })
	t.Run("capsules", func(t *testing.T) { testCapsuleVectors(t, v) })
	t.Run("ed25519", func(t *testing.T) { testEd25519Vectors(t, v) })
}

func testKeyVectors(t *testing.T, v vectors) {
	for name, k := range v.Keys {
		private, err := chains.PublicKeyOf(privateKey(t, k.Seed))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		public, err := chains.ParsePublicKeyHex(k.Public)
		if err != nil || public != private {
			t.Errorf("%s: public key %s, seed gives %s (error %v)", name, k.Public, private, err)
		}
	}
}

func testProgramVectors(t *testing.T, v vectors) {
	for name, p := range v.Programs {
		got, err := chains.NewProgram([]byte(p.Text), 0)
		if err != nil || got.Hash().String() != p.Hash {
			t.Errorf("%s: hash %s, want %s (error %v)", name, got.Hash(), p.Hash, err)
		}
	}
}

func testChainVectors(t *testing.T, v vectors) {
	for _, c := range v.Chains {
		t.Run(c.Name, func(t *testing.T) {
			b := unhex(t, c.Hex)
			got, err := chains.DecodeChain(b)
			if !expected(t, c.Expect, c.Why, err) {
				return
			}
			if !bytes.Equal(got.Encode(), b) {
				t.Error("encoded again, the bytes are others")
			}
		})
	}
}

func testCapsuleVectors(t *testing.T, v vectors) {
	for _, c := range v.Capsules {
		t.Run(c.Name, func(t *testing.T) {
			b := unhex(t, c.Hex)
			got, err := chains.DecodeCapsule(b, chains.Limits{})
			if !expected(t, c.Expect, c.Why, err) {
				return
			}
			again, err := got.Encode()
			if err != nil || !bytes.Equal(again, b) {
				t.Errorf("encoded again, the bytes are others (error %v)", err)
			}
			if len(got.Programs) != len(c.Programs) {
				t.Fatalf("%d bodies, want %d", len(got.Programs), len(c.Programs))
			}
			for i, want := range c.Programs {
				if got.Programs[i].Text() != want {
					t.Errorf("body %d is %q, want %q", i, got.Programs[i].Text(), want)
				}
			}
			if c.Input != nil && string(got.Input) != *c.Input {
				t.Errorf("input %q, want %q", got.Input, *c.Input)
			}
			if c.ID != "" && got.ID().String() != c.ID {
				t.Errorf("id %s, want %s", got.ID(), c.ID)
			}
		})
	}
}

// expected compares the outcome with what a vector expects; true means that the
// vector is good and was decoded. A word that is not known here is some reason
// to refuse.
func expected(t *testing.T, expect, why string, err error) bool {
	t.Helper()
	var malformed *chains.MalformedError
	var tooLarge *chains.TooLargeError
	switch {
	case expect == "":
		t.Fatal("the vector says nothing about what it expects")
	case expect == "ok" && err != nil:
		t.Fatalf("refused: %v (%s)", err, why)
	case expect == "ok":
		return true
	case err == nil:
		t.Errorf("decoded, want %s (%s)", expect, why)
	case expect == "malformed" && !errors.As(err, &malformed), expect == "too_large" && !errors.As(err, &tooLarge):
		t.Errorf("refused with %q, want %s (%s)", err, expect, why)
	}
	return false
}

func testSignatureVectors(t *testing.T, v vectors) {
	for _, s := range v.Signatures {
		t.Run(s.Name, func(t *testing.T) {
			if s.OK == nil {
				t.Fatal("the vector does not say whether it is ok")
			}
			if got := signatureHolds(t, s.Kind, s.Key, s.Signature, s.Root, s.Program, s.Prefix); got != *s.OK {
				t.Errorf("verifies: %v, want %v", got, *s.OK)
			}
		})
	}
}

// signatureHolds asks about a signature whose key and signature may have any
// length: such a one cannot even be written.
func signatureHolds(t *testing.T, kind int, key, signature, root, program string, prefix []string) bool {
	t.Helper()
	// A root that is no key leaves the zero key: then nothing bound holds.
	var rootKey chains.PublicKey
	if k, err := chains.ParsePublicKeyHex(root); err == nil {
		rootKey = k
	}
	before := make([]chains.Hash, len(prefix))
	for i, p := range prefix {
		before[i] = parseHash(t, p)
	}
	k, sig := unhex(t, key), unhex(t, signature)
	s := chains.Signature{Kind: chains.Kind(kind)}
	if int(s.Kind) != kind || len(k) != len(s.Key) || len(sig) != len(s.Sig) {
		return false
	}
	copy(s.Key[:], k)
	copy(s.Sig[:], sig)
	return s.Verifies(rootKey, before, parseHash(t, program))
}

func testEd25519Vectors(t *testing.T, v vectors) {
	for _, e := range v.Ed25519 {
		t.Run(e.Name, func(t *testing.T) {
			if e.OK == nil {
				t.Fatal("the vector does not say whether it is ok")
			}
			key, err := chains.ParsePublicKey(unhex(t, e.Key))
			// A key that was refused is the zero key, which must answer false.
			got := key.Verify(unhex(t, e.Message), unhex(t, e.Signature))
			if got != *e.OK {
				t.Errorf("verifies: %v, want %v: %s (key: %v)", got, *e.OK, e.Why, err)
			}
		})
	}
}

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func parseHash(tb testing.TB, s string) chains.Hash {
	tb.Helper()
	h, err := chains.ParseHash(s)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}
