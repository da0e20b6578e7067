package chains

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"

	"filippo.io/edwards25519"
)

// PublicKey is an Ed25519 public key that has been checked: 32 bytes that are
// the canonical encoding (RFC 8032, section 5.1.2) of a point of the prime-order
// subgroup other than the identity. Outside that set anybody can make signatures
// that verify, and one key can have two names. PublicKeys compare with ==.
//
// The zero PublicKey is no key: nothing verifies under it.
type PublicKey struct{ b [ed25519.PublicKeySize]byte }

// ParsePublicKey checks a public key of 32 bytes. Any other bytes are a
// [*MalformedError]. It takes tens of microseconds, since it multiplies
// a point; a [Verifier] remembers the keys that it has checked.
func ParsePublicKey(b []byte) (PublicKey, error) {
	if len(b) != ed25519.PublicKeySize {
		return PublicKey{}, malformed(min(len(b), ed25519.PublicKeySize), "a public key is 32 bytes, this is %d", len(b))
	}
	p, err := new(edwards25519.Point).SetBytes(b)
	if err != nil {
		return PublicKey{}, malformed(0, "these bytes are no public key: they name no point of the curve")
	}
	// SetBytes also takes y + p for y, and a sign bit on x = 0.
	if !bytes.Equal(p.Bytes(), b) {
		return PublicKey{}, malformed(0, "this public key is not in its canonical encoding")
	}
	if !ofPrimeOrder(p) {
		return PublicKey{}, malformed(0, "this public key is not a point of the prime-order subgroup: anybody could sign for it")
	}
	return PublicKey{b: [ed25519.PublicKeySize]byte(b)}, nil
}

// ofPrimeOrder reports whether p, a point of the curve, generates the subgroup
// of prime order L. Scalars live modulo L, so L·p is had as (L-1)·p + p: p is in
// the subgroup when (L-1)·p is -p. A key is public, so variable time will do.
func ofPrimeOrder(p *edwards25519.Point) bool {
	if p.Equal(edwards25519.NewIdentityPoint()) == 1 {
		return false
	}
	zero := edwards25519.NewScalar()
	one, err := edwards25519.NewScalar().SetCanonicalBytes(append([]byte{1}, make([]byte, 31)...))
	if err != nil {
		return false // cannot be: 1 is canonical
	}
	last := edwards25519.NewScalar().Negate(one)
	q := new(edwards25519.Point).VarTimeDoubleScalarBaseMult(last, p, zero)
	return q.Equal(new(edwards25519.Point).Negate(p)) == 1
}

// ParsePublicKeyHex reads and checks a public key of 64 hex digits, of either
// case. Anything else is a [*MalformedError].
func ParsePublicKeyHex(s string) (PublicKey, error) {
	b, err := keyBytes(s)
	if err != nil {
		return PublicKey{}, err
	}
	return ParsePublicKey(b[:])
}

// keyBytes reads 64 hex digits, of either case; whether they name a key is not
// asked.
func keyBytes(s string) ([ed25519.PublicKeySize]byte, error) {
	var b [ed25519.PublicKeySize]byte
	if len(s) != 2*len(b) {
		return b, malformed(min(len(s), 2*len(b)), "a public key is 64 hex digits, this is %d bytes long", len(s))
	}
	if n, err := hex.Decode(b[:], []byte(s)); err != nil {
		return b, malformed(2*n, "a public key is 64 hex digits, this holds something else")
	}
	return b, nil
}

// PublicKeyOf gives the public key of a private one. A private key that is not
// 64 bytes, or whose second half is not the public key of its first, is an
// error: to sign with such a key is to give it away.
func PublicKeyOf(key ed25519.PrivateKey) (PublicKey, error) {
	if len(key) != ed25519.PrivateKeySize {
		return PublicKey{}, errors.New("not an Ed25519 private key: its length is wrong")
	}
	if !key.Equal(ed25519.NewKeyFromSeed(key.Seed())) {
		return PublicKey{}, errors.New("not an Ed25519 private key: its public half belongs to another key")
	}
	return PublicKey{b: [ed25519.PublicKeySize]byte(key[ed25519.PublicKeySize:])}, nil
}

// String gives the key as 64 lower-case hex digits.
func (k PublicKey) String() string { return hex.EncodeToString(k.b[:]) }

// Bytes gives a copy of the key's 32 bytes.
func (k PublicKey) Bytes() []byte { return bytes.Clone(k.b[:]) }

// MarshalText gives the key as [PublicKey.String] does.
func (k PublicKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads and checks what [ParsePublicKeyHex] does, and fails as it
// does.
func (k *PublicKey) UnmarshalText(text []byte) error {
	parsed, err := ParsePublicKeyHex(string(text))
	if err != nil {
		return err
	}
	*k = parsed
	return nil
}

// Verify reports whether signature is the key's Ed25519 signature of message,
// by RFC 8032, section 5.1.7, cofactorless and with canonical S, as crypto/ed25519
// has it. A signature of any length but 64 bytes, and the zero key, answer false.
func (k PublicKey) Verify(message, signature []byte) bool {
	if k == (PublicKey{}) || len(signature) != ed25519.SignatureSize {
		return false
	}
	return ed25519.Verify(k.b[:], message, signature)
}
