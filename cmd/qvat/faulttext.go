package main

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"qvat/chains"
	"qvat/cmd/qvat/cli"
	"qvat/host/api"
	"qvat/host/fault"
	"qvat/tools/bundle"
)

// faultFailure makes a vat's refusal into what is shown of it. Where a program
// threw whose text is at hand, its line is shown.
func faultFailure(f *fault.Error, d *draft) *cli.Failure {
	out := cli.FaultFailure(f)
	for _, text := range f.Missing {
		line := "missing " + api.Clean(text)
		if h, err := chains.ParseHash(text); err == nil {
			line += bracketed(d.nameOf(h))
		}
		out.Detail = append(out.Detail, line)
	}
	if at, ok := d.source(f); ok {
		out.Err = &sourced{out.Err, at}
		out.Detail = append(out.Detail, fmt.Sprintf("in %s, line %d, column %d", api.Clean(at.File), at.Line, at.Column))
	}
	if f.Program != "" {
		out.Detail = append(out.Detail, where(f, d)...)
	}
	return out
}

// sourced is an error whose place in its author's sources is known.
type sourced struct {
	error
	at bundle.Place
}

// withSource is a fault for programs, with the place in the sources that err
// knows, if it does.
func withSource(f *fault.Error, err error) any {
	var at *bundle.Place
	if s := (*sourced)(nil); errors.As(err, &s) {
		at = &s.at
	}
	return struct {
		*fault.Error
		Source *bundle.Place `json:"source,omitempty"`
	}{f, at}
}

// where says in which program, and at which place in its text.
func where(f *fault.Error, d *draft) []string {
	at := "in program " + api.Clean(f.Program)
	if f.Line > 0 {
		at += fmt.Sprintf(", line %d, column %d", f.Line, f.Column)
	}
	hash, err := chains.ParseHash(f.Program)
	if err != nil {
		return []string{at}
	}
	p, here := d.have[hash]
	at += bracketed(d.nameOf(hash))
	if !here || f.Line < 1 {
		return []string{at}
	}
	text := strings.Split(p.Text(), "\n")
	if f.Line > len(text) {
		return []string{at}
	}
	return append([]string{at}, caret(text[f.Line-1], f.Line, f.Column)...)
}

// bracketed is a program's name as it stands after its hash; "" for none.
func bracketed(name string) string {
	if name == "" {
		return ""
	}
	return " (" + api.Clean(name) + ")"
}

// A source line is shown from so many characters before the place to so many
// after it.
const (
	shownBefore = 70
	shownAfter  = 40
)

// caret shows the part of a source line around column, counted in bytes from
// 1, with a mark below it.
func caret(line string, number, column int) []string {
	line = strings.TrimSuffix(line, "\r")
	all := []rune(line)
	at := utf8.RuneCountInString(line[:min(max(column-1, 0), len(line))])
	at = min(at, len(all)) // in the middle of a character, it counts as some
	from, to := max(0, at-shownBefore), min(len(all), at+shownAfter)
	before, after := plain(all[from:at]), plain(all[at:to])
	if from > 0 {
		before = "…" + before
	}
	if to < len(all) {
		after += "…"
	}
	gutter := fmt.Sprintf("%d | ", number)
	shown := []string{gutter + before + after}
	if column > 0 {
		shown = append(shown, strings.Repeat(" ", len(gutter)+uniseg.StringWidth(before))+"^")
	}
	return shown
}

// plain is a stretch of a source line, safe to show and with no tabs.
func plain(r []rune) string { return cli.Lines(string(r))[0] }
