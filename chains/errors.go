package chains

import (
	"errors"
	"fmt"
)

// ErrRootNotSigned is what [Verifier.Verify] answers for a chain whose first
// link carries no valid signature by the vat's root key. Nothing of such a
// chain is evaluated.
var ErrRootNotSigned = errors.New("the chain's first link has no valid signature by the vat's root key: the vat's owner must sign that program")

// MalformedError says that bytes, or a value built by hand, are not what the
// format allows. Its text holds nothing but what the sender sent.
type MalformedError struct {
	// What is wrong, in words.
	What string
	// Offset is the byte, counted from 0 in what was given to be decoded, at
	// which it is wrong; -1 where there are no bytes to point at.
	Offset int
}

func (e *MalformedError) Error() string {
	if e.Offset < 0 {
		return "malformed: " + e.What
	}
	return fmt.Sprintf("malformed: %s, at byte %d", e.What, e.Offset)
}

// TooLargeError says that something is larger than a limit, most of which the
// vat's owner can set.
type TooLargeError struct {
	Limit string // its name in qvat.toml, such as [ProgramBytes]
	Max   int    // its value in bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("too large: more than the %d bytes of the limit %s", e.Max, e.Limit)
}

func malformed(offset int, format string, args ...any) error {
	return &MalformedError{What: fmt.Sprintf(format, args...), Offset: offset}
}

// shift moves a malformed error's offset from a part to the whole that the
// part begins at byte base of.
func shift(err error, base int) error {
	var m *MalformedError
	if errors.As(err, &m) && m.Offset >= 0 {
		return &MalformedError{What: m.What, Offset: m.Offset + base}
	}
	return err
}
