package main

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"qvat/chains"
	"qvat/cmd/qvat/cli"
	"qvat/host/fault"
)

func emptyCapsule() chains.Capsule { return chains.Capsule{} }

func TestCaret(t *testing.T) {
	long := strings.Repeat("a", 200)
	for _, c := range []struct {
		name   string
		line   string
		column int
		want   []string
	}{
		{"start", "throw 1", 1, []string{"7 | throw 1", "    ^"}},
		{"middle", "x = y.z()", 5, []string{"7 | x = y.z()", "        ^"}},
		{"tab", "\tthrow 1", 2, []string{"7 |     throw 1", "        ^"}},
		{"wide", "é = '世界' + x", 16, []string{"7 | é = '世界' + x", "                ^"}},
		{"inside a character", "世", 3, []string{"7 | 世", "      ^"}},
		{"line end", "throw 1\r", 1, []string{"7 | throw 1", "    ^"}},
		{"escapes", "\x1b[2J x", 6, []string{`7 | \x1b[2J x`, "            ^"}},
		{"beyond the end", "ab", 9, []string{"7 | ab", "      ^"}},
		{"no column", "ab", 0, []string{"7 | ab"}},
		{"long", long, 101, []string{"7 | …" + long[:shownBefore] + long[:shownAfter] + "…", "    " + strings.Repeat(" ", 1+shownBefore) + "^"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := caret(c.line, 7, c.column)
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("caret(%q, %d) =\n%s\nwant\n%s", c.line, c.column, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// dangerous tells what must never reach a terminal.
func dangerous(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp))
	})
}

// TestFailureIsSafe holds that no fault can write on the terminal what it
// likes, whatever vat it comes from.
func TestFailureIsSafe(t *testing.T) {
	codes := fault.Table()
	p := textProgram(t, "throw 1\n\x1b]0;\u202e")
	rapid.Check(t, func(t *rapid.T) {
		wild := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
		f := &fault.Error{
			Code:      codes[rapid.IntRange(0, len(codes)-1).Draw(t, "code")].Code,
			Message:   wild.Draw(t, "message"),
			Name:      wild.Draw(t, "name"),
			Limit:     wild.Draw(t, "limit"),
			Reference: wild.Draw(t, "reference"),
			Missing:   rapid.SliceOfN(wild, 0, 3).Draw(t, "missing"),
			Program:   rapid.OneOf(wild, rapid.Just(p.Hash().String())).Draw(t, "program"),
			Line:      rapid.IntRange(-2, 5).Draw(t, "line"),
			Column:    rapid.IntRange(-2, 50).Draw(t, "column"),
		}
		d := newDraft(chains.Capsule{Programs: []chains.Program{p}})
		d.names[p.Hash()] = wild.Draw(t, "file")
		var out strings.Builder
		faultFailure(f, d).Print(&out)
		if dangerous(out.String()) {
			t.Fatalf("this would be written: %q", out.String())
		}
		if !strings.HasPrefix(out.String(), "qvat: error: ") {
			t.Fatalf("this is no error: %q", out.String())
		}
	})
}

// TestOneLine holds that a result is written as the same value, on one line
// that no terminal minds.
func TestOneLine(t *testing.T) {
	for _, c := range [][2]string{
		{`{"b": 1, "a":[ ]}`, `{"b":1,"a":[]}`},
		{"\"\u009b\u202e\u2028\u007f\"", `"\u009b\u202e\u2028\u007f"`},
		{"\"\U000e0041\"", `"\udb40\udc41"`},
		{"\"<&>é世\"", `"<&>é世"`},
		{"\"\xff\x9b\"", `"` + "\uFFFD" + `"`},
		{"[\r\n1]", `[1]`},
	} {
		got, err := cli.OneLine([]byte(c[0]))
		if err != nil || got != c[1] {
			t.Errorf("cli.OneLine(%q) = %q, %v; want %q", c[0], got, err, c[1])
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.String().Draw(t, "value")
		text, err := json.Marshal(map[string]string{value: value})
		if err != nil {
			t.Fatal(err)
		}
		got, err := cli.OneLine(text)
		if err != nil {
			t.Fatal(err)
		}
		if dangerous(got) || strings.Contains(got, "\n") {
			t.Fatalf("this would be written: %q", got)
		}
		var before, after map[string]string
		if json.Unmarshal(text, &before) != nil || json.Unmarshal([]byte(got), &after) != nil {
			t.Fatalf("%q is no JSON", got)
		}
		for k, v := range before {
			if after[k] != v {
				t.Fatalf("%q became %q", text, got)
			}
		}
	})
}
