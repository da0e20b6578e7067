package project

import (
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"

	"qvat/chains"
	"qvat/tools/bundle"
)

// Place is a place in a source of a project. Line and Column count from 1, a
// column in bytes of UTF-8.
type Place struct {
	File         string // its path from the project's folder, or from node_modules
	Line, Column int
	Text         string // that line of the source; "" where it could not be read
}

// Root is the folder from which the bundler names files, for a program whose
// main module is at path: the nearest above it that has a package.json, or its
// own.
func Root(path string) string {
	own := filepath.Dir(path)
	for dir := own; ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(filepath.Join(dir, "package.json")); err == nil && info.Mode().IsRegular() {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return own
		}
	}
}

// Place finds the place in the sources that a place in a program came from, by
// what the map knows, where files are named from root. Column is in bytes, as an
// error has it. ok is false where that is not known.
func (p *Project) Place(known *bundle.Map, root string, program chains.Program, line, column int) (_ Place, ok bool) {
	texts := strings.Split(program.Text(), "\n")
	if line < 1 || line > len(texts) {
		return Place{}, false
	}
	at, ok := known.Position(program.Hash(), line, units(texts[line-1], column))
	if !ok {
		return Place{}, false
	}
	out := Place{File: at.File, Line: at.Line}
	name := filepath.FromSlash(at.File)
	for _, file := range []string{filepath.Join(root, name), filepath.Join(root, "node_modules", name)} {
		text, ok := lineOf(file, at.Line)
		if !ok {
			continue
		}
		out.Text = text
		if own, err := filepath.Rel(p.Dir, file); err == nil && !strings.Contains(own, "node_modules") {
			out.File = filepath.ToSlash(own)
		}
		break
	}
	out.Column = bytesTo(out.Text, at.Column)
	return out, true
}

// maxSource is the size in bytes of the largest source that is shown of.
const maxSource = 4 << 20

// lineOf reads a line of a file; ok is false where it cannot.
func lineOf(file string, number int) (_ string, ok bool) {
	if info, err := os.Stat(file); err != nil || info.Size() > maxSource || !info.Mode().IsRegular() {
		return "", false
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", false
	}
	lines := strings.Split(string(text), "\n")
	if number < 1 || number > len(lines) {
		return "", false
	}
	return strings.TrimSuffix(lines[number-1], "\r"), true
}

// Columns in sources and in texts: source maps count UTF-16 units, the rest of
// qvat bytes of UTF-8. Both count from 1; 0, which is unknown, stays.

// units makes a column in bytes one in units.
func units(line string, column int) int {
	if column < 1 {
		return column
	}
	n := 1
	for at, r := range line {
		if at+1 >= column {
			break
		}
		n += utf16.RuneLen(r)
	}
	return n
}

// bytesTo makes a column in units one in bytes.
func bytesTo(line string, column int) int {
	if column < 1 || line == "" {
		return column
	}
	n := 1
	for at, r := range line {
		if n >= column {
			return at + 1
		}
		n += utf16.RuneLen(r)
	}
	return len(line) + 1
}
