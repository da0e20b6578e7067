// Package testrunner runs the tests of a project against vats that last as long as
// the test, inside this process: no server, no network, and nothing is left.
//
// A test file is a confined program itself. It is bundled, and each function
// that it exports is a test: a message of its own to a vat, the driver, whose
// root power is `t`, the host module qvat:test. What a test does with `t` is done
// by this package: it makes a vat for the test, bundles and signs the programs
// that the test names, and sends them through the vat's own path.
//
// So a test can do no more than any program, and one that hangs ends by the
// limits of the vat that it runs in.
//
// Files: testrunner.go runs all tests, file.go is a test file, session.go is what one
// test does, power.go and t.js are the two halves of qvat:test, programs.go
// bundles, maker.go makes vats, result.go says how a test ended.
package testrunner

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"qvat/tools/project"
)

// Options say which tests to run. Dir must be set.
type Options struct {
	// Dir is the project's folder.
	Dir string
	// Filter picks the tests whose name, or whose file's path, it matches. nil
	// picks all.
	Filter *regexp.Regexp
	// Each is told how each test ended, one after another in the order of files
	// and tests, as soon as that is known. nil is told nothing.
	Each func(Result)
	// AtOnce is how many tests run at once; 0 is GOMAXPROCS.
	AtOnce int
	// MachineCode is a folder for the engine's machine code, which stays; "" is
	// one that goes with the run.
	MachineCode string
}

// Errors of Run. The first says that the project has no test file, the second
// that none of its tests is picked by the filter.
var (
	ErrNoTests = errors.New("there is no test")
	ErrNoMatch = errors.New("no test has such a name")
)

// Run runs the tests of a project, and gives how each ended: in the order of the
// files' paths, and in each file in that of its exports. That a test failed is
// no error. When ctx ends, so do the tests, and the error is ctx's.
func Run(ctx context.Context, o Options) (_ []Result, err error) {
	p, err := project.Open(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := p.CheckVat(); err != nil {
		return nil, err
	}
	names, err := p.Tests()
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, ErrNoTests
	}
	base, err := os.MkdirTemp("", "qvat-test-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(base)) }()
	if o.AtOnce < 1 {
		o.AtOnce = runtime.GOMAXPROCS(0)
	}
	if o.MachineCode == "" {
		o.MachineCode = filepath.Join(base, "cache")
		if err := os.Mkdir(o.MachineCode, 0o700); err != nil {
			return nil, err
		}
	}
	r := &run{
		o: o, programs: newPrograms(p, o.AtOnce, maxBuilds+len(names)),
		subjects: &maker{project: p, base: base, cache: o.MachineCode, name: "vat", power: p.Power()},
	}
	if r.drivers, err = newDrivers(base, o.MachineCode, r.open); err != nil {
		return nil, err
	}
	// What is opened last closes first: files use the drivers' first vat.
	defer func() { err = errors.Join(err, r.subjects.close(), r.drivers.close()) }()
	files, err := r.files(ctx, names)
	defer func() {
		for _, f := range files {
			err = errors.Join(err, f.close())
		}
	}()
	if err != nil {
		return nil, err
	}
	return r.all(ctx, files)
}

// run is one run of a project's tests.
type run struct {
	o        Options
	programs *programs
	drivers  *maker   // of the vats that tests run in
	subjects *maker   // of the vats that tests are about
	sessions sync.Map // *session by the id of the test's message
}

// files opens all test files, some at once.
func (r *run) files(ctx context.Context, names []string) ([]*file, error) {
	files := make([]*file, len(names))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(r.o.AtOnce)
	// What this comes to, the tests that need a vat are told.
	group.Go(func() error { r.subjects.prepare(ctx); return ctx.Err() })
	for i, name := range names {
		files[i] = &file{run: r, name: name}
		group.Go(func() error { return files[i].open(ctx) })
	}
	return files, group.Wait()
}

// testCase is a test that is to be run.
type testCase struct {
	file *file
	name string
}

// all runs the tests that are asked for.
func (r *run) all(ctx context.Context, files []*file) ([]Result, error) {
	var tests []testCase
	for _, f := range files {
		if f.failed != nil {
			tests = append(tests, testCase{f, ""})
		}
		for _, name := range f.tests {
			if r.o.Filter == nil || r.o.Filter.MatchString(name) || r.o.Filter.MatchString(f.name) {
				tests = append(tests, testCase{f, name})
			}
		}
	}
	if len(tests) == 0 {
		return nil, ErrNoMatch
	}
	results := make([]Result, len(tests))
	told := inOrder{each: r.o.Each, results: results, done: make([]bool, len(tests))}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(r.o.AtOnce)
	for i, t := range tests {
		group.Go(func() (err error) {
			if results[i], err = t.file.test(ctx, t.name); err == nil {
				told.tell(i)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return results, nil
}

// inOrder tells of results in their order, as soon as all before them are known.
type inOrder struct {
	each    func(Result)
	results []Result

	mu   sync.Mutex
	done []bool
	next int
}

func (o *inOrder) tell(i int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.done[i] = true
	for ; o.next < len(o.done) && o.done[o.next]; o.next++ {
		if o.each != nil {
			o.each(o.results[o.next])
		}
	}
}
