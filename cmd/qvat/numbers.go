package main

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// shortTime writes a time in three digits or so: "312 µs", "45 ms", "1.2 s".
func shortTime(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// padded fills a text with spaces up to a width in characters.
func padded(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}
