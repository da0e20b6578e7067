package mail

import (
	"encoding/hex"
	"fmt"
	"regexp"
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

// maxPath bounds a path of names.
const maxPath = 2048

// petName is what a name may be.
var petName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,127}$`)

// CheckName tells whether a name is a pet name: small letters, digits and
// hyphens, not a hyphen first, 128 at most. It fails with code BadName.
func CheckName(name string) error {
	if petName.MatchString(name) {
		return nil
	}
	e := refusal(BadName, "%.140q is not a pet name", name)
	if isSpecial(name) {
		e = refusal(BadName, "%s is a special name, which cannot be given", name)
	}
	e.Hint = "a pet name is made of a-z, 0-9 and hyphens, does not begin with a hyphen, and has 128 characters at most"
	return e
}

func isSpecial(name string) bool {
	switch name {
	case NameSelf, NameHost, NameAgent, NameInbox, NameNode:
		return true
	}
	return false
}

// splitPath takes a path apart: special names first alone, then pet names. The
// empty path is the agent's own directory.
func splitPath(path string) ([]string, error) {
	if path == "" {
		return nil, nil
	}
	if len(path) > maxPath {
		return nil, refusal(BadName, "a path of %d bytes is too long", len(path))
	}
	parts := strings.Split(path, ".")
	for i, part := range parts {
		if i == 0 && isSpecial(part) {
			continue
		}
		if err := CheckName(part); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// looks replaces what looks alike by one form. What is longer comes first. It
// is our own small table after the idea of Unicode's TR39; pet names are ASCII,
// so it can be small.
var looks = strings.NewReplacer("rn", "m", "vv", "w", "cl", "d", "nn", "m", "0", "o", "1", "l", "i", "l", "j", "l",
	"5", "s", "2", "z", "8", "b", "6", "b", "9", "g", "q", "g", "-", "", "_", "")

// skeleton gives a form in which names that look alike are the same.
func skeleton(name string) string { return looks.Replace(strings.ToLower(name)) }

// Like tells whether two names that differ could be taken for each other: by
// case, letters that look alike (0 and o; 1, i and l; rn and m), or hyphens.
func Like(a, b string) bool { return a != b && skeleton(a) == skeleton(b) }

// markLikes notes in each entry another one that it could be taken for. A name
// that could be taken for a special one is marked, too.
func markLikes(entries []Entry) {
	seen := map[string]int{}
	specials := map[string]string{}
	for _, s := range []string{NameSelf, NameHost, NameAgent, NameInbox, NameNode} {
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

// Dub gives the words by which an identifier is shown: the names that the
// reader has for it, or the start of its key where there are none. It is never
// empty.
func Dub(id ID, names []string) string {
	if len(names) > 0 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("(ed25519 %s…)", hex.EncodeToString(id.Number[:3]))
}
