package chains_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"qvat/chains"
	"qvat/chains/chaintest"
)

func privateKey(tb testing.TB, seed string) ed25519.PrivateKey {
	tb.Helper()
	return ed25519.NewKeyFromSeed(unhex(tb, seed))
}

// genHash, genSignature and genChain draw values that need mean nothing.
func genHash() *rapid.Generator[chains.Hash] {
	return rapid.Custom(func(t *rapid.T) chains.Hash {
		return chains.Hash(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "hash"))
	})
}

func genSignature() *rapid.Generator[chains.Signature] {
	return rapid.Custom(func(t *rapid.T) chains.Signature {
		return chains.Signature{
			Kind: rapid.SampledFrom([]chains.Kind{chains.Plain, chains.Bound}).Draw(t, "kind"),
			Key:  [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key")),
			Sig:  [64]byte(rapid.SliceOfN(rapid.Byte(), 64, 64).Draw(t, "sig")),
		}
	})
}

func genChain() *rapid.Generator[chains.Chain] {
	return rapid.Custom(func(t *rapid.T) chains.Chain {
		var c chains.Chain
		for range rapid.IntRange(1, chains.MaxLinks).Draw(t, "links") {
			l := chains.Link{Program: genHash().Draw(t, "program")}
			if n := rapid.IntRange(0, 3).Draw(t, "signatures"); n > 0 {
				l.Signatures = rapid.SliceOfN(genSignature(), n, n).Draw(t, "signature")
			}
			c.Links = append(c.Links, l)
		}
		return c
	})
}

func TestChainRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := genChain().Draw(t, "chain")
		b := c.Encode()
		got, err := chains.DecodeChain(b)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, c) {
			t.Fatalf("got %+v, want %+v", got, c)
		}
	})
}

// Every proper beginning of a chain, and every chain with something after it, is
// refused, at a byte that is there or is the end.
func TestChainIsWholeOrRefused(t *testing.T) {
	b := chaintest.Parse("root -> bob:bob+bob! -> carol:").Chain.Encode()
	for n := range b {
		_, err := chains.DecodeChain(b[:n])
		var m *chains.MalformedError
		if !errors.As(err, &m) || m.Offset < 0 || m.Offset > n {
			t.Fatalf("cut to %d bytes: %v", n, err)
		}
	}
	_, err := chains.DecodeChain(append(slices.Clone(b), 0))
	var m *chains.MalformedError
	if !errors.As(err, &m) || m.Offset != len(b) {
		t.Fatalf("with a byte more: %v, want malformed at %d", err, len(b))
	}
}

func TestChainMalformedSaysWhere(t *testing.T) {
	whole := chaintest.Parse("root -> bob").Chain.Encode()
	const link = 32 + 1 + chains.SignatureSize
	tests := []struct {
		name   string
		at     int
		to     byte
		offset int
		what   string
	}{
		{"mark", 3, '2', 0, `begin with "qvc1"`},
		{"no links", 4, 0, 4, "count of links is 0"},
		{"too many links", 4, 65, 4, "count of links is 65"},
		{"more links than bytes", 4, 64, 5, "64 links need"},
		{"too many signatures", 5 + 32, 17, 5 + 32, "count of signatures is 17"},
		{"kind", 5 + 33, 2, 5 + 33, "unknown kind 2"},
		{"kind of the second link", 5 + link + 33, 255, 5 + link + 33, "unknown kind 255"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := slices.Clone(whole)
			b[test.at] = test.to
			_, err := chains.DecodeChain(b)
			var m *chains.MalformedError
			if !errors.As(err, &m) {
				t.Fatalf("%v, want malformed", err)
			}
			if m.Offset != test.offset || !strings.Contains(m.What, test.what) {
				t.Errorf("%v, want %q at byte %d", m, test.what, test.offset)
			}
		})
	}
}

func TestChainBuiltByHand(t *testing.T) {
	link := chains.Link{}
	tests := []struct {
		name  string
		chain chains.Chain
		ok    bool
	}{
		{"no links", chains.Chain{}, false},
		{"64 links", chains.Chain{Links: slices.Repeat([]chains.Link{link}, 64)}, true},
		{"65 links", chains.Chain{Links: slices.Repeat([]chains.Link{link}, 65)}, false},
		{"257 links", chains.Chain{Links: slices.Repeat([]chains.Link{link}, 257)}, false},
		{"16 signatures", chains.Chain{Links: []chains.Link{{Signatures: make([]chains.Signature, 16)}}}, true},
		{"17 signatures", chains.Chain{Links: []chains.Link{{Signatures: make([]chains.Signature, 17)}}}, false},
		{"kind 2", chains.Chain{Links: []chains.Link{{Signatures: []chains.Signature{{Kind: 2}}}}}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err, b := test.chain.Validate(), test.chain.Encode()
			if test.ok != (err == nil) || test.ok != (b != nil) {
				t.Fatalf("validate: %v, encoded to %d bytes; want ok %v", err, len(b), test.ok)
			}
			var m *chains.MalformedError
			if !test.ok && (!errors.As(err, &m) || m.Offset != -1) {
				t.Errorf("%v, want malformed with no byte", err)
			}
		})
	}
}

func TestLargestChain(t *testing.T) {
	full := chains.Link{Signatures: make([]chains.Signature, chains.MaxSignatures)}
	b := chains.Chain{Links: slices.Repeat([]chains.Link{full}, chains.MaxLinks)}.Encode()
	if len(b) != chains.MaxChain {
		t.Errorf("the largest chain has %d bytes, MaxChain says %d", len(b), chains.MaxChain)
	}
	c, err := chains.DecodeChain(b)
	if err != nil || !bytes.Equal(c.Encode(), b) {
		t.Errorf("the largest chain does not come back (error %v)", err)
	}
}

// What an error says reaches the sender: what is wrong and where, or the limit.
func TestErrorText(t *testing.T) {
	_, chainErr := chains.DecodeChain([]byte("qvc1\x00"))
	_, largeErr := chains.DecodeCapsule(make([]byte, 11), chains.Limits{Capsule: 10})
	for err, want := range map[error]string{
		chainErr:                    "malformed: the count of links is 0, not from 1 to 64, at byte 4",
		(chains.Chain{}).Validate(): "malformed: a chain of 0 links: it has from 1 to 64",
		largeErr:                    "too large: more than the 10 bytes of the limit capsule_bytes",
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
}

func TestPrefix(t *testing.T) {
	c := chaintest.Parse("root -> bob -> carol").Chain
	all := []chains.Hash{c.Links[0].Program, c.Links[1].Program, c.Links[2].Program}
	for i, want := range map[int][]chains.Hash{-1: {}, 0: {}, 1: all[:1], 2: all[:2], 3: all, 4: all} {
		if got := c.Prefix(i); !slices.Equal(got, want) {
			t.Errorf("prefix of %d: %v, want %v", i, got, want)
		}
	}
}

// A decoder must not spend memory on what a sender only claims.
func TestClaimsCostNothing(t *testing.T) {
	chain := chaintest.Parse("root").Chain.Encode()
	capsule := append([]byte("qvp1\x00\x00\x00"), byte(len(chain)))
	capsule = append(capsule, chain...)
	tests := []struct {
		name   string
		decode func() error
	}{
		{"64 links", func() error {
			_, err := chains.DecodeChain([]byte("qvc1\x40"))
			return err
		}},
		{"chain of 4 GiB", func() error {
			_, err := chains.DecodeCapsule([]byte("qvp1\xff\xff\xff\xff"), chains.Limits{})
			return err
		}},
		{"65535 bodies", func() error {
			_, err := chains.DecodeCapsule(append(slices.Clone(capsule), "\xff\xff"...), chains.Limits{})
			return err
		}},
		{"body of 4 GiB", func() error {
			_, err := chains.DecodeCapsule(append(slices.Clone(capsule), "\x00\x01\xff\xff\xff\xff1234"...), chains.Limits{})
			return err
		}},
		{"input of 4 GiB", func() error {
			_, err := chains.DecodeCapsule(append(slices.Clone(capsule), "\x00\x00\xff\xff\xff\xff1234"...), chains.Limits{})
			return err
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := test.decode()
			runtime.ReadMemStats(&after)
			var m *chains.MalformedError
			if !errors.As(err, &m) {
				t.Errorf("%v, want malformed", err)
			}
			if spent := after.TotalAlloc - before.TotalAlloc; spent > 1<<16 {
				t.Errorf("spent %d bytes on refusing it", spent)
			}
		})
	}
}
