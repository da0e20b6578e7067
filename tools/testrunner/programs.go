package testrunner

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
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
	builds  chan struct{} // holds one for each build under way
	limit   int           // of all builds

	mu    sync.Mutex
	built map[[sha256.Size]byte]*built
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
	mu   sync.Mutex // held while it is being built
	done bool
	b    *bundle.Bundled
	err  error
}

// maxBuilds is how many programs the tests of one run may have bundled, beside
// their own files: what is bundled stays in memory, and a test may ask for any
// number.
const maxBuilds = 500

// newPrograms bundles atOnce programs at a time, and no more than limit.
func newPrograms(p *project.Project, atOnce, limit int) *programs {
	return &programs{
		project: p, builds: make(chan struct{}, atOnce), limit: limit,
		built: map[[sha256.Size]byte]*built{}, maps: bundle.NewMap(), known: map[chains.Hash]known{},
	}
}

// bundle bundles a file of the project, unless ctx has ended. A mistake in the
// sources is a *bundle.Problems.
func (p *programs) bundle(ctx context.Context, file string, define map[string]json.RawMessage) (*bundle.Bundled, error) {
	key, err := json.Marshal([]any{path.Clean(file), define}) // in the order of the names
	if err != nil {
		return nil, err
	}
	one, err := p.entry(sha256.Sum256(key))
	if err != nil {
		return nil, err
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.done {
		return one.b, one.err
	}
	select {
	case p.builds <- struct{}{}:
		defer func() { <-p.builds }()
	case <-ctx.Done():
	}
	// What is not built because one test has ended, another may still need.
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	one.b, one.err = p.build(file, define)
	one.done = true
	return one.b, one.err
}

// entry is what is known of a build, or a new one.
func (p *programs) entry(key [sha256.Size]byte) (*built, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.built[key]
	switch {
	case one != nil:
	case len(p.built) >= p.limit:
		return nil, fmt.Errorf("%d programs have been bundled for the tests of this run, and no more are: a file counts again with other values in define, so give what changes as input", maxBuilds)
	default:
		one = &built{}
		p.built[key] = one
	}
	return one, nil
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
