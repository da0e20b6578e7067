package chains

import (
	"crypto/sha256"
	"encoding/hex"
)

// Hash is the SHA-256 of a program's text, or of a message. As text it is 64
// lower-case hex digits, and nothing else is accepted for one.
type Hash [sha256.Size]byte

// hashDigits is how long a hash is as text.
const hashDigits = 2 * sha256.Size

// ParseHash reads a hash of exactly 64 lower-case hex digits. Anything else is
// a [*MalformedError].
func ParseHash(s string) (Hash, error) {
	h, bad := hashFrom(s)
	switch {
	case len(s) != hashDigits:
		return Hash{}, malformed(min(len(s), hashDigits), "a hash is 64 lower-case hex digits, this is %d bytes long", len(s))
	case bad >= 0:
		return Hash{}, malformed(bad, "a hash is 64 lower-case hex digits, this holds something else")
	}
	return h, nil
}

// hashFrom reads the 64 digits that s begins with. bad is the place of the
// first byte that is no lower-case hex digit, or -1.
func hashFrom(s string) (h Hash, bad int) {
	if len(s) < hashDigits {
		return Hash{}, len(s)
	}
	for i := range hashDigits {
		digit := s[i]
		switch {
		case '0' <= digit && digit <= '9':
			digit -= '0'
		case 'a' <= digit && digit <= 'f':
			digit -= 'a' - 10
		default:
			return Hash{}, i
		}
		h[i/2] = h[i/2]<<4 | digit
	}
	return h, -1
}

// String gives the hash as 64 lower-case hex digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText gives the hash as [Hash.String] does.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what [ParseHash] reads, and fails as it does.
func (h *Hash) UnmarshalText(text []byte) error {
	parsed, err := ParseHash(string(text))
	if err != nil {
		return err
	}
	*h = parsed
	return nil
}
