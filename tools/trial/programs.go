package trial

import (
	"encoding/json"
	"errors"
	"os"
	"path"
	"sync"

	"qvat/chains"
	"qvat/tools/bundle"
	"qvat/tools/project"
)

// programs bundles the project's programs, each once in a run for the values
// that are defined for it, and knows where in their sources a place is. Its
// methods may be called from many goroutines.
type programs struct {
	project *project.Project

	mu    sync.Mutex
	built map[string]*built
	maps  *bundle.Map
	known map[chains.Hash]known
}

// known is a program that has been bundled, and the folder from which its
// sources are named.
type known struct {
	program chains.Program
	root    string
}

type built struct {
	once sync.Once
	b    *bundle.Bundled
	err  error
}

func newPrograms(p *project.Project) *programs {
	return &programs{project: p, built: map[string]*built{}, maps: bundle.NewMap(), known: map[chains.Hash]known{}}
}

// bundle bundles a file of the project. A mistake in the sources is a
// *bundle.Problems.
func (p *programs) bundle(file string, define map[string]json.RawMessage) (*bundle.Bundled, error) {
	key, err := json.Marshal([]any{path.Clean(file), define}) // in the order of the names
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	one := p.built[string(key)]
	if one == nil {
		one = &built{}
		p.built[string(key)] = one
	}
	p.mu.Unlock()
	one.once.Do(func() { one.b, one.err = p.build(file, define) })
	return one.b, one.err
}

func (p *programs) build(file string, define map[string]json.RawMessage) (*bundle.Bundled, error) {
	at, err := p.project.File(file)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(at); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(errors.New(path.Clean(file)+" is no file"), err)
	}
	o := bundle.Options{Path: at, Define: make(map[string]string, len(define))}
	for name, value := range define {
		o.Define[name] = string(value)
	}
	b, err := bundle.Build(o)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.maps.Add(b.Map)
	for _, m := range b.Bundle.Modules {
		p.known[m.Program.Hash()] = known{m.Program, project.Root(at)}
	}
	return b, nil
}

// place finds the author's place of a place in a program, whose column is in
// bytes. ok is false where the program, or the line, is not known.
func (p *programs) place(program string, line, column int) (project.Place, bool) {
	hash, err := chains.ParseHash(program)
	if err != nil || line < 1 {
		return project.Place{}, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.known[hash]
	return p.project.Place(p.maps, one.root, one.program, line, column)
}
