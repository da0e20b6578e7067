package chains_test

import (
	"bytes"
	"errors"
	"testing"

	"qvat/chains"
	"qvat/chains/chaintest"
)

// seed adds to a fuzz target what the vectors hold; a target that starts from
// nothing tests nothing, so it fails.
func seed(f *testing.F, add func(v vectors) int) {
	f.Helper()
	if n := add(readVectors(f)); n == 0 {
		f.Fatal("no seeds: a fuzz target that starts from nothing tests nothing")
	}
}

// FuzzChain: what decodes is encoded again to itself, the rest is malformed.
func FuzzChain(f *testing.F) {
	seed(f, func(v vectors) int {
		for _, c := range v.Chains {
			f.Add(unhex(f, c.Hex))
		}
		return len(v.Chains)
	})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := chains.DecodeChain(b)
		if err != nil {
			checkRefusal(t, err, len(b))
			return
		}
		if !bytes.Equal(c.Encode(), b) {
			t.Error("encoded again, the bytes are others")
		}
	})
}

// FuzzCapsule: the same of capsules, and a capsule's id does not depend on its
// bodies.
func FuzzCapsule(f *testing.F) {
	seed(f, func(v vectors) int {
		for _, c := range v.Capsules {
			f.Add(unhex(f, c.Hex))
		}
		return len(v.Capsules)
	})
	f.Fuzz(func(t *testing.T, b []byte) {
		lim := chains.Limits{Capsule: 1 << 16, Program: 1 << 12, Input: 1 << 12}
		c, err := chains.DecodeCapsule(b, lim)
		if err != nil {
			checkRefusal(t, err, len(b))
			return
		}
		again, err := c.Encode()
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("encoded again, the bytes are others (error %v)", err)
		}
		bare := chains.Capsule{Chain: c.Chain, Input: c.Input}
		if bare.ID() != c.ID() {
			t.Error("the id depends on the bodies")
		}
	})
}

// checkRefusal says that a refusal is one that a caller can act on.
func checkRefusal(t *testing.T, err error, size int) {
	t.Helper()
	var m *chains.MalformedError
	var large *chains.TooLargeError
	switch {
	case errors.As(err, &large) && large.Max < size:
	case errors.As(err, &m) && 0 <= m.Offset && m.Offset <= size && m.What != "":
	default:
		t.Errorf("refused %d bytes with %v", size, err)
	}
}

// FuzzMalleability takes a chain, has each of its links truly signed, and flips
// one bit: whatever the bit, the chain does not decode any more, or at least one
// signature has gone and none has come.
func FuzzMalleability(f *testing.F) {
	seed(f, func(v vectors) int {
		n := 0
		for _, c := range v.Chains {
			if b := unhex(f, c.Hex); c.Expect == "ok" {
				for _, bit := range []uint32{0, 39, 40, 300, 5*8 + 33*8, uint32(len(b)*8 - 1)} {
					f.Add(b, bit)
					n++
				}
			}
		}
		return n
	})
	f.Fuzz(func(t *testing.T, b []byte, bit uint32) {
		c, err := chains.DecodeChain(b)
		if err != nil {
			return
		}
		c = resign(t, c)
		before := claims(t, c)
		flipped := c.Encode()
		bit %= uint32(len(flipped) * 8)
		flipped[bit/8] ^= 1 << (bit % 8)
		d, err := chains.DecodeChain(flipped)
		if err != nil {
			checkRefusal(t, err, len(flipped))
			return
		}
		if !bytes.Equal(d.Encode(), flipped) {
			t.Fatal("encoded again, the flipped bytes are others")
		}
		after := claims(t, d)
		for claim := range after {
			if !before[claim] {
				t.Errorf("bit %d: flipping it made %+v", bit, claim)
			}
		}
		if len(after) >= len(before) {
			t.Errorf("bit %d: all %d signatures still hold", bit, len(before))
		}
	})
}

// resign gives the first links of c with true signatures of the same kinds: one
// at least, three at most, each by a key of its own, the root's being first.
func resign(t *testing.T, c chains.Chain) chains.Chain {
	t.Helper()
	names := []string{chaintest.Root, "bob", "carol"}
	var made chains.Chain
	for _, l := range c.Links[:min(3, len(c.Links))] {
		kinds := []chains.Kind{chains.Plain}
		if n := min(len(names), len(l.Signatures)); n > 0 {
			kinds = kinds[:0]
			for _, s := range l.Signatures[:n] {
				kinds = append(kinds, s.Kind)
			}
		}
		link := chains.Link{Program: l.Program}
		for i, kind := range kinds {
			s, err := chains.Sign(chaintest.Key(names[i]), kind, chaintest.Public(chaintest.Root), made.Prefix(len(made.Links)), l.Program)
			if err != nil {
				t.Fatal(err)
			}
			link.Signatures = append(link.Signatures, s)
		}
		made.Links = append(made.Links, link)
	}
	return made
}

// claim is one thing that a signature on a chain says.
type claim struct {
	link    int
	prefix  string // for what is bound
	program chains.Hash
	key     chains.PublicKey
	bound   bool
}

// claims gives what the signatures of a chain truly say: what a Verified
// answers, or, where root's signature is gone, each signature by itself. The
// two must agree.
func claims(t *testing.T, c chains.Chain) map[claim]bool {
	t.Helper()
	root := chaintest.Public(chaintest.Root)
	v, err := chains.NewVerifier(root, chains.VerifierOptions{}).Verify(c)
	if err != nil && !errors.Is(err, chains.ErrRootNotSigned) {
		t.Fatal(err)
	}
	found := make(map[claim]bool)
	rooted := false
	for i, l := range c.Links {
		var prefix []byte
		for _, h := range c.Prefix(i) {
			prefix = append(prefix, h[:]...)
		}
		for _, s := range l.Signatures {
			key, bad := chains.ParsePublicKey(s.Key[:])
			if bad != nil || !s.Verifies(root, c.Prefix(i), l.Program) {
				continue
			}
			made := claim{link: i, program: l.Program, key: key, bound: s.Kind == chains.Bound}
			if made.bound {
				made.prefix = string(prefix)
			}
			found[made] = true
			rooted = rooted || i == 0 && key == root
			if err == nil && (!v.SignedBy(i, key) || made.bound && !v.BoundBy(i, key)) {
				t.Errorf("link %d: the verified chain does not know of %+v", i, made)
			}
		}
	}
	if rooted != (err == nil) {
		t.Errorf("root has signed: %v; verified: %v", rooted, err)
	}
	return found
}

// Each bit of a signed chain, one after the other: FuzzMalleability by hand.
func TestEveryBitCounts(t *testing.T) {
	b := chaintest.Parse("root:root! -> bob").Chain.Encode()
	v := verifier()
	for bit := range len(b) * 8 {
		flipped := bytes.Clone(b)
		flipped[bit/8] ^= 1 << (bit % 8)
		c, err := chains.DecodeChain(flipped)
		if err != nil {
			continue
		}
		if d, err := v.Verify(c); err == nil && len(d.Signers(0))+len(d.Signers(1)) >= 2 {
			t.Errorf("bit %d does not count", bit)
		}
	}
}
