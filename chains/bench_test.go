package chains_test

import (
	"strings"
	"testing"

	"qvat/chains"
	"qvat/chains/chaintest"
)

const threeLinks = "root -> bob:bob! -> carol"

// asks is what a vat and the two parents of a three-link chain ask.
func asks(b *testing.B, v *chains.Verifier, c chains.Chain, bob, carol string) {
	verified, err := v.Verify(c)
	if err != nil {
		b.Fatal(err)
	}
	byBob, err := verified.SignedByHex(1, bob)
	if err != nil || !byBob {
		b.Fatal("not signed by bob", err)
	}
	byCarol, err := verified.SignedByHex(2, carol)
	if err != nil || !byCarol {
		b.Fatal("not signed by carol", err)
	}
}

func BenchmarkDecodeChain(b *testing.B) {
	raw := chaintest.Parse(threeLinks).Chain.Encode()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := chains.DecodeChain(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeCapsule(b *testing.B) {
	raw, err := chaintest.Parse(threeLinks).Capsule(`{"x":1}`).Encode()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := chains.DecodeCapsule(raw, chains.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerifyCold is the first message of three signers.
func BenchmarkVerifyCold(b *testing.B) {
	c := chaintest.Parse(threeLinks).Chain
	bob, carol := chaintest.Public("bob").String(), chaintest.Public("carol").String()
	b.ReportAllocs()
	for b.Loop() {
		asks(b, verifier(), c, bob, carol)
	}
}

// BenchmarkVerifyCached is every later message of the same chain.
func BenchmarkVerifyCached(b *testing.B) {
	c := chaintest.Parse(threeLinks).Chain
	bob, carol := chaintest.Public("bob").String(), chaintest.Public("carol").String()
	v := verifier()
	b.ReportAllocs()
	for b.Loop() {
		asks(b, v, c, bob, carol)
	}
}

// BenchmarkDecodeAndVerifyCached is what a message costs this room: a capsule
// with no bodies, its id, and the answers.
func BenchmarkDecodeAndVerifyCached(b *testing.B) {
	s := chaintest.Parse(threeLinks)
	s.Programs = nil
	raw, err := s.Capsule(`{"x":1}`).Encode()
	if err != nil {
		b.Fatal(err)
	}
	bob, carol := chaintest.Public("bob").String(), chaintest.Public("carol").String()
	v := verifier()
	b.ReportAllocs()
	for b.Loop() {
		c, err := chains.DecodeCapsule(raw, chains.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		if c.ID() == (chains.Hash{}) {
			b.Fatal("no id")
		}
		asks(b, v, c.Chain, bob, carol)
	}
}

func BenchmarkParsePublicKey(b *testing.B) {
	key := chaintest.Public("bob").Bytes()
	for b.Loop() {
		if _, err := chains.ParsePublicKey(key); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRequires is NewProgram, hash and all, over a mebibyte: of ordinary
// text, of nothing but the word, and of the word with white space after it.
func BenchmarkRequires(b *testing.B) {
	fill := func(piece string) string {
		return strings.Repeat(piece, chains.DefaultProgram/len(piece))
	}
	for name, text := range map[string]string{
		"ordinary": fill("const x = power.counters.get('bob') ?? 0 // a line\n"),
		"words":    fill(" require"),
		"calls":    fill(" require('" + strings.Repeat("a", 64) + "')"),
		"space":    "require" + strings.Repeat(" ", chains.DefaultProgram-7),
	} {
		b.Run(name, func(b *testing.B) {
			raw := []byte(text)
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				if _, err := chains.NewProgram(raw, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
