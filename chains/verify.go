package chains

import (
	"crypto/ed25519"
	"crypto/sha256"
	"sync/atomic"
)

// Verifier verifies chains for one vat, and remembers what it has verified. It
// is safe for concurrent use.
type Verifier struct {
	root    PublicKey
	triples *recent // SHA-256 of key, signature and message that verify
	keys    *recent // public keys that ParsePublicKey takes
}

// VerifierOptions are what a [Verifier] may be told. The zero value works.
type VerifierOptions struct {
	// Signatures is how many verified signatures are remembered, about 100
	// bytes each; zero or less stands for 65,536.
	Signatures int
	// Keys is how many checked public keys are remembered, about 100 bytes
	// each; zero or less stands for 16,384.
	Keys int
}

// NewVerifier makes a verifier for the vat of the root key. With the zero key
// it is one that no chain passes.
func NewVerifier(root PublicKey, o VerifierOptions) *Verifier {
	return &Verifier{
		root:    root,
		triples: newRecent(max(2, orDefault(o.Signatures, 1<<16))),
		keys:    newRecent(max(2, orDefault(o.Keys, 1<<14))),
	}
}

// Verify makes a chain into one that may be evaluated: its first link carries a
// valid signature, of either kind, by the vat's root key. Otherwise the error is
// [ErrRootNotSigned], or a [*MalformedError] for a chain that has no encoding.
//
// The other signatures are verified when somebody asks; a chain may carry some
// that nobody asks for. Verify copies the chain: what becomes of c later does
// not matter.
func (v *Verifier) Verify(c Chain) (Verified, error) {
	if err := c.Validate(); err != nil {
		return Verified{}, err
	}
	d := &verified{by: v, programs: c.Prefix(len(c.Links)), first: make([]int, 1, len(c.Links)+1)}
	total := 0
	for _, l := range c.Links {
		total += len(l.Signatures)
		d.first = append(d.first, total)
	}
	d.signatures = make([]Signature, 0, total)
	for _, l := range c.Links {
		d.signatures = append(d.signatures, l.Signatures...)
	}
	d.known = make([]atomic.Int32, total)
	if v.root == (PublicKey{}) || !d.signed(0, v.root.b, question{checked: true}) {
		return Verified{}, ErrRootNotSigned
	}
	return Verified{d: d}, nil
}

// Verified is a chain whose first link the vat's root key has signed. Only
// [Verifier.Verify] makes one. It never changes, and is safe for concurrent use.
// The zero Verified has no links and answers false.
//
// Links count from 0. A link that is not there has no signers and the zero hash.
type Verified struct{ d *verified }

// verified is the inside of a Verified: the links laid flat.
type verified struct {
	by         *Verifier
	programs   []Hash
	signatures []Signature
	first      []int // link i has the signatures from first[i] to before first[i+1]
	// known is what is known of each signature. Failures are remembered for
	// this chain alone, so that a program that asks a thousand times costs one
	// verification; the shared cache holds no failures, which anybody could
	// make without end.
	known []atomic.Int32
}

const (
	unknown int32 = iota
	holds
	fails
)

// question is what a caller wants of a signature beside its key.
type question struct {
	bound   bool // only the bound kind will do
	checked bool // the key asked for is a PublicKey already
}

// Chain gives a copy of the chain.
func (v Verified) Chain() Chain {
	if v.d == nil {
		return Chain{}
	}
	c := Chain{Links: make([]Link, v.Len())}
	for i := range c.Links {
		c.Links[i] = Link{
			Program:    v.d.programs[i],
			Signatures: append([]Signature(nil), v.d.signatures[v.d.first[i]:v.d.first[i+1]]...),
		}
	}
	return c
}

// Len gives the number of links.
func (v Verified) Len() int {
	if v.d == nil {
		return 0
	}
	return len(v.d.programs)
}

func (v Verified) has(link int) bool { return link >= 0 && link < v.Len() }

// Program gives the hash of a link's program.
func (v Verified) Program(link int) Hash {
	if !v.has(link) {
		return Hash{}
	}
	return v.d.programs[link]
}

// SignedBy reports whether the link carries a valid signature, of either kind,
// by the key.
func (v Verified) SignedBy(link int, key PublicKey) bool {
	return v.has(link) && key != (PublicKey{}) && v.d.signed(link, key.b, question{checked: true})
}

// BoundBy reports whether the link carries a valid signature of the bound kind
// by the key.
func (v Verified) BoundBy(link int, key PublicKey) bool {
	return v.has(link) && key != (PublicKey{}) && v.d.signed(link, key.b, question{bound: true, checked: true})
}

// SignedByHex is [Verified.SignedBy] for a key of 64 hex digits, of either case,
// as a program gives it. Anything else is a [*MalformedError]; 64 digits that
// name no public key have signed nothing. A key that the link does not carry
// costs no arithmetic, and one that it carries is checked once and remembered.
func (v Verified) SignedByHex(link int, key string) (bool, error) {
	b, err := keyBytes(key)
	if err != nil {
		return false, err
	}
	return v.has(link) && v.d.signed(link, b, question{}), nil
}

// BoundByHex is to [Verified.BoundBy] what [Verified.SignedByHex] is to
// SignedBy.
func (v Verified) BoundByHex(link int, key string) (bool, error) {
	b, err := keyBytes(key)
	if err != nil {
		return false, err
	}
	return v.has(link) && v.d.signed(link, b, question{bound: true}), nil
}

// Signers gives the keys that have validly signed the link, with either kind,
// each once, in the order of their first signature on it. It verifies all the
// link's signatures, at most [MaxSignatures].
func (v Verified) Signers(link int) []PublicKey {
	if !v.has(link) {
		return nil
	}
	var keys []PublicKey
	asked := make(map[[32]byte]bool)
	for _, s := range v.d.signatures[v.d.first[link]:v.d.first[link+1]] {
		if asked[s.Key] {
			continue
		}
		asked[s.Key] = true
		if v.d.signed(link, s.Key, question{}) {
			// A key that a signature holds for has been checked.
			keys = append(keys, PublicKey{b: s.Key})
		}
	}
	return keys
}

// signed reports whether a signature of the link by the key holds.
func (d *verified) signed(link int, key [32]byte, q question) bool {
	for i := d.first[link]; i < d.first[link+1]; i++ {
		s := &d.signatures[i]
		if s.Key == key && (s.Kind == Bound || !q.bound) && d.holds(link, i, q.checked) {
			return true
		}
	}
	return false
}

// holds reports whether signature i, which is of the link, is valid.
func (d *verified) holds(link, i int, checked bool) bool {
	switch d.known[i].Load() {
	case holds:
		return true
	case fails:
		return false
	}
	// Two that ask at once both work it out, and find the same.
	s := &d.signatures[i]
	var space [boundSize]byte
	message := appendMessage(space[:0], s.Kind, d.by.root, d.programs[:link], d.programs[link])
	if d.by.verifies(s, message, checked) {
		d.known[i].Store(holds)
		return true
	}
	d.known[i].Store(fails)
	return false
}

// verifies reports whether s signs the message and its key is one; checked says
// that the latter is known.
func (v *Verifier) verifies(s *Signature, message []byte, checked bool) bool {
	// Key and signature have one length and the message comes last, so two
	// triples never hash the same bytes.
	var space [ed25519.PublicKeySize + ed25519.SignatureSize + boundSize]byte
	triple := append(append(append(space[:0], s.Key[:]...), s.Sig[:]...), message...)
	id := sha256.Sum256(triple)
	if v.triples.has(id) {
		return true
	}
	if !checked && !v.isKey(s.Key) {
		return false
	}
	if !ed25519.Verify(s.Key[:], message, s.Sig[:]) {
		return false
	}
	v.triples.add(id)
	return true
}

// isKey reports whether b is what ParsePublicKey takes.
func (v *Verifier) isKey(b [ed25519.PublicKeySize]byte) bool {
	if v.keys.has(b) {
		return true
	}
	if _, err := ParsePublicKey(b[:]); err != nil {
		return false
	}
	v.keys.add(b)
	return true
}
