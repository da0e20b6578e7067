package api

import (
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"
)

func utf16Of(s string) []uint16 { return utf16.Encode([]rune(s)) }

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain £ 漢 😀":     "plain £ 漢 😀",
		"a\nb\tc\rd":      `a\nb\tc\x0dd`,
		"\x1b[31mred\x07": `\x1b[31mred\x07`,
		"\u009b31m":       `\x9b31m`,
		"\u202egnp.exe":   `\u202egnp.exe`,
		"zero\u200bwidth": `zero\u200bwidth`,
		"tag\U000e0041":   `tag\U000e0041`,
		"\u2028":          `\u2028`,
		"bad\xffbyte":     `bad\xffbyte`,
		"\x7f":            `\x7f`,
		"honest \ufffd":   "honest \ufffd",
	} {
		if got := Clean(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestCleanJSON(t *testing.T) {
	in := "{\r\n\t\"a\u202e\": \"\u009b\U000e0041\x7f\"}"
	want := "{\n\n\t\"a\\u202e\": \"\\u009b\\udb40\\udc41\\u007f\"}"
	if got := string(CleanJSON([]byte(in))); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// What is cleaned is fit, and JSON keeps its value.
func TestCleanKeeps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		for _, r := range Clean(s) {
			if unfit(r) {
				t.Fatalf("%q holds %q", Clean(s), r)
			}
		}
		b, err := json.Marshal([]string{s})
		if err != nil {
			t.Fatal(err)
		}
		var before, after []string
		if err := json.Unmarshal(b, &before); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(CleanJSON(b), &after); err != nil || !reflect.DeepEqual(before, after) {
			t.Fatalf("%q became %q (%v)", before, after, err)
		}
	})
}
