package chains

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"unicode/utf8"
)

// Program is a program's text with what follows from it: its hash and the
// hashes that it requires. Only [NewProgram] makes one, so the text is valid
// UTF-8, holds no NUL, and was within the limit. The zero Program is none: its
// hash is no text's hash, and no capsule takes it.
type Program struct {
	text     string
	hash     Hash
	requires []Hash
}

// NewProgram checks a program's text and takes a copy of it. Text of more than
// maxBytes bytes is a [*TooLargeError] for [ProgramBytes]; a maxBytes of zero or
// less stands for [DefaultProgram]. Text that is not valid UTF-8, or that holds
// NUL, is a [*MalformedError]. Whether the text is JavaScript is not asked.
func NewProgram(text []byte, maxBytes int) (Program, error) {
	maxBytes = orDefault(maxBytes, DefaultProgram)
	if len(text) > maxBytes {
		return Program{}, &TooLargeError{Limit: ProgramBytes, Max: maxBytes}
	}
	if !utf8.Valid(text) {
		return Program{}, malformed(firstInvalid(text), "the program is not valid UTF-8")
	}
	if i := bytes.IndexByte(text, 0); i >= 0 {
		return Program{}, malformed(i, "the program holds NUL")
	}
	p := Program{text: string(text), hash: sha256.Sum256(text)}
	p.requires = scanRequires(p.text)
	return p, nil
}

// Text gives the program's text.
func (p Program) Text() string { return p.text }

// Hash gives the SHA-256 of the program's text.
func (p Program) Hash() Hash { return p.hash }

// Requires gives the hashes that the program requires literally, each once, in
// the order in which they first appear. They must all be there before a message
// that holds the program is evaluated.
//
// A hit is what a plain scan of the text finds, wherever it stands, comments
// and strings included:
//
//	require  ( QUOTE HASH QUOTE )
//
// with ECMAScript white space or line ends, or none, between the word, the
// parenthesis, the literal and the closing parenthesis. QUOTE is one of ' " `
// and the same on both sides; HASH is 64 lower-case hex digits; and the word is
// not the tail of a longer identifier.
func (p Program) Requires() []Hash { return slices.Clone(p.requires) }

// firstInvalid gives the place of the first byte of b that is not UTF-8.
func firstInvalid(b []byte) int {
	at := 0
	for at < len(b) {
		r, size := utf8.DecodeRune(b[at:])
		if r == utf8.RuneError && size <= 1 {
			break
		}
		at += size
	}
	return at
}
