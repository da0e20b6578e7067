package bundle

import (
	"os"
	"strings"
)

// notices are the comments about copyright at the heads of a group's files,
// which esbuild drops where nothing marks them as legal ("/*!", "@license").
// Many packages have them plain.
func notices(one *group) string {
	var b strings.Builder
	for _, f := range one.members {
		text, err := os.ReadFile(f.path)
		if err != nil {
			continue // it has been read once: what it was made into stands
		}
		for _, c := range headComments(string(text)) {
			if isNotice(c) && !strings.Contains(b.String(), c) {
				b.WriteString(c + "\n")
			}
		}
	}
	return b.String()
}

// headComments are the comments before the first thing that is none.
func headComments(text string) []string {
	text = strings.TrimPrefix(text, "\ufeff")
	if strings.HasPrefix(text, "#!") {
		_, text, _ = strings.Cut(text, "\n")
	}
	var all []string
	for {
		text = strings.TrimLeft(text, " \t\r\n;")
		var c string
		switch {
		case strings.HasPrefix(text, "//"):
			end := strings.IndexAny(text, "\r\n\u2028\u2029")
			if end < 0 {
				end = len(text)
			}
			c = text[:end]
		case strings.HasPrefix(text, "/*"):
			end := strings.Index(text[2:], "*/")
			if end < 0 {
				return all
			}
			c = text[:end+4]
		case strings.HasPrefix(text, `"use strict"`), strings.HasPrefix(text, `'use strict'`):
			text = text[len(`"use strict"`):]
			continue
		default:
			return all
		}
		text = text[len(c):]
		if n := len(all); n > 0 && strings.HasPrefix(c, "//") && strings.HasPrefix(all[n-1], "//") {
			all[n-1] += "\n" + c // lines that belong together
		} else {
			all = append(all, strings.ReplaceAll(c, "\r\n", "\n"))
		}
	}
}

// longestNotice is how many bytes of a notice are taken over; texts of licences
// are shorter.
const longestNotice = 32 << 10

// isNotice tells whether a comment is about rights, and would be dropped.
func isNotice(c string) bool {
	low := strings.ToLower(c)
	legal := strings.HasPrefix(c, "/*!") || strings.HasPrefix(c, "//!") || strings.Contains(c, "@license") || strings.Contains(c, "@preserve")
	said := strings.Contains(low, "copyright") || strings.Contains(low, "license") || strings.Contains(low, "licence") || strings.Contains(low, "(c) ")
	// A vat takes a require in a comment for one, and asks for the module.
	return said && !legal && len(c) <= longestNotice && !strings.Contains(low, "require") && strings.ToValidUTF8(c, "") == c
}
