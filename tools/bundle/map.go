package bundle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"

	"qvat/chains"
)

// Map is what stays beside a bundle, in OUT.bundle.map: the names of its
// programs and where their texts came from. Nothing that is run depends on it,
// and it says nothing about the machine on which it was made.
type Map struct {
	// Version is that of the format: 1.
	Version int `json:"version"`
	// Modules are what is known, by the program's hash (64 hex digits).
	Modules map[string]MapModule `json:"modules"`
}

// MapModule is what is known of one program.
type MapModule struct {
	Name string    `json:"name"`
	Map  SourceMap `json:"map"`
}

// MapBytes is how many bytes a map has at most, 128 MiB. A program's map is
// seldom larger than the program.
const MapBytes = 128 << 20

const mapVersion = 1

// NewMap gives a map that knows nothing.
func NewMap() *Map { return &Map{Version: mapVersion, Modules: map[string]MapModule{}} }

// DecodeMap reads a map. It may come from anybody: what is not a map of this
// version is an error, and places that make no sense are found nowhere.
func DecodeMap(b []byte) (*Map, error) {
	if len(b) > MapBytes {
		return nil, fmt.Errorf("a map has at most %d bytes", MapBytes)
	}
	m := &Map{}
	if err := json.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("this is no map of programs: %w", err)
	}
	if m.Version != mapVersion {
		return nil, fmt.Errorf("this map has version %d: version %d is known here", m.Version, mapVersion)
	}
	if m.Modules == nil { // as null has it
		m.Modules = map[string]MapModule{}
	}
	for h := range m.Modules {
		if _, err := chains.ParseHash(h); err != nil {
			return nil, fmt.Errorf("the map knows of %q, which is no hash", h)
		}
	}
	return m, nil
}

// Encode gives the file's content: the same bytes for the same map.
func (m *Map) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Name is what people call a program, or "" where it has no name here.
func (m *Map) Name(program chains.Hash) string {
	if m == nil {
		return ""
	}
	return m.Modules[program.String()].Name
}

// Add takes in what other knows, which may be nil. Of a program that both know,
// what stood here stays.
func (m *Map) Add(other *Map) {
	if other == nil {
		return
	}
	mine := maps.Clone(m.Modules)
	maps.Copy(m.Modules, other.Modules)
	maps.Copy(m.Modules, mine)
}

// Only gives a map of what is known about these programs.
func (m *Map) Only(programs ...chains.Hash) *Map {
	some := NewMap()
	if m == nil {
		return some
	}
	for _, h := range programs {
		if known, ok := m.Modules[h.String()]; ok {
			some.Modules[h.String()] = known
		}
	}
	return some
}

// Position finds the author's place of a place in a program's text. Lines and
// columns count from 1; a column of 0 is one that is not known.
func (m *Map) Position(program chains.Hash, line, column int) (Place, bool) {
	if m == nil {
		return Place{}, false
	}
	return m.Modules[program.String()].Map.Find(line, column)
}
