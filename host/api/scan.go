package api

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"qvat/chains"
	"qvat/host/fault"
)

// scanner reads JSON (RFC 8259) strictly: names once and spelt exactly, UTF-8
// alone, nothing after the value. It never reads beyond b, and gives raw
// values as parts of b.
type scanner struct {
	b  []byte
	at int
}

// malformed is the fault of a request that cannot be read, at byte at.
func malformed(at int, format string, args ...any) *fault.Error {
	f := fault.New(fault.Malformed, "%s, at byte %d", fmt.Sprintf(format, args...), at)
	f.Offset = &at
	return f
}

// peek skips white space and gives the byte after it, 0 at the end.
func (s *scanner) peek() byte {
	for s.at < len(s.b) {
		switch c := s.b[s.at]; c {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// take steps over c if it is next.
func (s *scanner) take(c byte) bool {
	if s.peek() != c || s.at == len(s.b) {
		return false
	}
	s.at++
	return true
}

func (s *scanner) need(c byte) error {
	if !s.take(c) {
		return malformed(s.at, "%s where %q was expected", s.here(), string(c))
	}
	return nil
}

// here names what stands at the place of an error.
func (s *scanner) here() string {
	if s.at >= len(s.b) {
		return "the JSON ends"
	}
	r, n := utf8.DecodeRune(s.b[s.at:])
	if r == utf8.RuneError && n < 2 {
		return "a byte that is not UTF-8 stands"
	}
	return fmt.Sprintf("%q stands", string(r))
}

// end refuses what follows the value.
func (s *scanner) end() error {
	if s.peek(); s.at < len(s.b) {
		return malformed(s.at, "%s after the end of the JSON", s.here())
	}
	return nil
}

// members reads an object, and has member read the value of each name.
func (s *scanner) members(member func(name string, at int) error) error {
	if err := s.need('{'); err != nil {
		return err
	}
	if s.take('}') {
		return nil
	}
	for {
		s.peek()
		at := s.at
		name, err := s.text()
		if err != nil {
			return err
		}
		if err := s.need(':'); err != nil {
			return err
		}
		if err := member(name, at); err != nil {
			return err
		}
		if !s.take(',') {
			return s.need('}')
		}
	}
}

// elements reads an array, and has element read each value.
func (s *scanner) elements(element func() error) error {
	if err := s.need('['); err != nil {
		return err
	}
	if s.take(']') {
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		if !s.take(',') {
			return s.need(']')
		}
	}
}

// raw steps over any value and gives its bytes as they stand.
func (s *scanner) raw() ([]byte, error) {
	s.peek()
	start := s.at
	if err := s.value(0); err != nil {
		return nil, err
	}
	return s.b[start:s.at], nil
}

// value steps over a value that depth containers hold.
func (s *scanner) value(depth int) error {
	switch c := s.peek(); {
	case c == '{' || c == '[':
		if depth == chains.MaxInputDepth {
			return malformed(s.at, "the JSON is nested more than %d deep", chains.MaxInputDepth)
		}
		return s.container(depth + 1)
	case c == '"':
		_, err := s.span()
		return err
	case c == '-' || '0' <= c && c <= '9':
		return s.number()
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	}
	return malformed(s.at, "%s where a value was expected", s.here())
}

// container steps over an object or an array. Unlike members it does not
// decode the names.
func (s *scanner) container(depth int) error {
	object := s.b[s.at] == '{'
	closing := s.b[s.at] + 2 // '{'+2 is '}', '['+2 is ']'
	s.at++
	if s.take(closing) {
		return nil
	}
	for {
		if object {
			s.peek()
			if _, err := s.span(); err != nil {
				return err
			}
			if err := s.need(':'); err != nil {
				return err
			}
		}
		if err := s.value(depth); err != nil {
			return err
		}
		if !s.take(',') {
			return s.need(closing)
		}
	}
}

func (s *scanner) word(w string) error {
	for i := range len(w) {
		if s.at == len(s.b) || s.b[s.at] != w[i] {
			return malformed(s.at, "%s where %s was expected", s.here(), w)
		}
		s.at++
	}
	return nil
}

func (s *scanner) number() error {
	if s.b[s.at] == '-' {
		s.at++
	}
	if s.at < len(s.b) && s.b[s.at] == '0' {
		s.at++
	} else if err := s.digits(); err != nil {
		return err
	}
	if s.at < len(s.b) && s.b[s.at] == '.' {
		s.at++
		if err := s.digits(); err != nil {
			return err
		}
	}
	if s.at < len(s.b) && (s.b[s.at] == 'e' || s.b[s.at] == 'E') {
		s.at++
		if s.at < len(s.b) && (s.b[s.at] == '+' || s.b[s.at] == '-') {
			s.at++
		}
		return s.digits()
	}
	return nil
}

// digits steps over one digit or more.
func (s *scanner) digits() error {
	start := s.at
	for s.at < len(s.b) && '0' <= s.b[s.at] && s.b[s.at] <= '9' {
		s.at++
	}
	if s.at == start {
		return malformed(s.at, "%s where a digit was expected", s.here())
	}
	return nil
}

// span steps over a string and says whether it has escapes.
func (s *scanner) span() (escapes bool, err error) {
	if s.at == len(s.b) || s.b[s.at] != '"' {
		return false, malformed(s.at, "%s where a string was expected", s.here())
	}
	for s.at++; s.at < len(s.b); {
		switch c := s.b[s.at]; {
		case c == '"':
			s.at++
			return escapes, nil
		case c == '\\':
			escapes = true
			if err := s.escape(); err != nil {
				return escapes, err
			}
		case c < 0x20:
			return escapes, malformed(s.at, "a control character stands in a string")
		case c < utf8.RuneSelf:
			s.at++
		default:
			r, n := utf8.DecodeRune(s.b[s.at:])
			if r == utf8.RuneError && n == 1 {
				return escapes, malformed(s.at, "a string is not UTF-8")
			}
			s.at += n
		}
	}
	return escapes, malformed(s.at, "the JSON ends inside a string")
}

// escape steps over one escape.
func (s *scanner) escape() error {
	if s.at+1 < len(s.b) {
		switch s.b[s.at+1] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			s.at += 2
			return nil
		case 'u':
			if _, ok := hex4(s.b, s.at+2); ok {
				s.at += 6
				return nil
			}
		}
	}
	return malformed(s.at, "a string has an escape that JSON does not know")
}

// text reads a string and decodes it. A lone surrogate is refused: it has no
// UTF-8, and to replace it would be to change what was sent.
func (s *scanner) text() (string, error) {
	s.peek()
	start := s.at
	escapes, err := s.span()
	if err != nil {
		return "", err
	}
	body := s.b[start+1 : s.at-1]
	if !escapes {
		return string(body), nil
	}
	out := make([]byte, 0, len(body))
	for i := 0; i < len(body); {
		if body[i] != '\\' {
			out = append(out, body[i])
			i++
			continue
		}
		r, n := unescape(body[i:])
		if n == 0 {
			return "", malformed(start+1+i, "a string has half of a surrogate pair")
		}
		out = utf8.AppendRune(out, r)
		i += n
	}
	return string(out), nil
}

// unescape reads the escape that b begins with, which span has checked, and
// its length in bytes: 0 for a lone surrogate.
func unescape(b []byte) (rune, int) {
	switch b[1] {
	case 'u':
		r, _ := hex4(b, 2)
		if !utf16.IsSurrogate(r) {
			return r, 6
		}
		if len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
			low, _ := hex4(b, 8)
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, 12
			}
		}
		return 0, 0
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	}
	return rune(b[1]), 2
}

// hex4 reads four hex digits of b at i.
func hex4(b []byte, i int) (rune, bool) {
	if i+4 > len(b) {
		return 0, false
	}
	var r rune
	for _, c := range b[i : i+4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
