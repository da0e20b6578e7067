package caps

import (
	"encoding/hex"
	"net/url"
	"slices"
	"strings"

	"qvat/chains"
)

// The lengths of what is written in hexadecimal digits.
const (
	numberDigits = 64
	idLength     = 2*numberDigits + 1
)

// Bounds of locators.
const (
	MaxAddresses = 8 // of one node

	maxLocator = 2048
	maxAddress = 256
)

// Scheme begins every locator.
const Scheme = "qvat://"

// ParseNumber reads 64 hexadecimal digits in lower case. It fails with code BadName.
func ParseNumber(s string) (n [32]byte, err error) {
	if len(s) != numberDigits || strings.ToLower(s) != s {
		return n, Refuse(BadName, "%.80q is not 64 hexadecimal digits in lower case", s)
	}
	if _, err := hex.Decode(n[:], []byte(s)); err != nil {
		return n, Refuse(BadName, "%.80q is not 64 hexadecimal digits in lower case", s)
	}
	return n, nil
}

// String writes the key as 64 hexadecimal digits.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// MarshalText is String.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (k *Key) UnmarshalText(text []byte) error {
	n, err := ParseNumber(string(text))
	*k = n
	return err
}

// ParseKey reads a key as String writes it, and checks that it is the key of a
// point of prime order in its one encoding. It fails with code BadName.
func ParseKey(s string) (Key, error) {
	k, err := chains.ParsePublicKeyHex(s)
	if err != nil {
		return Key{}, Refuse(BadName, "%.80q is not a key: %v", s, err)
	}
	return Key(k.Bytes()), nil
}

// String writes the identifier as its number and its node, in hexadecimal
// digits, with a colon between.
func (id ID) String() string { return hex.EncodeToString(id.Number[:]) + ":" + id.Node.String() }

// MarshalText is String.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseID(string(text))
	*id = parsed
	return err
}

// ParseID reads an identifier as String writes it. It fails with code BadName.
func ParseID(s string) (id ID, err error) {
	if len(s) != idLength || s[numberDigits] != ':' {
		return id, Refuse(BadName, "%.140q is not an identifier: two times 64 hexadecimal digits with a colon between", s)
	}
	if id.Number, err = ParseNumber(s[:numberDigits]); err != nil {
		return ID{}, err
	}
	id.Node, err = ParseNumber(s[numberDigits+1:])
	if err != nil {
		return ID{}, err
	}
	return id, nil
}

// LooksLikeID tells whether a text is meant to be an identifier.
func LooksLikeID(s string) bool { return len(s) == idLength && s[numberDigits] == ':' }

// known tells whether a type is that of a kind.
func (t Type) known() bool {
	return slices.ContainsFunc(builtin, func(k Kind) bool { return k.Type == t })
}

// String writes the locator.
func (l Locator) String() string {
	s := Scheme + l.ID.Node.String() + "/?id=" + l.ID.key() + "&type=" + url.QueryEscape(string(l.Type))
	for _, at := range l.At {
		s += "&at=" + url.QueryEscape(at)
	}
	return s
}

// MarshalText is String.
func (l Locator) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (l *Locator) UnmarshalText(text []byte) error {
	parsed, err := ParseLocator(string(text))
	*l = parsed
	return err
}

// ParseLocator reads a locator in the one form that String writes. It fails
// with code BadName.
func ParseLocator(s string) (l Locator, err error) {
	bad := Refuse(BadName, "%.200q is not a locator", s)
	bad.Hint = "a locator reads " + Scheme + "NODE/?id=NUMBER&type=TYPE, as `qvat agent locate` prints it"
	rest, ok := strings.CutPrefix(s, Scheme)
	if !ok || len(s) > maxLocator {
		return l, bad
	}
	node, query, ok := strings.Cut(rest, "/?")
	if !ok {
		return l, bad
	}
	if l.ID.Node, err = ParseKey(node); err != nil {
		return Locator{}, err
	}
	q, err := url.ParseQuery(query)
	if err != nil {
		return Locator{}, bad
	}
	if l.ID.Number, err = ParseNumber(q.Get("id")); err != nil {
		return Locator{}, err
	}
	l.Type, l.At = Type(q.Get("type")), q["at"]
	badAddress := slices.ContainsFunc(l.At, func(at string) bool { return at == "" || len(at) > maxAddress })
	if badAddress || !l.Type.known() || len(l.At) > MaxAddresses || l.String() != s {
		return Locator{}, bad
	}
	return l, nil
}
