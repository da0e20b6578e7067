// Command check runs the project's tests and fuzz targets, and is stricter
// about them than go test: a test that is skipped has failed, and so has a
// package in which nothing ran.
//
//	check test
//	check fuzz TIME PACKAGES
//
// The first runs all tests of all packages, and under the race detector what it
// can find something in. TIME is go test's -fuzztime: 1m, or 1000x for so many inputs.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"qvat/runtime/runtimetest"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "check:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "test":
		return test()
	case len(args) >= 3 && args[0] == "fuzz":
		return fuzz(args[1], args[2:])
	}
	return errors.New("usage: check test | check fuzz TIME PACKAGES")
}

// event is a line of go test -json (go doc test2json).
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

// alone are the packages whose tests do one thing after the other, but for those
// that are named (docs/RATIONALE.md: "The tests").
var alone = map[string][]string{
	"qvat/runtime":      {"TestHostileTogether", "TestRootPowerReplaced"},
	"qvat/tools/bundle": {"TestWritten", "TestWrittenWhileChanging", "TestSameEverywhere", "TestAgain", "TestRandomProjects"},
}

// patience is how long the tests of one package may take until go test ends them
// and shows where each goroutine is: the only time that bounds a test. Alone on
// two cores the slowest package takes about two minutes.
const patience = "-timeout=80m"

// test runs all tests.
func test() (err error) {
	machineCode, err := os.MkdirTemp("", "qvat-machine-code-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(machineCode)) }()
	if err := runtimetest.Fill(machineCode); err != nil {
		return err
	}
	if err := os.Setenv(runtimetest.Variable, machineCode); err != nil {
		return err
	}
	list, err := exec.Command("go", "list", "./...").Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	var others, apart, named []string
	for _, pkg := range strings.Fields(string(list)) {
		if names, ok := alone[pkg]; ok {
			apart, named = append(apart, pkg), append(named, names...)
		} else {
			others = append(others, pkg)
		}
	}
	t := &tally{output: map[string][]string{}, ended: map[string]bool{}}
	err = errors.Join(
		t.run(append([]string{"-race", "-run", "^(" + strings.Join(named, "|") + ")$"}, apart...)...),
		t.run(apart...),
		t.run(append([]string{"-race"}, others...)...),
	)
	for _, name := range named {
		if !slices.ContainsFunc(apart, func(pkg string) bool { return t.ended[pkg+" "+name] }) {
			err = errors.Join(err, fmt.Errorf("there is no test %s", name))
		}
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped)
	if t.skipped > 0 {
		err = errors.Join(err, errors.New("a test that is skipped tests nothing: make it run, or take it out"))
	}
	return err
}

// tally is what has been seen of the tests.
type tally struct {
	passed, failed, skipped int
	output                  map[string][]string // of tests that have not ended, by package and name
	ended                   map[string]bool
}

// run runs go test with these flags and packages. That no test ran is an error.
func (t *tally) run(args ...string) error {
	cmd := exec.Command("go", append([]string{"test", "-json", patience}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	before := t.passed
	err = errors.Join(t.read(out), cmd.Wait())
	if err == nil && t.passed == before {
		err = errors.New("no test ran")
	}
	if err != nil {
		return fmt.Errorf("go test %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

func (t *tally) read(r io.Reader) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) != nil {
				fmt.Print(line) // not an event: what go itself says
			} else {
				t.note(e)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// note counts an event, and prints the output of what did not pass.
func (t *tally) note(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output", "build-output":
		if e.Action == "build-output" {
			fmt.Print(e.Output)
			return
		}
		t.output[key] = append(t.output[key], e.Output)
		return
	case "pass", "fail", "skip":
	default:
		return
	}
	output := strings.Join(t.output[key], "")
	delete(t.output, key)
	t.ended[key] = true
	if e.Test == "" {
		t.notePackage(e, output)
		return
	}
	switch e.Action {
	case "pass":
		t.passed++
	case "fail":
		t.failed++
		fmt.Print(output)
	case "skip":
		t.skipped++
		fmt.Print(output)
	}
}

func (t *tally) notePackage(e event, output string) {
	switch e.Action {
	case "pass":
		fmt.Printf("ok    %-28s %6.1fs\n", e.Package, e.Elapsed)
	case "fail":
		fmt.Printf("%sFAIL  %s\n", output, e.Package)
	}
}
