package chains_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"filippo.io/edwards25519"
	"pgregory.net/rapid"

	"qvat/chains"
	"qvat/chains/chaintest"
)

// smallOrder are all 14 encodings, canonical or not, of the eight points whose
// order divides 8. Anybody can sign for a key of these.
func smallOrder() []string {
	return []string{
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"0100000000000000000000000000000000000000000000000000000000000080",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	}
}

// torsion gives the seven points of small order that are not the identity.
func torsion(tb testing.TB) []*edwards25519.Point {
	tb.Helper()
	var points []*edwards25519.Point
	for _, s := range smallOrder()[1:8] {
		p, err := new(edwards25519.Point).SetBytes(unhex(tb, s))
		if err != nil {
			tb.Fatal(err)
		}
		points = append(points, p)
	}
	return points
}

func refused(tb testing.TB, b []byte) {
	tb.Helper()
	k, err := chains.ParsePublicKey(b)
	var m *chains.MalformedError
	if !errors.As(err, &m) || k != (chains.PublicKey{}) {
		tb.Errorf("%x was taken for a key (error %v)", b, err)
	}
}

// TestConfinement11SmallOrder, and the tests after it, are row 11: a public key
// is checked when it enters.
func TestConfinement11SmallOrder(t *testing.T) {
	for _, s := range smallOrder() {
		refused(t, unhex(t, s))
	}
}

// A key of mixed order is an honest one with a point of small order added.
func TestConfinement11MixedOrder(t *testing.T) {
	points := torsion(t)
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed")
		honest := ed25519.NewKeyFromSeed(seed)[32:]
		if _, err := chains.ParsePublicKey(honest); err != nil {
			t.Fatalf("an honest key was refused: %v", err)
		}
		p, err := new(edwards25519.Point).SetBytes(honest)
		if err != nil {
			t.Fatal(err)
		}
		mixed := p.Add(p, rapid.SampledFrom(points).Draw(t, "torsion")).Bytes()
		if _, err := chains.ParsePublicKey(mixed); err == nil {
			t.Fatalf("%x has a part of small order, and was taken", mixed)
		}
	})
}

// All encodings of y that are not below p = 2^255-19: two byte strings would
// name one key.
func TestConfinement11NonCanonical(t *testing.T) {
	for low := 0xed; low <= 0xff; low++ {
		for _, high := range []byte{0x7f, 0xff} {
			b := bytes.Repeat([]byte{0xff}, 32)
			b[0], b[31] = byte(low), high
			refused(t, b)
			// Where the curve has such a point, it is its name that is refused.
			_, onCurve := new(edwards25519.Point).SetBytes(b)
			if _, err := chains.ParsePublicKey(b); onCurve == nil && !strings.Contains(err.Error(), "canonical") {
				t.Errorf("%x was refused for another reason: %v", b, err)
			}
		}
	}
}

func TestConfinement11AnyLength(t *testing.T) {
	honest := chaintest.Public("bob").Bytes()
	for n := range 100 {
		if n != 32 {
			refused(t, append(honest, make([]byte, 100)...)[:n])
		}
	}
	refused(t, nil)
}

// What is no key must answer false, not panic, whatever it is asked.
func TestConfinement11NeverPanics(t *testing.T) {
	message := []byte("message")
	good := ed25519.Sign(chaintest.Key("bob"), message)
	bob := chaintest.Public("bob")
	if !bob.Verify(message, good) {
		t.Fatal("bob's signature does not verify")
	}
	for n := range 130 {
		sig := append(bytes.Clone(good), make([]byte, 70)...)[:n]
		if n != 64 && bob.Verify(message, sig) {
			t.Errorf("a signature of %d bytes verifies", n)
		}
	}
	// The zero key's bytes are a point of order 4, so these are forgeries that
	// crypto/ed25519 takes for some messages.
	forged := append(bytes.Clone(unhex(t, smallOrder()[0])), make([]byte, 32)...)
	accepted := false
	for i := range 64 {
		message := []byte{byte(i)}
		accepted = accepted || ed25519.Verify(make([]byte, 32), message, forged)
		if (chains.PublicKey{}).Verify(message, forged) {
			t.Errorf("message %d verifies under the zero key", i)
		}
	}
	if !accepted {
		t.Error("crypto/ed25519 takes none of the forgeries: this test tests nothing")
	}
}

// The first three examples of RFC 8032, section 7.1.
func TestRFC8032(t *testing.T) {
	for _, v := range []struct{ seed, public, message, signature string }{
		{
			"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
			"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
			"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
		},
		{
			"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
			"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
			"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
		},
		{
			"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
			"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
			"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
		},
	} {
		key, err := chains.ParsePublicKeyHex(v.public)
		if err != nil {
			t.Fatal(err)
		}
		if own, err := chains.PublicKeyOf(privateKey(t, v.seed)); err != nil || own != key {
			t.Errorf("the seed gives %s, want %s (error %v)", own, key, err)
		}
		if !key.Verify(unhex(t, v.message), unhex(t, v.signature)) {
			t.Errorf("the signature of %q does not verify", v.message)
		}
	}
}

func TestPublicKeyText(t *testing.T) {
	bob := chaintest.Public("bob")
	for _, s := range []string{bob.String(), strings.ToUpper(bob.String())} {
		if k, err := chains.ParsePublicKeyHex(s); err != nil || k != bob {
			t.Errorf("%s read as %s (error %v)", s, k, err)
		}
	}
	for bad, offset := range map[string]int{
		"":                         0,
		bob.String()[1:]:           63,
		bob.String() + "0":         64,
		"0x" + bob.String()[2:]:    0,
		bob.String()[:62] + "zz":   62,
		strings.Repeat("00", 32):   0,
		bob.String()[:62] + "\xff": 63,
	} {
		_, err := chains.ParsePublicKeyHex(bad)
		var m *chains.MalformedError
		if !errors.As(err, &m) || m.Offset != offset {
			t.Errorf("%q: %v, want malformed at byte %d", bad, err, offset)
		}
	}
	b, err := json.Marshal(bob)
	if err != nil || string(b) != `"`+bob.String()+`"` {
		t.Fatalf("as JSON %s (error %v)", b, err)
	}
	var back chains.PublicKey
	if err := json.Unmarshal(b, &back); err != nil || back != bob {
		t.Errorf("%s came back (error %v)", back, err)
	}
	if err := json.Unmarshal([]byte(`"`+smallOrder()[0]+`"`), &back); err == nil || back != bob {
		t.Errorf("a key of small order was taken from JSON, or bob's was overwritten: %s", back)
	}
}

func TestPublicKeyBytesAreACopy(t *testing.T) {
	bob := chaintest.Public("bob")
	clear(bob.Bytes())
	if bob != chaintest.Public("bob") {
		t.Error("clearing the bytes cleared the key")
	}
}

func TestPublicKeyOfRefusesWhatIsNoPrivateKey(t *testing.T) {
	spliced := append(bytes.Clone(chaintest.Key("bob")[:32]), chaintest.Key("carol")[32:]...)
	for name, key := range map[string]ed25519.PrivateKey{
		"nil": nil, "a seed": chaintest.Key("bob").Seed(), "65 bytes": make([]byte, 65), "another's public half": spliced,
	} {
		if k, err := chains.PublicKeyOf(key); err == nil || k != (chains.PublicKey{}) {
			t.Errorf("%s: gives %s", name, k)
		}
	}
}
