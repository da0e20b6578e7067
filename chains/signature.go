package chains

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
)

// Kind says what a signature covers.
type Kind byte

const (
	// Plain signs the 32-byte program hash alone: the signer stands for this
	// program wherever its key is accepted.
	Plain Kind = 0
	// Bound signs the program after exactly the programs before it, on one
	// vat: a copied link is worth nothing elsewhere.
	Bound Kind = 1
)

// String gives "plain" or "bound"; any other kind by its number.
func (k Kind) String() string {
	switch k {
	case Plain:
		return "plain"
	case Bound:
		return "bound"
	}
	return fmt.Sprintf("kind %d", byte(k))
}

func (k Kind) known() bool { return k == Plain || k == Bound }

// Signature is a signature as it travels: nothing in it has been checked but,
// once decoded, its kind.
type Signature struct {
	Kind Kind
	Key  [ed25519.PublicKeySize]byte
	Sig  [ed25519.SignatureSize]byte
}

// boundDomain begins every message of the bound kind, so that no such message
// is one of another kind or purpose. A plain one is 32 bytes and nothing more:
// that is why a key that signs programs must sign nothing else.
const boundDomain = "qvat bound signature v1\n"

// boundSize is the length of the message of the bound kind, the longer one.
const boundSize = len(boundDomain) + 3*sha256.Size

// appendMessage appends what a signature of the kind signs; plain has no use
// for root and prefix. The prefix must be shorter than [MaxLinks].
func appendMessage(dst []byte, kind Kind, root PublicKey, prefix []Hash, program Hash) []byte {
	if kind == Plain {
		return append(dst, program[:]...)
	}
	var flat [MaxLinks * sha256.Size]byte
	for i, h := range prefix {
		copy(flat[i*len(h):], h[:])
	}
	before := sha256.Sum256(flat[:len(prefix)*sha256.Size])
	dst = append(dst, boundDomain...)
	dst = append(dst, root.b[:]...)
	dst = append(dst, before[:]...)
	return append(dst, program[:]...)
}

// Sign signs a program's hash. For [Bound], root is the root key of the vat and
// prefix the program hashes of all earlier links ([Chain.Prefix]); [Plain] uses
// neither. It fails for an unknown kind, a private key that is none
// ([PublicKeyOf]), and for Bound without a root or with a prefix that leaves no
// room for another link.
//
// A plain signature covers 32 bytes that look like any other 32 bytes. So a key
// that signs programs must sign nothing else, and Sign signs nothing but a
// [Hash].
func Sign(key ed25519.PrivateKey, kind Kind, root PublicKey, prefix []Hash, program Hash) (Signature, error) {
	public, err := PublicKeyOf(key)
	switch {
	case err != nil:
		return Signature{}, err
	case !kind.known():
		return Signature{}, fmt.Errorf("cannot sign with %s: it is plain (0) or bound (1)", kind)
	case kind == Bound && root == PublicKey{}:
		return Signature{}, errors.New("cannot make a bound signature without the root key of the vat that it is for")
	case len(prefix) >= MaxLinks:
		return Signature{}, fmt.Errorf("cannot sign link %d: a chain has at most %d links", len(prefix)+1, MaxLinks)
	}
	s := Signature{Kind: kind, Key: public.b}
	message := appendMessage(make([]byte, 0, boundSize), kind, root, prefix, program)
	copy(s.Sig[:], ed25519.Sign(key, message))
	return s, nil
}

// Verifies reports whether the signature's key is one, and has signed program
// after prefix on the vat of root ([Plain] uses neither). It remembers nothing:
// it is for looking at a chain from outside. A vat asks a [Verified].
func (s Signature) Verifies(root PublicKey, prefix []Hash, program Hash) bool {
	if !s.Kind.known() || len(prefix) >= MaxLinks || (s.Kind == Bound && root == PublicKey{}) {
		return false
	}
	key, err := ParsePublicKey(s.Key[:])
	if err != nil {
		return false
	}
	message := appendMessage(make([]byte, 0, boundSize), s.Kind, root, prefix, program)
	return key.Verify(message, s.Sig[:])
}
