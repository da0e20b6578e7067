package main

import (
	"fmt"
	"strings"

	"qvat/host/api"
)

// lines splits a program's text as a program counts its lines, and makes each
// one safe to show. Tabs become spaces, so that a column is a column.
func lines(text string) []string {
	all := strings.Split(text, "\n")
	for i, l := range all {
		all[i] = api.Clean(strings.ReplaceAll(strings.TrimSuffix(l, "\r"), "\t", "    "))
	}
	return all
}

// count writes a number with its noun: "1 link", "2 links".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
