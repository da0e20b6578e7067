package testrunner

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"qvat/chains"
	"qvat/host"
	"qvat/host/fault"
	"qvat/host/powers"
	"qvat/tools/bundle"
	"qvat/tools/project"
)

// firstTime is what the clock of each vat says first: a test is the same on any
// day.
var firstTime = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// session is one test under way, and the vat that it is about, made when it is
// first needed.
type session struct {
	run   *run
	calls sync.WaitGroup // that answer later, and have not yet

	opening sync.Once
	vat     *host.Vat
	err     error // why there is no vat

	mu          sync.Mutex // guards what follows
	over        bool
	clock       time.Time
	messages    int
	lastFuel    int64 // of the last message
	totalFuel   int64 // of all messages
	logged      []powers.Logged
	console     []Line
	failed      []failedCall
	answers     []powers.OutAnswer  // to the requests that come
	requested   []powers.OutRequest // since the test was last told of them
	testFuel    int64               // of the message that is the test itself
	testConsole []Line
}

// failedCall is a call of the test's that failed.
type failedCall struct {
	message, hint string
	place         *project.Place
}

// linkSpec is a link of a chain as a test writes it.
type linkSpec struct {
	Program string                     `json:"program"`
	By      keyNames                   `json:"by"`
	Bound   bool                       `json:"bound"`
	Define  map[string]json.RawMessage `json:"define"`
}

// keyNames is the name of a key, or several.
type keyNames []string

// UnmarshalJSON takes a string or an array of strings.
func (n *keyNames) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*n = make(keyNames, 1)
		return json.Unmarshal(b, &(*n)[0])
	}
	return json.Unmarshal(b, (*[]string)(n))
}

// subject is the vat that the test is about.
func (s *session) subject(ctx context.Context) (*host.Vat, error) {
	s.opening.Do(func() {
		s.vat, s.err = s.run.subjects.open(ctx, host.Embed{Observe: s.observe, Now: s.now, Exchange: s.exchange})
	})
	return s.vat, s.err
}

// enter tells whether the test still runs; whoever entered calls calls.Done.
func (s *session) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		s.calls.Add(1)
	}
	return !s.over
}

// close waits for what is under way, whose context has ended, and closes the vat.
func (s *session) close() error {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	s.calls.Wait()
	s.opening.Do(func() { s.err = errors.New("the test has ended") })
	if s.vat == nil {
		return nil
	}
	return s.vat.Close()
}

func (s *session) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock
}

// observe is told of each message of the test's vat.
func (s *session) observe(o host.Observed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages++
	s.lastFuel = o.Fuel
	s.totalFuel += o.Fuel
	s.logged = append(s.logged, o.Log...)
	s.console = append(s.console, lines(o)...)
}

// exchange is the network of the test's vat: what leaves is kept, and answered
// as the test has said.
func (s *session) exchange(_ context.Context, r powers.OutRequest) (powers.OutAnswer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requested = append(s.requested, r)
	if len(s.answers) == 0 {
		return powers.OutAnswer{}, nil
	}
	a := s.answers[0]
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	}
	return a, nil
}

// capsule bundles and signs what a test describes.
func (s *session) capsule(ctx context.Context, specs []linkSpec) (chains.Capsule, error) {
	var c chains.Capsule
	have := map[chains.Hash]bool{}
	for _, l := range specs {
		b, err := s.run.programs.bundle(ctx, l.Program, l.Define)
		if err != nil {
			return c, &badProgram{l.Program, err}
		}
		for _, m := range b.Bundle.Modules {
			if h := m.Program.Hash(); !have[h] {
				have[h] = true
				c.Programs = append(c.Programs, m.Program)
			}
		}
		if err := link(&c.Chain, b.Bundle.Main, l.By, l.Bound); err != nil {
			return c, err
		}
	}
	return c, c.Chain.Validate()
}

// link appends a program to a chain, signed by the keys of these names.
func link(c *chains.Chain, program chains.Hash, by []string, bound bool) error {
	kind := chains.Plain
	if bound {
		kind = chains.Bound
	}
	root, err := publicOf(rootName)
	if err != nil {
		return err
	}
	l := chains.Link{Program: program}
	for _, name := range by {
		sig, err := chains.Sign(keyOf(name), kind, root, c.Prefix(len(c.Links)), program)
		if err != nil {
			return err
		}
		l.Signatures = append(l.Signatures, sig)
	}
	c.Links = append(c.Links, l)
	return nil
}

// badProgram is why a program that a test names cannot be sent.
type badProgram struct {
	file string
	err  error
}

func (b *badProgram) Error() string {
	var list *bundle.Problems
	if errors.As(b.err, &list) {
		return b.file + " cannot be bundled:\n" + list.Error()
	}
	return b.file + ": " + b.err.Error()
}

func (b *badProgram) Unwrap() error { return b.err }

// send sends a message, and gives its result: nil is undefined.
func (s *session) send(ctx context.Context, specs []linkSpec, input json.RawMessage) (json.RawMessage, error) {
	c, err := s.capsule(ctx, specs)
	if err != nil {
		return nil, err
	}
	c.Input = input
	v, err := s.subject(ctx)
	if err != nil {
		return nil, err
	}
	a, err := v.Invoke(ctx, "test", c)
	return a.Result, err
}

// chain gives a chain in base64, once its programs are in the vat.
func (s *session) chain(ctx context.Context, specs []linkSpec) (json.RawMessage, error) {
	c, err := s.capsule(ctx, specs)
	if err != nil {
		return nil, err
	}
	v, err := s.subject(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range c.Programs {
		if _, err := v.PutProgram(ctx, "test", p.Hash(), p); err != nil {
			return nil, err
		}
	}
	return json.Marshal(base64.StdEncoding.EncodeToString(c.Chain.Encode()))
}

// requests sends what is staged, and gives what has left since it was last
// asked.
func (s *session) requests(ctx context.Context) (json.RawMessage, error) {
	v, err := s.subject(ctx)
	if err != nil {
		return nil, err
	}
	if err := v.SendOutbox(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	all := s.requested
	s.requested = nil
	s.mu.Unlock()
	type request struct {
		ID      string            `json:"id"`
		Method  string            `json:"method"`
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
	}
	list := make([]request, len(all))
	for i, r := range all {
		list[i] = request{r.ID, r.Method, r.URL, r.Headers, strings.ToValidUTF8(string(r.Body), "\uFFFD")}
	}
	return json.Marshal(list)
}

// failure is an error of a call that answers later, as t.js makes an Error of
// it. What it says, and where, is kept for the test's own failure.
type failure struct {
	Message string `json:"message"`
	Code    string `json:"code,omitempty"`
	Name    string `json:"name,omitempty"`
	Program string `json:"program,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
}

// codeUnbundled is the code of an error whose program could not be bundled.
const codeUnbundled = "not_bundled"

func (s *session) fails(err error) failure {
	var bad *badProgram
	if errors.As(err, &bad) {
		out := failure{Code: codeUnbundled, Message: bad.Error()}
		s.remember(failedCall{message: out.Message})
		return out
	}
	f := fault.Of(err)
	out := failure{Code: string(f.Code), Message: f.Message, Name: f.Name, Program: f.Program, Line: f.Line, Column: f.Column}
	one := failedCall{}
	if f.Code != fault.ProgramError {
		out.Message = project.Explain(f)
	}
	if at, ok := s.run.programs.place(f.Program, f.Line, f.Column); ok {
		out.Program, out.Line, out.Column = at.File, at.Line, at.Column
		one.place = &at
	}
	one.message = out.Message
	s.remember(one)
	return out
}

// maxFailed is how many messages that failed are kept for the place of the one
// that the test fails by: the newest ones.
const maxFailed = 200

func (s *session) remember(one failedCall) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.failed) >= maxFailed {
		s.failed = append(s.failed[:0], s.failed[1:]...)
	}
	s.failed = append(s.failed, one)
}
