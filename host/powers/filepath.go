package powers

import (
	"path"
	"slices"
	"strings"
)

// Bounds of a path in the granted directory, in bytes and in names.
const (
	maxPath  = 1024
	maxName  = 255
	maxNames = 32
)

// ownPrefix begins the names of the files that qvat keeps in the granted
// directory for a while. Programs cannot name them.
const ownPrefix = ".qvat-"

// checkPath refuses what is not the path of something in the granted directory:
// names joined by "/", or "." for the directory itself. What is refused is the
// same on every system.
func checkPath(p string) error {
	switch {
	case p == ".":
		return nil
	case p == "":
		return typeError("the path is empty")
	case len(p) > maxPath:
		return rangeError("the path is %d bytes, and %d are allowed", len(p), maxPath)
	}
	names := strings.Split(p, "/")
	if len(names) > maxNames {
		return rangeError("the path has %d names, and %d are allowed", len(names), maxNames)
	}
	for _, name := range names {
		if why := nameFault(name); why != "" {
			return typeError("the path %q is not allowed: %s", p, why)
		}
	}
	return nil
}

// nameFault says what is wrong with one name of a path; "" is nothing.
func nameFault(name string) string {
	switch {
	case name == "":
		return "it begins or ends with a slash, or has two in a row"
	case name == "." || name == "..":
		return "it has the name . or .."
	case len(name) > maxName:
		return "a name is longer than 255 bytes"
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || strings.ContainsRune(`\:*?"<>|`, r) }):
		return `a name has a control character or one of \ : * ? " < > |`
	case strings.HasSuffix(name, ".") || strings.HasSuffix(name, " "):
		return "a name ends with a dot or a space"
	case strings.HasPrefix(strings.ToLower(name), ownPrefix):
		return "names that begin with " + ownPrefix + " are the vat's own"
	case isDevice(name):
		return "a name is that of a device on some systems"
	}
	return ""
}

// isDevice tells whether Windows takes a name for a device, wherever it stands.
func isDevice(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	if slices.Contains([]string{"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}, stem) {
		return true
	}
	port, number := stem[:min(3, len(stem))], stem[min(3, len(stem)):]
	return (port == "COM" || port == "LPT") && slices.Contains(strings.Split("0123456789¹²³", ""), number)
}

// ancestors gives the directories above a path, the topmost first, without ".".
func ancestors(p string) []string {
	var up []string
	for d := path.Dir(p); d != "."; d = path.Dir(d) {
		up = append(up, d)
	}
	slices.Reverse(up)
	return up
}
