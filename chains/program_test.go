package chains_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"qvat/chains"
)

func TestProgram(t *testing.T) {
	// The hashes are those of FIPS 180-4's examples and of the empty text.
	for text, want := range map[string]string{
		"":    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	} {
		p, err := chains.NewProgram([]byte(text), 0)
		if err != nil || p.Hash().String() != want || p.Text() != text {
			t.Errorf("%q: %q with hash %s, want %s (error %v)", text, p.Text(), p.Hash(), want, err)
		}
	}
}

func TestProgramRefused(t *testing.T) {
	tests := []struct {
		name, text string
		offset     int
	}{
		{"NUL", "ab\x00", 2},
		{"a lone continuation byte", "é\x80", 2},
		{"cut short", "abc\xe2\x98", 3},
		{"overlong", "\xc0\xaf", 0},
		{"a surrogate", "x\xed\xa0\x80", 1},
		{"beyond Unicode", "\xf4\x90\x80\x80", 0},
		{"UTF-16", "\xff\xfea\x00", 0},
		{"a replacement character before it", "\ufffd\xff", 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := chains.NewProgram([]byte(test.text), 0)
			var m *chains.MalformedError
			if !errors.As(err, &m) || m.Offset != test.offset {
				t.Errorf("%v, want malformed at byte %d", err, test.offset)
			}
		})
	}
}

func TestProgramLimit(t *testing.T) {
	tests := []struct {
		size, limit, max int // max 0: it is taken
	}{
		{chains.DefaultProgram, 0, 0},
		{chains.DefaultProgram + 1, 0, chains.DefaultProgram},
		{chains.DefaultProgram + 1, -1, chains.DefaultProgram},
		{10, 10, 0},
		{11, 10, 10},
		{chains.DefaultProgram + 1, 2 * chains.DefaultProgram, 0},
	}
	for _, test := range tests {
		_, err := chains.NewProgram([]byte(strings.Repeat(" ", test.size)), test.limit)
		var large *chains.TooLargeError
		switch {
		case test.max == 0 && err != nil:
			t.Errorf("%d bytes, limit %d: %v", test.size, test.limit, err)
		case test.max > 0 && (!errors.As(err, &large) || large.Max != test.max || large.Limit != chains.ProgramBytes):
			t.Errorf("%d bytes, limit %d: %v, want too large for %d", test.size, test.limit, err, test.max)
		}
	}
}

func TestParseHash(t *testing.T) {
	good := strings.Repeat("0123456789abcdef", 4)
	h, err := chains.ParseHash(good)
	if err != nil || h.String() != good || h[1] != 0x23 || h[31] != 0xef {
		t.Fatalf("%s read as %s (error %v)", good, h, err)
	}
	for bad, offset := range map[string]int{
		"":                    0,
		good[1:]:              63,
		good + "0":            64,
		strings.ToUpper(good): 10,
		"0x" + good[2:]:       1,
		good[:63] + "g":       63,
		good[:62] + "é":       62,
		" " + good[1:]:        0,
	} {
		_, err := chains.ParseHash(bad)
		var m *chains.MalformedError
		if !errors.As(err, &m) || m.Offset != offset {
			t.Errorf("%q: %v, want malformed at byte %d", bad, err, offset)
		}
	}
}

func TestHashIsTextInJSON(t *testing.T) {
	h := program(t, "abc").Hash()
	b, err := json.Marshal(map[chains.Hash]chains.Hash{h: h})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"` + h.String() + `":"` + h.String() + `"}`; string(b) != want {
		t.Fatalf("%s, want %s", b, want)
	}
	var back map[chains.Hash]chains.Hash
	if err := json.Unmarshal(b, &back); err != nil || back[h] != h {
		t.Errorf("%v does not come back (error %v)", back, err)
	}
	if err := json.Unmarshal([]byte(`{"`+strings.ToUpper(h.String())+`":"x"}`), &back); err == nil {
		t.Error("a hash in capitals was taken")
	}
}

func TestRequires(t *testing.T) {
	const a = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	const b = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	tests := []struct {
		name, text string
		want       []string
	}{
		{"double quotes", `require("` + a + `")`, []string{a}},
		{"single quotes", `require('` + a + `')`, []string{a}},
		{"template", "require(`" + a + "`)", []string{a}},
		{"in order, once each", "require('" + b + "');require('" + a + "');require(\"" + b + "\")", []string{b, a}},
		{"one after the other", "require('" + b + "')require('" + a + "')", []string{b, a}},
		{"space everywhere", "require \t\n(\r\n\v\f '" + a + "'\u00a0\u3000\u2028\u2029\ufeff)", []string{a}},
		{"in a comment", "// require('" + a + "')", []string{a}},
		{"in a string", `"require('` + a + `')"`, []string{a}},
		{"in a regular expression", "/require('" + a + "')/", []string{a}},
		{"after a dot", "module.require('" + a + "')", []string{a}},
		{"after a brace", "if (x) {}require('" + a + "')", []string{a}},
		{"after a number sign", "this.#require('" + a + "')", []string{a}},
		{"after a character that is no part of a name", "☃require('" + a + "')", []string{a}},
		{"spread", "f(...require('" + a + "'))", []string{a}},
		{"the tail of a name", "xrequire('" + a + "')", nil},
		{"after a digit", "x9require('" + a + "')", nil},
		{"after a dollar", "$require('" + a + "')", nil},
		{"after an underscore", "_require('" + a + "')", nil},
		{"after a letter of another script", "érequire('" + a + "')", nil},
		{"after a letter beyond the first plane", "𝒳require('" + a + "')", nil},
		{"after a combining mark", "x\u0301require('" + a + "')", nil},
		{"after a joiner", "x\u200drequire('" + a + "')", nil},
		{"after a connector", "x\u203frequire('" + a + "')", nil},
		{"after a symbol that begins names", "℘require('" + a + "')", nil},
		{"after a dot that goes on with names", "x·require('" + a + "')", nil},
		{"a longer name", "required('" + a + "')", nil},
		{"twice the word", "requirerequire('" + a + "')", nil},
		{"a name, then the word", "require require('" + a + "')", []string{a}},
		{"mixed quotes", "require('" + a + "\")", nil},
		{"no quotes", "require(" + a + ")", nil},
		{"capitals", "require('" + strings.ToUpper(a) + "')", nil},
		{"a digit less", "require('" + a[1:] + "')", nil},
		{"a digit more", "require('" + a + "0')", nil},
		{"space in the quotes", "require(' " + a + "')", nil},
		{"two arguments", "require('" + a + "', 1)", nil},
		{"trailing comma", "require('" + a + "',)", nil},
		{"computed", "require('" + a[:32] + "' + '" + a[32:] + "')", nil},
		{"escaped", `require("\x30` + a[1:] + `")`, nil},
		{"a comment between", "require(/* it */'" + a + "')", nil},
		{"never closed", "require('" + a + "'", nil},
		{"cut after the word", "require", nil},
		{"cut after the parenthesis", "require(", nil},
		{"cut after the quote", "require('", nil},
		{"cut in the hash", "require('" + a[:63], nil},
		{"a host module", "require('qvat:store')", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, h := range program(t, test.text).Requires() {
				got = append(got, h.String())
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%s\ngot  %v\nwant %v", test.text, got, test.want)
			}
		})
	}
}

// The scan finds what the rule, written as regular expressions, finds.
func TestRequiresAsTheRuleSays(t *testing.T) {
	space := `[\t\n\v\f\r\x{2028}\x{2029}\x{feff}\p{Zs}]*`
	hash := `([0-9a-f]{64})`
	call := regexp.MustCompile(`^require` + space + `\(` + space +
		`(?:"` + hash + `"|'` + hash + `'|` + "`" + hash + "`)" + space + `\)`)
	inName := regexp.MustCompile(`[\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}$\x{200c}\x{200d}]$`)
	rule := func(text string) []string {
		var found []string
		for i := range text {
			m := call.FindStringSubmatch(text[i:])
			if m == nil || inName.MatchString(text[:i]) {
				continue
			}
			if h := m[1] + m[2] + m[3]; !slices.Contains(found, h) {
				found = append(found, h)
			}
		}
		return found
	}
	piece := rapid.SampledFrom([]string{
		"require", "require", "require", "(", "(", ")", ")", "'", "\"", "`", " ", "\n", "\u2028", "\u00a0", "x", "é", "$", "☃", "#", ".",
		strings.Repeat("a", 64), strings.Repeat("0", 64), strings.Repeat("A", 64), strings.Repeat("1", 63),
		"require('" + strings.Repeat("b", 64) + "')", "('" + strings.Repeat("c", 64) + "' )", "(`" + strings.Repeat("d", 64) + "`)",
	})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "")
		p, err := chains.NewProgram([]byte(text), 0)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, h := range p.Requires() {
			got = append(got, h.String())
		}
		if want := rule(text); !slices.Equal(got, want) {
			t.Fatalf("%q\ngot  %v\nwant %v", text, got, want)
		}
	})
}
