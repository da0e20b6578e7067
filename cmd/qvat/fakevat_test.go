package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"qvat/chains"
	"qvat/host/api"
	"qvat/host/fault"
)

// fakeVat is a vat behind the real HTTP that evaluates nothing: the last line
// of the last program says what it answers.
//
//	// echo                       the message's input; undefined where there is none
//	// answer JSON                that
//	// throw LINE COLUMN TEXT     a program_error there, in the last program
//	// fault CODE [RETRYAFTER]    that fault
//	// hang                       nothing, until the caller leaves
type fakeVat struct {
	root   chains.PublicKey
	limits map[string]int64
	quiet  bool // says nothing of what it lacks

	entered chan struct{} // gets one for each hang that has begun
	left    chan struct{} // and one when its caller has left

	mu   sync.Mutex
	have map[chains.Hash]chains.Program
	log  []string // what was asked, a line each
}

func newFakeVat(root chains.PublicKey) *fakeVat {
	return &fakeVat{
		root:    root,
		have:    map[chains.Hash]chains.Program{},
		entered: make(chan struct{}, 8),
		left:    make(chan struct{}, 8),
	}
}

// serve gives its URL, until the test ends.
func (v *fakeVat) serve(t interface{ Cleanup(func()) }) string {
	o := api.Options{Vat: v}
	if v.quiet {
		o.MissingFor = api.Nobody
	}
	s := httptest.NewServer(api.New(o))
	t.Cleanup(s.Close)
	return s.URL
}

func (v *fakeVat) note(format string, args ...any) {
	v.log = append(v.log, fmt.Sprintf(format, args...))
}

func (v *fakeVat) asked() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return strings.Join(append(v.log, ""), "\n")
}

func (v *fakeVat) Info() api.Info {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.note("info")
	return api.Info{Name: "fake", RootKey: v.root.String(), NodeKey: v.root.String(), Limits: v.limits, Version: "0"}
}

func (v *fakeVat) Ready(context.Context) error { return nil }

func (v *fakeVat) Missing(_ context.Context, _ string, hashes []chains.Hash) ([]chains.Hash, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var missing []chains.Hash
	for _, h := range hashes {
		if _, here := v.have[h]; !here {
			missing = append(missing, h)
		}
	}
	v.note("missing: asked for %d, lacks %d", len(hashes), len(missing))
	return missing, nil
}

func (v *fakeVat) PutProgram(_ context.Context, _ string, h chains.Hash, p chains.Program) (bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, here := v.have[h]
	v.have[h] = p
	v.note("put %d bytes", len(p.Text()))
	return !here, nil
}

func (v *fakeVat) Invoke(ctx context.Context, _ string, c chains.Capsule) (api.Answer, error) {
	p, err := v.take(c)
	if err != nil {
		return api.Answer{}, err
	}
	a := api.Answer{Message: api.MessageInfo{ID: c.ID().String(), Fuel: 1000, Memory: 65536, Micros: 42}}
	text := strings.TrimRight(p.Text(), "\n")
	directive := text[strings.LastIndex(text, "\n")+1:]
	word, rest, _ := strings.Cut(strings.TrimPrefix(directive, "// "), " ")
	switch word {
	case "echo":
		a.Result = c.Input
		if len(c.Input) == 0 {
			a.Result = nil
		}
		return a, nil
	case "answer":
		a.Result = json.RawMessage(rest)
		return a, nil
	case "hang":
		v.entered <- struct{}{}
		<-ctx.Done()
		v.left <- struct{}{}
		return a, ctx.Err()
	}
	return a, fakeFault(word, rest, p)
}

// take does what comes before evaluation.
func (v *fakeVat) take(c chains.Capsule) (chains.Program, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.note("invoke: %d links, %d programs, input %q", len(c.Chain.Links), len(c.Programs), c.Input)
	checked, err := chains.NewVerifier(v.root, chains.VerifierOptions{}).Verify(c.Chain)
	if err != nil {
		return chains.Program{}, fault.New(fault.RootNotSigned, "%v", err)
	}
	for _, p := range c.Programs {
		v.have[p.Hash()] = p
	}
	var missing []string
	for i := range checked.Len() {
		p, here := v.have[checked.Program(i)]
		if !here {
			missing = append(missing, checked.Program(i).String())
		}
		for _, h := range p.Requires() {
			if _, here := v.have[h]; !here {
				missing = append(missing, h.String())
			}
		}
		for _, s := range checked.Signers(i) {
			v.note("link %d is signed by %s, bound: %t", i+1, s, checked.BoundBy(i, s))
		}
	}
	if len(missing) > 0 {
		f := fault.New(fault.MissingPrograms, "%d programs are missing", len(missing))
		f.Missing = missing
		return chains.Program{}, f
	}
	return v.have[checked.Program(checked.Len()-1)], nil
}

// fakeFault is what a directive says went wrong.
func fakeFault(word, rest string, p chains.Program) error {
	words := strings.SplitN(rest, " ", 3)
	switch {
	case word == "throw" && len(words) == 3:
		f := fault.New(fault.ProgramError, "%s", words[2])
		f.Name, f.Program = "TypeError", p.Hash().String()
		f.Line, _ = strconv.Atoi(words[0])
		f.Column, _ = strconv.Atoi(words[1])
		return f
	case word == "fault":
		f := fault.New(fault.Code(words[0]), "as the program asked")
		if len(words) > 1 {
			f.RetryAfter, _ = strconv.Atoi(words[1])
		}
		return f
	}
	return fault.New(fault.ProgramError, "no such directive: %s %s", word, rest)
}

// textProgram makes a program of a test's own text.
func textProgram(t *testing.T, text string) chains.Program {
	t.Helper()
	p, err := chains.NewProgram([]byte(text), 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
