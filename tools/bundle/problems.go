package bundle

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is something in the sources that cannot be bundled.
type Problem struct {
	// File is the source, with slashes, from the project's folder; "" for what
	// is wrong with no one file.
	File string `json:"file,omitempty"`
	// Line counts from 1, and so does Column, in bytes of UTF-8; 0 is unknown.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Length is how many bytes of the line it is about.
	Length int `json:"length,omitempty"`
	// Excerpt is the line.
	Excerpt string `json:"excerpt,omitempty"`
	Text    string `json:"text"`
	// Global is the name of the global that is missing, where that is it.
	Global string `json:"global,omitempty"`
	// Hint is what can be done.
	Hint string `json:"hint,omitempty"`
}

// Problems are all that is wrong, found in one run.
type Problems struct {
	List []Problem
}

// Error shows each problem with its place, its line, and what can be done.
func (p *Problems) Error() string {
	var b strings.Builder
	for i, one := range p.List {
		if i > 0 {
			b.WriteString("\n")
		}
		one.write(&b)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// widest is how much of a line is shown: a line of a minified package may have
// half a million bytes.
const widest = 120

func (p Problem) write(b *strings.Builder) {
	if p.File != "" {
		b.WriteString(p.File + ":")
		if p.Line > 0 {
			fmt.Fprintf(b, "%d:%d:", p.Line, p.Column)
		}
		b.WriteString(" ")
	}
	b.WriteString(p.Text + "\n")
	if p.Excerpt != "" && p.Line > 0 {
		line, before := p.Excerpt, p.Column-1
		if len(line) > widest {
			from := max(0, min(before-widest/2, len(line)-widest))
			line, before = strings.ToValidUTF8(line[from:from+widest], ""), before-from
		}
		before = max(0, min(before, len(line)))
		length := max(1, min(p.Length, len(line)-before))
		// Tabs stay tabs, so that the mark stands under what it marks.
		pad := strings.Map(func(r rune) rune {
			if r == '\t' {
				return r
			}
			return ' '
		}, line[:before])
		fmt.Fprintf(b, "    %s\n    %s%s\n", line, pad, strings.Repeat("^", length))
	}
	if p.Hint != "" {
		b.WriteString("    hint: " + p.Hint + "\n")
	}
}

// Package is the package that a problem's file is of, or "".
func (p Problem) Package() string {
	if _, inside, ok := cutLast(p.File, modulesFolder); ok {
		return packageOf(inside)
	}
	return ""
}

// sorted orders problems by place, and drops what is said twice. A byte order
// mark is no part of a line.
func sorted(list []Problem) []Problem {
	const mark = "\ufeff"
	for i, one := range list {
		if line, marked := strings.CutPrefix(one.Excerpt, mark); marked {
			list[i].Excerpt, list[i].Column = line, max(1, one.Column-len(mark))
		}
	}
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(list)
}
