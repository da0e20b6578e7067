package chains_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"qvat/chains"
	"qvat/chains/chaintest"
)

func program(tb testing.TB, text string) chains.Program {
	tb.Helper()
	p, err := chains.NewProgram([]byte(text), 0)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// rawCapsule writes a capsule without asking whether it is one.
func rawCapsule(chain []byte, bodies []string, input string) []byte {
	b := binary.BigEndian.AppendUint32([]byte("qvp1"), uint32(len(chain)))
	b = append(b, chain...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(bodies)))
	for _, text := range bodies {
		b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
		b = append(b, text...)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(input)))
	return append(b, input...)
}

func TestCapsuleRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := genCapsule(t)
		b, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := chains.DecodeCapsule(b, chains.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, c) {
			t.Fatalf("got %+v, want %+v", got, c)
		}
		cut := rapid.IntRange(0, len(b)-1).Draw(t, "cut")
		var m *chains.MalformedError
		if _, err := chains.DecodeCapsule(b[:cut], chains.Limits{}); !errors.As(err, &m) || m.Offset > cut {
			t.Fatalf("cut to %d bytes: %v", cut, err)
		}
	})
}

// genCapsule draws a capsule with bodies: some are named by links, some by a
// require of a body.
func genCapsule(t *rapid.T) chains.Capsule {
	c := chains.Capsule{Chain: genChain().Draw(t, "chain")}
	have := make(map[chains.Hash]bool)
	add := func(text string) (chains.Hash, bool) {
		p, err := chains.NewProgram([]byte(text), 0)
		if err != nil {
			t.Fatal(err)
		}
		if again := have[p.Hash()]; again {
			return p.Hash(), false
		}
		have[p.Hash()] = true
		c.Programs = append(c.Programs, p)
		return p.Hash(), true
	}
	text := rapid.StringMatching(`[a-z é☃\n]{0,40}`)
	for i := range c.Chain.Links {
		switch rapid.IntRange(0, 2).Draw(t, "body") {
		case 1:
			c.Chain.Links[i].Program, _ = add(text.Draw(t, "text"))
		case 2:
			module, _ := add("// module " + text.Draw(t, "module"))
			c.Chain.Links[i].Program, _ = add(fmt.Sprintf("%s require('%s')", text.Draw(t, "text"), module))
		}
	}
	input := rapid.SampledFrom([]string{"", "null", `{"x":[1,"\u00e9",{}]}`, " 1.5e3 ", `"☃"`}).Draw(t, "input")
	if input != "" {
		c.Input = []byte(input)
	}
	return c
}

// TestCapsuleBodies is the rule about which bodies may travel.
func TestCapsuleBodies(t *testing.T) {
	leaf := program(t, "exports.leaf = 1")
	middle := program(t, "require( \""+leaf.Hash().String()+"\" )")
	root := program(t, "exports.main = () => 1 // require('"+middle.Hash().String()+"')")
	stranger := program(t, "exports.stranger = 1")
	byStranger := program(t, "require(`"+stranger.Hash().String()+"`)")
	chain := chains.Chain{Links: []chains.Link{{Program: root.Hash()}}}

	tests := []struct {
		name     string
		programs []chains.Program
		bad      int // the body that is refused, or -1
		what     string
	}{
		{"none", nil, -1, ""},
		{"a link's", []chains.Program{root}, -1, ""},
		{"a link's, and what it requires", []chains.Program{root, middle}, -1, ""},
		{"all, in any order", []chains.Program{leaf, root, middle}, -1, ""},
		{"a stranger", []chains.Program{root, stranger}, 1, "named by no link"},
		{"a stranger's module too", []chains.Program{stranger, byStranger}, 1, "named by no link"},
		{"a module whose program did not come along", []chains.Program{middle, leaf}, 0, "named by no link"},
		{"twice", []chains.Program{root, middle, root}, 2, "there twice"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := chains.Capsule{Chain: chain, Programs: test.programs}
			_, encodeErr := c.Encode()
			offset := 4 + 4 + len(chain.Encode()) + 2
			texts := make([]string, len(test.programs))
			for i, p := range test.programs {
				texts[i] = p.Text()
				if i < test.bad {
					offset += 4 + len(texts[i])
				}
			}
			_, decodeErr := chains.DecodeCapsule(rawCapsule(chain.Encode(), texts, ""), chains.Limits{})
			if test.bad < 0 {
				if encodeErr != nil || decodeErr != nil {
					t.Fatalf("refused: %v, %v", encodeErr, decodeErr)
				}
				return
			}
			var m *chains.MalformedError
			if !errors.As(encodeErr, &m) || !strings.Contains(m.What, test.what) {
				t.Errorf("encode: %v, want %q", encodeErr, test.what)
			}
			if !errors.As(decodeErr, &m) || !strings.Contains(m.What, test.what) || m.Offset != offset {
				t.Errorf("decode: %v, want %q at byte %d", decodeErr, test.what, offset)
			}
		})
	}
}

func TestCapsuleLimits(t *testing.T) {
	text := strings.Repeat("x", 100)
	chain := chains.Chain{Links: []chains.Link{{Program: program(t, text).Hash()}}}.Encode()
	b := rawCapsule(chain, []string{text}, `"123456"`)
	tests := []struct {
		name  string
		lim   chains.Limits
		limit string // the one that is met
		max   int
	}{
		{"defaults", chains.Limits{}, "", 0},
		{"negative is the default", chains.Limits{Capsule: -1, Program: -1, Input: -1}, "", 0},
		{"just enough", chains.Limits{Capsule: len(b), Program: 100, Input: 8}, "", 0},
		{"capsule", chains.Limits{Capsule: len(b) - 1}, chains.CapsuleBytes, len(b) - 1},
		{"program", chains.Limits{Program: 99}, chains.ProgramBytes, 99},
		{"input", chains.Limits{Input: 7}, chains.InputBytes, 7},
		{"capsule comes first", chains.Limits{Capsule: 10, Program: 1, Input: 1}, chains.CapsuleBytes, 10},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := chains.DecodeCapsule(b, test.lim)
			if test.limit == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var large *chains.TooLargeError
			if !errors.As(err, &large) || large.Limit != test.limit || large.Max != test.max {
				t.Fatalf("%v, want %s of %d", err, test.limit, test.max)
			}
		})
	}
}

// A capsule that is put together is judged as one that is decoded.
func TestCapsuleValidateAsDecode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := genCapsule(t)
		b, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		lim := chains.Limits{
			Capsule: rapid.IntRange(len(b)-1, len(b)+1).Draw(t, "capsule"),
			Program: rapid.IntRange(60, 160).Draw(t, "program"),
			Input:   rapid.IntRange(1, 20).Draw(t, "input"),
		}
		_, decoded := chains.DecodeCapsule(b, lim)
		validated := c.Validate(lim)
		if !reflect.DeepEqual(decoded, validated) {
			t.Fatalf("decoded: %v; validated: %v", decoded, validated)
		}
	})
}

func TestCapsuleInput(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	mixed := strings.Repeat(`{"a":[`, chains.MaxInputDepth/2) + "1" + strings.Repeat(`]}`, chains.MaxInputDepth/2)
	tests := []struct {
		name, input string
		offset      int // of what is wrong in the input, or -1
	}{
		{"empty", "", -1},
		{"null", "null", -1},
		{"space around it", "\t\n {} \r", -1},
		{"as deep as it may be", deep(chains.MaxInputDepth), -1},
		{"objects and arrays", mixed, -1},
		{"many side by side", "[" + strings.Repeat("[],", 500) + "1]", -1},
		{"brackets and quotes in a string", `"\"` + strings.Repeat("[", 500) + `\\"`, -1},
		{"one too deep", deep(chains.MaxInputDepth + 1), chains.MaxInputDepth},
		{"a million deep", deep(500_000), chains.MaxInputDepth},
		{"white space alone", " ", 0},
		{"byte order mark", "\ufeff1", 0},
		{"not UTF-8 in a string", "\"a\xff\"", 2},
		{"a surrogate in UTF-8", "\"\xed\xa0\x80\"", 1},
		{"overlong", "\"\xc0\x80\"", 1},
		{"two values", "1 2", 2},
		{"trailing comma", "[1,]", 3},
		{"NaN", "NaN", 0},
		{"single quotes", "'a'", 0},
		{"a comment", "1 // one", 2},
		{"control character in a string", "\"\n\"", 1},
		{"leading zero", "01", 1},
		{"NUL", "\x00", 0},
		{"unfinished", `{"a":`, 4},
		{"closing more than was opened", "]]" + deep(3), 0},
	}
	chain := chaintest.Parse("root").Chain
	base := 4 + 4 + len(chain.Encode()) + 2 + 4
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, encodeErr := chains.Capsule{Chain: chain, Input: []byte(test.input)}.Encode()
			got, err := chains.DecodeCapsule(rawCapsule(chain.Encode(), nil, test.input), chains.Limits{})
			if test.offset < 0 {
				if err != nil || encodeErr != nil || string(got.Input) != test.input {
					t.Fatalf("got %q: %v, %v", got.Input, err, encodeErr)
				}
				return
			}
			var m *chains.MalformedError
			if !errors.As(err, &m) || m.Offset != base+test.offset {
				t.Errorf("decode: %v, want malformed at byte %d", err, base+test.offset)
			}
			if !errors.As(encodeErr, &m) || m.Offset != test.offset {
				t.Errorf("encode: %v, want malformed at byte %d", encodeErr, test.offset)
			}
		})
	}
}

func TestCapsuleMalformedSaysWhere(t *testing.T) {
	chain := chaintest.Parse("root").Chain.Encode()
	after := 8 + len(chain)
	text := chaintest.Text("root")
	tests := []struct {
		name   string
		b      []byte
		offset int
	}{
		{"empty", nil, 0},
		{"a chain alone", chain, 0},
		{"no chain", rawCapsule(nil, nil, ""), 8},
		{"chain with a byte more", rawCapsule(append(bytes.Clone(chain), 0), nil, ""), after},
		{"chain with a byte less", rawCapsule(chain[:len(chain)-1], nil, ""), 8 + 5 + 33},
		{"body with NUL", rawCapsule(chain, []string{text, "abc\x00"}, ""), after + 2 + 4 + len(text) + 4 + 3},
		{"body not UTF-8", rawCapsule(chain, []string{"é\xff"}, ""), after + 2 + 4 + 2},
		{"a byte after it", append(rawCapsule(chain, nil, "1"), ' '), after + 2 + 4 + 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := chains.DecodeCapsule(test.b, chains.Limits{})
			var m *chains.MalformedError
			if !errors.As(err, &m) || m.Offset != test.offset {
				t.Errorf("%v, want malformed at byte %d", err, test.offset)
			}
		})
	}
}

func TestCapsuleBuiltByHand(t *testing.T) {
	s := chaintest.Parse("root")
	for name, c := range map[string]chains.Capsule{
		"no chain":        {Programs: s.Programs},
		"a zero Program":  {Chain: s.Chain, Programs: []chains.Program{{}}},
		"named zero hash": {Chain: chains.Chain{Links: []chains.Link{{}}}, Programs: []chains.Program{{}}},
	} {
		var m *chains.MalformedError
		if b, err := c.Encode(); b != nil || !errors.As(err, &m) {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
		if err := c.Validate(chains.Limits{}); !errors.As(err, &m) {
			t.Errorf("%s: valid? %v", name, err)
		}
	}
}

func TestCapsuleID(t *testing.T) {
	s := chaintest.Parse("root -> bob")
	whole := s.Capsule(`{"x":1}`)
	bare := whole
	bare.Programs = nil
	b, err := bare.Encode()
	if err != nil {
		t.Fatal(err)
	}
	want := chains.Hash(sha256.Sum256(b))
	if whole.ID() != want || bare.ID() != want {
		t.Errorf("ids %s and %s, want %s", whole.ID(), bare.ID(), want)
	}
	for name, other := range map[string]chains.Capsule{
		"input": s.Capsule(`{"x":2}`),
		"chain": chaintest.Parse("root -> bob:bob!").Capsule(`{"x":1}`),
	} {
		if other.ID() == want {
			t.Errorf("another %s has the same id", name)
		}
	}
	if (chains.Capsule{}).ID() == want {
		t.Error("what is no capsule has a message's id")
	}
}

// What DecodeCapsule gives must not change when its caller uses the buffer again.
func TestCapsuleKeepsNothingOfTheBuffer(t *testing.T) {
	b, err := chaintest.Parse("root -> bob").Capsule(`{"x":1}`).Encode()
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.Clone(b)
	c, err := chains.DecodeCapsule(b, chains.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	clear(b)
	if got, err := c.Encode(); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the capsule changed with the buffer (error %v)", err)
	}
}
