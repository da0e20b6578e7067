package api

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Clean makes text from elsewhere fit for one line of a terminal or a log:
// control characters, line ends, and characters that reorder or hide text are
// written as escapes such as \n, \x1b and \u202e, bytes that are not UTF-8
// as \xff.
func Clean(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, unfit) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case !unfit(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		i += n
	}
	return b.String()
}

// CleanJSON makes one valid JSON text fit for a terminal: what [Clean] escapes
// and JSON allows in a string becomes JSON's own escape, so that the value
// stays the same. White space between tokens stays, carriage returns as line
// ends.
func CleanJSON(text []byte) []byte {
	s := string(text)
	if !strings.ContainsFunc(s, unfitInJSON) {
		return text
	}
	var b []byte
	for _, r := range s {
		switch {
		case r == '\r': // between tokens: JSON has none in a string
			b = append(b, '\n')
		case !unfitInJSON(r):
			b = utf8.AppendRune(b, r)
		case r <= 0xffff:
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04x\u%04x`, high, low)
		}
	}
	return b
}

// unfit tells characters that do something to a terminal or to the text around
// them: controls (C0, DEL, C1), format characters such as those of direction,
// and line and paragraph separators.
func unfit(r rune) bool {
	if r < utf8.RuneSelf {
		return r < 0x20 || r == 0x7f
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// unfitInJSON leaves the line ends and tabs between tokens.
func unfitInJSON(r rune) bool { return unfit(r) && r != '\n' && r != '\t' }
