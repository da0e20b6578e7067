package testrunner

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"qvat/chains"
	"qvat/host"
)

// file is a test file, with the vat that its tests run in.
type file struct {
	run  *run
	name string

	vat      *host.Vat
	chain    chains.Chain
	programs []chains.Program
	tests    []string // the functions that it exports
	failed   *Failure // set where it cannot be bundled or evaluated, or has no test
}

// runner is the program that runs one test, or gives the names of all; %s is the
// hash of the test file's program.
const runner = `const tests = require('%s')
exports.main = async ({ power, input }) => {
  if (input === undefined) return Object.keys(tests).filter(name => typeof tests[name] === 'function')
  await tests[input.test](power)
}
`

// open bundles the file and asks it for its tests. That it cannot be bundled or
// evaluated is a result, not an error.
func (f *file) open(ctx context.Context) error {
	b, err := f.run.programs.bundle(ctx, f.name, nil)
	if err != nil {
		f.failed = &Failure{Message: err.Error()} // with its places
		return ctx.Err()
	}
	for _, m := range b.Bundle.Modules {
		f.programs = append(f.programs, m.Program)
	}
	main, err := chains.NewProgram(fmt.Appendf(nil, runner, b.Bundle.Main), 0)
	if err != nil {
		return err
	}
	f.programs = append(f.programs, main)
	if err := link(&f.chain, main.Hash(), []string{rootName}, false); err != nil {
		return err
	}
	if f.vat, err = f.run.drivers.open(ctx, host.Embed{Observe: f.run.observe}); err != nil {
		return err
	}
	a, err := f.vat.Invoke(ctx, "test", chains.Capsule{Chain: f.chain, Programs: f.programs})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		f.failed = f.run.programs.failure(err, nil)
		return nil
	}
	if err := json.Unmarshal(a.Result, &f.tests); err != nil {
		return fmt.Errorf("the tests of %s: %w", f.name, err)
	}
	if len(f.tests) == 0 {
		f.failed = &Failure{
			Message: "it exports no function, so it has no test",
			Hint:    "exports['adds one'] = async t => { t.equal(await t.send([{ program: './main.js', by: 'root' }]), 1) }",
		}
	}
	return nil
}

func (f *file) close() error {
	if f.vat == nil {
		return nil
	}
	return f.vat.Close()
}

// test runs one test; "" stands for the file that has none. The error is ctx's,
// or that of a vat that cannot be closed.
func (f *file) test(ctx context.Context, name string) (Result, error) {
	out := Result{File: f.name, Name: name}
	if name == "" {
		out.Failure = f.failed
		return out, nil
	}
	start := time.Now()
	input, err := json.Marshal(map[string]string{"test": name})
	if err != nil {
		return out, err
	}
	// What the vat has already need not be sent.
	c := chains.Capsule{Chain: f.chain, Programs: f.programs, Input: input}
	s := &session{run: f.run, clock: firstTime}
	f.run.sessions.Store(c.ID(), s)
	defer f.run.sessions.Delete(c.ID())
	_, err = f.vat.Invoke(ctx, "test", c)
	if cerr := s.close(); cerr != nil || ctx.Err() != nil {
		return out, firstOf(ctx.Err(), cerr)
	}
	if err != nil {
		out.Failure = f.run.programs.failure(err, s.failed)
	}
	out.Took, out.Own = time.Since(start), s.testFuel
	out.Messages, out.Fuel = s.messages, s.totalFuel
	out.Console = append(s.console, s.testConsole...)
	return out, nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// observe notes what a test itself has used and written.
func (r *run) observe(o host.Observed) {
	if s, ok := r.sessions.Load(o.ID); ok {
		s := s.(*session)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.testFuel, s.testConsole = o.Fuel, lines(o)
	}
}
