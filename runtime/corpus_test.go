package runtime_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qvat/chains"
	"qvat/runtime"
)

// hostile is one case of testdata/hostile: a chain of programs, and what must
// come of it. In a file, cases look like this:
//
//	//// what it tries
//	//= {"the":"exact result"}
//	the root program
//	//// child
//	the next program
//	//// module
//	a module; programs above it write its hash as @0, @1, ...
//
// Instead of a result there is a failure, `//! out_of_fuel`, or, where a
// program threw, `//! program_error Name: message`: all of it, or its beginning
// where it ends in "…". `//< JSON` is the input.
type hostile struct {
	name, file     string
	input          string
	links, modules []string

	result string         // where it succeeds
	reason runtime.Reason // where it fails
	thrown string         // "Name: message", for a program_error
}

func readHostile(t testing.TB) []hostile {
	t.Helper()
	files, err := filepath.Glob("testdata/hostile/*.js")
	if err != nil || len(files) == 0 {
		t.Fatalf("no hostile programs: %v", err)
	}
	var all []hostile
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cases, err := parseHostile(string(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, c := range cases {
			c.file = strings.TrimSuffix(filepath.Base(file), ".js")
			all = append(all, c)
		}
	}
	return all
}

func parseHostile(text string) ([]hostile, error) {
	var cases []hostile
	for _, section := range strings.Split("\n"+text, "\n//// ")[1:] {
		title, body, _ := strings.Cut(strings.TrimRight(section, "\n"), "\n")
		if title == "child" || title == "module" {
			if len(cases) == 0 {
				return nil, fmt.Errorf("a %s of no case", title)
			}
			c := &cases[len(cases)-1]
			if title == "child" {
				c.links = append(c.links, body)
			} else {
				c.modules = append(c.modules, body)
			}
			continue
		}
		c := hostile{name: title}
		for {
			line, rest, _ := strings.Cut(body, "\n")
			if !c.directive(line) {
				break
			}
			body = rest
		}
		if (c.result == "") == (c.reason == "") {
			return nil, fmt.Errorf("%q expects a result and a failure, or neither", title)
		}
		c.links = []string{body}
		cases = append(cases, c)
	}
	return cases, nil
}

func (c *hostile) directive(line string) bool {
	switch kind, what, _ := strings.Cut(line, " "); kind {
	case "//=":
		c.result = what
	case "//!":
		reason, thrown, _ := strings.Cut(what, " ")
		c.reason, c.thrown = runtime.Reason(reason), thrown
	case "//<":
		c.input = what
	default:
		return false
	}
	return true
}

// message signs the case's programs into a chain.
func (c hostile) message(t testing.TB) runtime.Invocation {
	t.Helper()
	var hashes []string
	place := func(text string) string {
		for i, h := range hashes {
			text = strings.ReplaceAll(text, fmt.Sprintf("@%d", i), h)
		}
		return text
	}
	var modules, links []string
	for _, m := range c.modules {
		text := place(m)
		p, err := chains.NewProgram([]byte(text), 0)
		if err != nil {
			t.Fatal(err)
		}
		modules = append(modules, text)
		hashes = append(hashes, p.Hash().String())
	}
	for _, l := range c.links {
		links = append(links, place(l))
	}
	m := messageWith(t, c.input, modules, links...)
	m.Powers = map[string]runtime.Power{"test:echo": echo{}}
	return m
}

// check compares what came of a case with what must.
func (c hostile) check(t testing.TB, out runtime.Outcome, err error) {
	t.Helper()
	if c.reason == "" {
		if err != nil {
			t.Errorf("got %v, want %s", err, c.result)
		} else if got := string(out.Result); got != c.result {
			t.Errorf("got  %s\nwant %s", got, c.result)
		}
		return
	}
	if err == nil {
		t.Fatalf("got %s, want %s", out.Result, c.reason)
	}
	var f *runtime.Failure
	if !errors.As(err, &f) {
		t.Fatalf("got %v, want a failure of the message's", err)
	}
	if f.Reason != c.reason || out.Result != nil {
		t.Errorf("got %v with result %s, want %s", f, out.Result, c.reason)
	}
	got := f.Name + ": " + f.Message
	if beginning, cut := strings.CutSuffix(c.thrown, "…"); cut {
		if !strings.HasPrefix(got, beginning) {
			t.Errorf("got  %s\nwant %s", got, c.thrown)
		}
	} else if c.thrown != "" && got != c.thrown {
		t.Errorf("got  %s\nwant %s", got, c.thrown)
	}
	for _, leak := range []string{"goroutine", "wazero", "wasm", ".go:", "/work", "0x", "kernel.js", "<anonymous>"} {
		if strings.Contains(f.Message, leak) {
			t.Errorf("the failure tells of the host: %q", f.Message)
		}
	}
}
