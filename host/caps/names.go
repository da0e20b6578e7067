package caps

import (
	"regexp"
	"slices"
	"strings"
)

// The special names, which lead somewhere for every agent and cannot be given.
const (
	NameSelf  = "SELF"  // the agent's own handle
	NameHost  = "HOST"  // the handle of the host that made it
	NameAgent = "AGENT" // the agent itself, which cannot be mailed
	NameInbox = "INBOX" // its mailbox: INBOX.NUMBER.EDGE is an attachment
	NameNode  = "NODE"  // the vat on the network
)

// SpecialNames gives all special names.
func SpecialNames() []string { return []string{NameSelf, NameHost, NameAgent, NameInbox, NameNode} }

// IsSpecial tells whether a name is a special one.
func IsSpecial(name string) bool { return slices.Contains(SpecialNames(), name) }

// petName is what a name may be.
var petName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,127}$`)

// CheckName tells whether a name is a pet name: small letters, digits and
// hyphens, not a hyphen first, 128 at most. It fails with code BadName.
func CheckName(name string) error {
	if petName.MatchString(name) {
		return nil
	}
	e := Refuse(BadName, "%.140q is not a pet name", name)
	if IsSpecial(name) {
		e = Refuse(BadName, "%s is a special name, which cannot be given", name)
	}
	return e.WithHint("a pet name is made of a-z, 0-9 and hyphens, does not begin with a hyphen, and has 128 characters at most")
}

// Entry is a name in a directory.
type Entry struct {
	Name string
	ID   ID
	Type Type
	// Like names another entry of the directory with which this one could be
	// confused (case, look-alike letters), or is "".
	Like string
}

// looks replaces what looks alike by one form. What is longer comes first. It
// is our own small table after the idea of Unicode's TR39; pet names are ASCII,
// so it can be small.
var looks = strings.NewReplacer("rn", "m", "vv", "w", "cl", "d", "nn", "m", "0", "o", "1", "l", "i", "l", "j", "l",
	"5", "s", "2", "z", "8", "b", "6", "b", "9", "g", "q", "g", "-", "", "_", "")

// skeleton gives a form in which names that look alike are the same: by case, letters
// that look alike (0 and o; 1, i and l; rn and m), or hyphens.
func skeleton(name string) string { return looks.Replace(strings.ToLower(name)) }

// MarkLikes notes in each entry another one that it could be taken for. A name
// that could be taken for a special one is marked, too.
func MarkLikes(entries []Entry) {
	seen := map[string]int{}
	specials := map[string]string{}
	for _, s := range SpecialNames() {
		specials[skeleton(s)] = s
	}
	for i := range entries {
		form := skeleton(entries[i].Name)
		if s, ok := specials[form]; ok {
			entries[i].Like = s
		}
		if j, ok := seen[form]; ok {
			entries[i].Like = entries[j].Name
			if entries[j].Like == "" {
				entries[j].Like = entries[i].Name
			}
		} else {
			seen[form] = i
		}
	}
}

// maxPath bounds a path of names, in bytes.
const maxPath = 2048

// SplitPath takes a path apart: a special name may be first, all else are pet names.
// The empty path has no parts. It fails with BadName.
func SplitPath(path string) ([]string, error) {
	if path == "" {
		return nil, nil
	}
	if len(path) > maxPath {
		return nil, Refuse(BadName, "a path of %d bytes is too long", len(path))
	}
	parts := strings.Split(path, ".")
	for i, part := range parts {
		if i == 0 && IsSpecial(part) {
			continue
		}
		if err := CheckName(part); err != nil {
			return nil, err
		}
	}
	return parts, nil
}
