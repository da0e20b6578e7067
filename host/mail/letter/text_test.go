package letter

import (
	"slices"
	"strings"
	"testing"
)

func TestParseText(t *testing.T) {
	id := strings.Repeat("ab", 32) + ":" + strings.Repeat("01", 32)
	for _, c := range []struct {
		text string
		want Text
	}{
		{"", Text{Strings: []string{""}}},
		{"hello", Text{Strings: []string{"hello"}}},
		{"@bob", Text{[]string{"", ""}, []string{"bob"}, []string{"bob"}}},
		{"a @b:c d", Text{[]string{"a ", " d"}, []string{"b"}, []string{"c"}}},
		{"@a:b.c.", Text{[]string{"", "."}, []string{"a"}, []string{"b.c"}}},
		{"@a.b", Text{[]string{"", ".b"}, []string{"a"}, []string{"a"}}},
		{"@a:", Text{[]string{"", ":"}, []string{"a"}, []string{"a"}}},
		{"@a: b", Text{[]string{"", ": b"}, []string{"a"}, []string{"a"}}},
		{"@me:SELF!", Text{[]string{"", "!"}, []string{"me"}, []string{"SELF"}}},
		{"@a:-) @a:", Text{[]string{"", ":-) ", ":"}, []string{"a", "a"}, []string{"a", "a"}}},
		{"@{a}:Bob", Text{[]string{"", ":Bob"}, []string{"a"}, []string{"a"}}},
		{"@x:INBOX.3.photo", Text{[]string{"", ""}, []string{"x"}, []string{"INBOX.3.photo"}}},
		{"@x:" + id, Text{[]string{"", ""}, []string{"x"}, []string{id}}},
		{"@a@b", Text{[]string{"", "", ""}, []string{"a", "b"}, []string{"a", "b"}}},
		{`a\@b`, Text{Strings: []string{"a@b"}}},
		{`\n \\`, Text{Strings: []string{`\n \\`}}},
		{`\\@a \\\@b`, Text{[]string{`\`, ` \@b`}, []string{"a"}, []string{"a"}}},
		{"@{a}s @{b:c.d}.e", Text{[]string{"", "s ", ".e"}, []string{"a", "b"}, []string{"a", "c.d"}}},
		{"é@a世", Text{[]string{"é", "世"}, []string{"a"}, []string{"a"}}},
	} {
		got, err := Parse(c.text)
		if err != nil || !slices.Equal(got.Strings, c.want.Strings) || !slices.Equal(got.Edges, c.want.Edges) || !slices.Equal(got.Names, c.want.Names) {
			t.Errorf("ParseText(%q) = %q, %v; want %q", c.text, got, err, c.want)
		}
	}
	for _, text := range []string{
		"@", "a @ b", "@Bob", "@-a", "a@é", `\@ @`, "@{a", "@{}", "@{a }",
		// What is named so far is not what was meant.
		"@a:SELFISH", "@photo:Bob", "@photo:b:c", "@photo:é", "@Bob", "@phOto", "@a_b", "@x:" + id + "0", "@x:" + id[:len(id)-1],
		"@x:" + strings.Repeat("a", 129),
	} {
		if got, err := Parse(text); err == nil {
			t.Errorf("ParseText(%q) = %q, and should fail", text, got)
		}
	}
}
