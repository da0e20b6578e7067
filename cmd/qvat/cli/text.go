package cli

import (
	"fmt"
	"strconv"
	"strings"

	"qvat/host/api"
)

// Lines splits a program's text as a program counts its lines, and makes each
// one safe to show. Tabs become spaces, so that a column is a column.
func Lines(text string) []string {
	all := strings.Split(text, "\n")
	for i, l := range all {
		all[i] = api.Clean(strings.ReplaceAll(strings.TrimSuffix(l, "\r"), "\t", "    "))
	}
	return all
}

// Count writes a number with its noun: "1 link", "2 links".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Thousands writes a number as people read it: 1,204,516.
func Thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for at := len(s) - 3; at > 0 && s[at-1] != '-'; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}
