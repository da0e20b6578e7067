package chains

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func number(n int) [32]byte {
	var k [32]byte
	binary.BigEndian.PutUint64(k[:], uint64(n))
	return k
}

// A recent set never holds more than its bound, nothing that was not added, and
// always what was added or asked for less than half a bound of newcomers ago.
func TestRecent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bound := rapid.IntRange(2, 40).Draw(t, "bound")
		r := newRecent(bound)
		var touched []int // latest last, each once
		touch := func(n int) {
			for i, other := range touched {
				if other == n {
					touched = append(touched[:i], touched[i+1:]...)
					break
				}
			}
			touched = append(touched, n)
		}
		added := make(map[int]bool)
		for range rapid.IntRange(0, 300).Draw(t, "steps") {
			n := rapid.IntRange(0, 3*bound).Draw(t, "n")
			if rapid.Bool().Draw(t, "add") {
				r.add(number(n))
				added[n] = true
				touch(n)
			} else if r.has(number(n)) {
				if !added[n] {
					t.Fatalf("%d was never added", n)
				}
				touch(n)
			}
			if len(r.young)+len(r.old) > bound {
				t.Fatalf("holds %d and %d, bound %d", len(r.young), len(r.old), bound)
			}
		}
		for _, n := range touched[max(0, len(touched)-bound/2):] {
			_, young := r.young[number(n)]
			_, old := r.old[number(n)]
			if !young && !old {
				t.Fatalf("%d was forgotten, too soon", n)
			}
		}
	})
}

// What is asked for outlives any number of newcomers.
func TestRecentKeepsWhatIsInUse(t *testing.T) {
	r := newRecent(100)
	r.add(number(-1))
	r.add(number(-2))
	for n := range 10_000 {
		r.add(number(n))
		if n%40 == 0 && !r.has(number(-1)) {
			t.Fatalf("forgotten after %d newcomers", n)
		}
	}
	if r.has(number(-2)) {
		t.Error("what nobody asked for is still there")
	}
}

func TestRecentZero(t *testing.T) {
	var r recent
	r.add(number(1))
	if r.has(number(1)) {
		t.Error("the zero set took something")
	}
}

// Good signatures and keys are remembered, bad ones are not: failures are
// without end and anybody can make them.
func TestVerifierRemembersWhatIsGood(t *testing.T) {
	v := NewVerifier(PublicKey{}, VerifierOptions{Signatures: 10, Keys: 10})
	var bad [32]byte
	if v.isKey(bad) || len(v.keys.young) != 0 {
		t.Error("a bad key is good, or is remembered")
	}
	good := [32]byte{0x58}
	for i := 1; i < 32; i++ {
		good[i] = 0x66 // the base point of RFC 8032
	}
	if !v.isKey(good) || !v.keys.has(good) {
		t.Error("a good key is bad, or is not remembered")
	}
	s := &Signature{Key: good}
	if v.verifies(s, []byte("message"), true) || len(v.triples.young) != 0 {
		t.Error("a bad signature is good, or is remembered")
	}
	private := ed25519.NewKeyFromSeed(make([]byte, 32))
	signed, err := Sign(private, Plain, PublicKey{}, nil, Hash{1})
	if err != nil {
		t.Fatal(err)
	}
	message := Hash{1}
	id := sha256.Sum256(slices.Concat(signed.Key[:], signed.Sig[:], message[:]))
	if !v.verifies(&signed, message[:], false) || !v.triples.has(id) {
		t.Error("a good signature is bad, or is not remembered")
	}
}

// What is remembered is not worked out again. To see it, the memory is given
// something false: a signature that does not verify.
func TestVerifierAsksItsMemoryFirst(t *testing.T) {
	s := Signature{Kind: Plain, Key: [32]byte{1, 2, 3}}
	c := Chain{Links: []Link{{Program: Hash{1}, Signatures: []Signature{s}}}}
	id := sha256.Sum256(slices.Concat(s.Key[:], s.Sig[:], c.Links[0].Program[:]))
	root := PublicKey{b: s.Key}
	v := NewVerifier(root, VerifierOptions{})
	if _, err := v.Verify(c); !errors.Is(err, ErrRootNotSigned) {
		t.Fatalf("a bad signature is good: %v", err)
	}
	v.triples.add(id)
	d, err := v.Verify(c)
	if err != nil {
		t.Fatal("what is remembered was worked out again")
	}
	v.triples = newRecent(2)
	if !d.SignedBy(0, root) {
		t.Error("what holds for a chain was worked out again")
	}
}

// A chain remembers what does not hold, so that a program that keeps asking
// costs one verification.
func TestVerifiedRemembersFailures(t *testing.T) {
	bad := Signature{Kind: Plain, Key: [32]byte{9}}
	root := Signature{Kind: Plain, Key: [32]byte{1}}
	c := Chain{Links: []Link{{Program: Hash{1}, Signatures: []Signature{root}}, {Signatures: []Signature{bad}}}}
	v := NewVerifier(PublicKey{b: root.Key}, VerifierOptions{})
	v.triples.add(sha256.Sum256(slices.Concat(root.Key[:], root.Sig[:], c.Links[0].Program[:])))
	d, err := v.Verify(c)
	if err != nil {
		t.Fatal(err)
	}
	key := PublicKey{b: bad.Key}
	if d.SignedBy(1, key) {
		t.Fatal("a bad signature is good")
	}
	v.triples.add(sha256.Sum256(slices.Concat(bad.Key[:], bad.Sig[:], c.Links[1].Program[:])))
	if d.SignedBy(1, key) {
		t.Error("what does not hold was worked out again")
	}
}
