package chains

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// scanRequires finds the hashes that text requires literally; the rule stands
// at [Program.Requires]. It knows no JavaScript on purpose: two implementations
// must find the same hashes, and a lexer that tells a regular expression from a
// division is where they would differ. A hit too many asks for a program that is
// not needed; the text's author can see why.
//
// The time is linear in the text: each run of white space is looked at once for
// the one word before it.
func scanRequires(text string) []Hash {
	const word = "require"
	var found []Hash
	var seen map[Hash]struct{}
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return found
		}
		start := at + i
		at = start + len(word)
		if endsIdentifier(text[:start]) {
			continue
		}
		h, ok := literalCall(text[at:])
		if _, again := seen[h]; !ok || again {
			continue
		}
		if seen == nil {
			seen = make(map[Hash]struct{})
		}
		seen[h] = struct{}{}
		found = append(found, h)
	}
}

// literalCall reads a call with one literal hash, from the white space before
// its parenthesis on.
func literalCall(s string) (Hash, bool) {
	s, ok := strings.CutPrefix(skipSpace(s), "(")
	if !ok {
		return Hash{}, false
	}
	s = skipSpace(s)
	if s == "" || !strings.Contains("'\"`", s[:1]) {
		return Hash{}, false
	}
	quote, s := s[:1], s[1:]
	h, bad := hashFrom(s)
	if bad >= 0 {
		return Hash{}, false
	}
	s, ok = strings.CutPrefix(s[hashDigits:], quote)
	return h, ok && strings.HasPrefix(skipSpace(s), ")")
}

// endsIdentifier reports whether the character that s ends with can be part of
// an identifier, so that a word after it is the tail of a longer one
// (ECMAScript, IdentifierPartChar: ID_Continue of Unicode, $, and the two
// joiners; _ is in ID_Continue).
func endsIdentifier(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	const joiner, nonJoiner = '\u200d', '\u200c'
	switch {
	case r == '$' || r == '_' || r == joiner || r == nonJoiner:
		return true
	case r <= unicode.MaxASCII: // most of what there is
		return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	return unicode.In(r, unicode.L, unicode.Nl, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc,
		unicode.Other_ID_Start, unicode.Other_ID_Continue)
}

// skipSpace gives s without the white space and line ends that it begins with
// (ECMAScript, WhiteSpace and LineTerminator).
func skipSpace(s string) string {
	return strings.TrimLeftFunc(s, func(r rune) bool {
		switch r {
		case '\t', '\n', '\v', '\f', '\r', ' ', '\u2028', '\u2029', '\ufeff':
			return true
		}
		return r > unicode.MaxASCII && unicode.Is(unicode.Zs, r)
	})
}
