package bundle

import "fmt"

// Printed is Build, but that esbuild prints all ES modules.
func Printed(o Options) (*Bundled, error) {
	p, err := open(o)
	if err != nil {
		return nil, err
	}
	p.printed = true
	return p.build("")
}

// Simple is what becomes of an ES module that stays as its author wrote it.
type Simple struct {
	Code    string   // the requires are of 0, 1, 2 and so on
	Imports []string // the modules' names
	Exports []string // but for those of export *
	Map     SourceMap
	m       *esModule
}

// ReadSimple reads such a module; it is false for any other.
func ReadSimple(text string, replaced ...string) (Simple, bool) {
	m, ok := readModule(text, replaced)
	if !ok {
		return Simple{}, false
	}
	s := Simple{m: m}
	s.Code, s.Map = m.write(func(clause int) string { return fmt.Sprintf("require(%d)", clause) })
	for _, c := range m.clauses {
		s.Imports = append(s.Imports, c.from)
	}
	for _, e := range m.exports {
		s.Exports = append(s.Exports, e.name)
	}
	return s, true
}

// Own is the module's own name of an export that is no other module's, and
// whether it keeps its value.
func (s Simple) Own(name string) (local string, constant, own bool) {
	e := s.m.exports[s.m.names[name]]
	if e.from != nil {
		return "", false, false
	}
	return e.local, s.m.constant(e.local), true
}
