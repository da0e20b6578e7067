package bundle

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
)

// SourceMap says where each place of a program's text came from: the part of a
// source map, revision 3 (ECMA-426), that is kept. Texts of the sources are
// not: a map tells where, and whoever has the sources can look.
type SourceMap struct {
	// Sources are the names of the files, with slashes, as people know them:
	// "lib/rates.ts", or "zod/v3/types.js" for a file of a package; "" is one
	// that no author wrote.
	Sources []string `json:"sources"`
	// Mappings are the segments, encoded as the standard has it. None at all
	// says that the text is that of its one source, line for line.
	Mappings string `json:"mappings"`
	// Lines is how many lines are the source's, where a text goes on after
	// them; 0 says that all are.
	Lines int `json:"lines,omitempty"`
	// Moved are the places of such lines from which on columns differ, in the
	// order of the text.
	Moved []Moved `json:"moved,omitempty"`
}

// Moved is a place of a text, and the column in its source that is there: all
// count from 0, and columns in UTF-16 units. What comes up to the next place is
// moved as far, but for what the source has not.
type Moved struct {
	Line   int `json:"l"`
	Column int `json:"c"`
	Source int `json:"s"`
}

// Place is a place in a source file: line and column count from 1, and a
// column counts UTF-16 units, as source maps do.
type Place struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// segment is one step of a map; source is -1 where it has none.
type segment struct {
	column, source, line, sourceColumn int
}

// Find gives the source of a place in the program's text, both counted from 1:
// that of the last segment at or before it on its line. Column 0 stands for a
// column that is not known.
func (m SourceMap) Find(line, column int) (Place, bool) {
	if m.Mappings == "" && len(m.Sources) == 1 && m.Sources[0] != "" && line > 0 {
		if m.Lines > 0 && line > m.Lines {
			return Place{}, false
		}
		return Place{m.Sources[0], line, m.unmoved(line-1, max(column, 1)-1) + 1}, true
	}
	found := segment{source: -1}
	err := m.walk(func(at int, s segment) bool {
		if at == line-1 && (s.column <= column-1 || found.source < 0) {
			found = s
		}
		return at < line
	})
	if err != nil || found.source < 0 || found.source >= len(m.Sources) || m.Sources[found.source] == "" {
		return Place{}, false
	}
	return Place{m.Sources[found.source], found.line + 1, found.sourceColumn + 1}, true
}

// unmoved is the source's column of a column, both counted from 0.
func (m SourceMap) unmoved(line, column int) int {
	from, moved := Moved{Line: line}, false
	for _, to := range m.Moved {
		if to.Line != line {
			continue
		}
		if to.Column > column { // what is longer than in the source ends there
			return max(min(from.Source+column-from.Column, to.Source, math.MaxInt32), 0)
		}
		from, moved = to, true
	}
	if !moved {
		return column
	}
	return max(min(from.Source+column-from.Column, math.MaxInt32), 0)
}

// use is where a name stands in a text: both counted from 0.
type use struct {
	name         string
	line, column int
}

// places finds the sources of several uses, in the order of the text, as
// [SourceMap.Find] does, in one go. One that is not known has line 0.
func (m SourceMap) places(uses []use) []Place {
	all := make([]Place, len(uses))
	done, last := 0, segment{source: -1}
	settle := func(line, column int) { // what stands before there
		for ; done < len(uses) && (uses[done].line < line || uses[done].line == line && uses[done].column < column); done++ {
			if last.source >= 0 && last.source < len(m.Sources) {
				all[done] = Place{m.Sources[last.source], last.line + 1, last.sourceColumn + 1}
			}
		}
	}
	on := 0
	err := m.walk(func(line int, s segment) bool {
		if line != on {
			settle(on+1, 0)
			last = segment{source: -1}
			settle(line, 0)
			on = line
		}
		if last.source < 0 {
			last = s
		}
		settle(line, s.column)
		last = s
		return done < len(uses)
	})
	if err == nil {
		settle(on+1, 0)
	}
	return all
}

// walk calls do with each segment and its line, from 0, until do is false.
func (m SourceMap) walk(do func(line int, s segment) bool) error {
	var s segment
	rest := m.Mappings
	for line := 0; ; line++ {
		group, after, more := strings.Cut(rest, ";")
		s.column = 0
		for group != "" {
			var one string
			one, group, _ = strings.Cut(group, ",")
			now, err := s.next(one)
			if err != nil {
				return err
			}
			if s.column, s.line, s.sourceColumn = now.column, now.line, now.sourceColumn; now.source >= 0 {
				s.source = now.source
			}
			if !do(line, now) {
				return nil
			}
		}
		if !more {
			return nil
		}
		rest = after
	}
}

var errMap = errors.New("the source map is damaged")

// next adds the differences that text encodes: a column alone, or a column, a
// source, a line and a column there, with or without a name.
func (s segment) next(text string) (segment, error) {
	var fields [5]int
	n := 0
	for text != "" {
		v, after, err := vlq(text)
		if err != nil || n == len(fields) {
			return s, errMap
		}
		fields[n] = v
		n++
		text = after
	}
	s.column += fields[0]
	switch n {
	case 1:
		s.source = -1
	case 4, 5:
		s.source += fields[1]
		s.line += fields[2]
		s.sourceColumn += fields[3]
		if s.source < 0 {
			return s, errMap
		}
	default:
		return s, errMap
	}
	if s.column < 0 || s.line < 0 || s.sourceColumn < 0 {
		return s, errMap
	}
	return s, nil
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// vlq reads one number of base 64 digits, the lowest first; its lowest bit is
// the sign.
func vlq(text string) (int, string, error) {
	v, shift := 0, 0
	for i := 0; i < len(text); i++ {
		d := strings.IndexByte(digits, text[i])
		if d < 0 || shift > 30 {
			return 0, "", errMap
		}
		v |= (d & 31) << shift
		shift += 5
		if d < 32 {
			if v>>1 > math.MaxInt32 {
				return 0, "", errMap
			}
			if v&1 == 1 {
				return -(v >> 1), text[i+1:], nil
			}
			return v >> 1, text[i+1:], nil
		}
	}
	return 0, "", errMap
}

const (
	mapComment = "sourceMappingURL="
	ownPlaces  = "\n//# " + mapComment + "data:application/json,{}"
)

// withOwnPlaces keeps esbuild from a source map that a text names: places are
// those in the file that is at hand, and what is named may be anything on the
// machine. The last such comment counts.
func withOwnPlaces(text string) string {
	if strings.Contains(text, mapComment) {
		return text + ownPlaces
	}
	return text
}

// readSourceMap reads a source map as esbuild writes it.
func readSourceMap(b []byte) (SourceMap, error) {
	var m SourceMap
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("%w: %w", errMap, err)
	}
	return m, nil
}
