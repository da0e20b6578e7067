package letter

import (
	"cmp"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"qvat/host/caps"
)

// Text is a text as people write it, taken apart: what stands around the
// attachments, one piece more than there are of these; their edges; and the
// names of what they carry.
type Text struct{ Strings, Edges, Names []string }

// attachment is one in a text.
var attachment = func() *regexp.Regexp {
	const name = `[a-z0-9][a-z0-9-]{0,127}`
	const special = `(?:SELF|HOST|AGENT|INBOX|NODE)\b`
	const identifier = `[0-9a-f]{64}:[0-9a-f]{64}`
	const path = `(?:` + special + `|` + name + `)(?:\.` + name + `)*`
	const edge = `(` + name + `)(?::(` + identifier + `|` + path + `))?`
	return regexp.MustCompile(`^@(?:\{` + edge + `\}|` + edge + `)`)
}()

// Parse takes a text apart. An attachment is @EDGE:NAME, or @EDGE for what
// has that very name, either in braces where what follows could belong to it:
// @{EDGE}s. NAME is a path of pet names or an identifier. Without braces it ends
// where it cannot go on, so that a full stop after it is text; what looks as if
// it were meant to go on, as in @photo:Bob, is an [*Error] ([BadName]).
//
// A plain @ is written \@; one that begins no attachment is an [*Error]
// ([BadName]): it may be a slip of the hand, and what was meant would not be
// sent. Before an @, two backslashes are one; elsewhere they are what they are.
func Parse(text string) (Text, error) {
	var t Text
	var plain strings.Builder
	for {
		at := strings.IndexByte(text, '@')
		if at < 0 {
			plain.WriteString(text)
			t.Strings = append(t.Strings, plain.String())
			return t, nil
		}
		before := strings.TrimRight(text[:at], `\`)
		slashes := at - len(before)
		plain.WriteString(before + strings.Repeat(`\`, slashes/2))
		text = text[at:]
		if slashes%2 == 1 {
			plain.WriteByte('@')
			text = text[1:]
			continue
		}
		m := attachment.FindStringSubmatch(text)
		if m == nil {
			start := []rune(text)
			return Text{}, &caps.Error{
				Code: caps.BadName, Message: "there is no name after the @ in “" + string(start[:min(len(start), 20)]) + "”",
				Hint: `write \@ for a plain one`,
			}
		}
		if m[3] != "" && goesOn(text[len(m[0]):]) {
			return Text{}, &caps.Error{
				Code: caps.BadName, Message: "“" + m[0] + "” ends in the middle of a word, and would attach what it names so far",
				Hint: "write “@{…}” around the name that is meant; pet names have small letters alone",
			}
		}
		edge := m[1] + m[3]
		t.Strings, t.Edges = append(t.Strings, plain.String()), append(t.Edges, edge)
		t.Names = append(t.Names, cmp.Or(m[2]+m[4], edge))
		plain.Reset()
		text = text[len(m[0]):]
	}
}

// goesOn says of the text behind an attachment without braces that its writer
// may have meant it to belong there: a word goes on, or a name follows a colon.
func goesOn(rest string) bool {
	if after, ok := strings.CutPrefix(rest, ":"); ok {
		r, _ := utf8.DecodeRuneInString(after)
		return unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	return rest != "" && (rest[0] == '_' || rest[0] < utf8.RuneSelf && (unicode.IsLetter(rune(rest[0])) || unicode.IsDigit(rune(rest[0]))))
}
