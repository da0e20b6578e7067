// Command check runs the project's tests and fuzz targets, and is stricter
// about them than go test: a test that is skipped has failed, and so has a
// package in which nothing ran.
//
//	check test [GO TEST FLAGS] PACKAGES
//	check fuzz TIME PACKAGES
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
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
	case len(args) >= 2 && args[0] == "test":
		return test(args[1:])
	case len(args) >= 3 && args[0] == "fuzz":
		return fuzz(args[1], args[2:])
	}
	return errors.New("usage: check test [FLAGS] PACKAGES | check fuzz TIME PACKAGES")
}

// event is a line of go test -json (go doc test2json).
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

// tally is what has been seen of the tests.
type tally struct {
	passed, failed, skipped int
	output                  map[string][]string // of tests that have not ended, by package and name
}

// patience is how long the tests of one package may take until go test ends them
// and shows where each goroutine is: the only time that bounds a test. Alone on
// two cores the slowest package takes two minutes.
const patience = "-timeout=2h"

func test(args []string) (err error) {
	machineCode, err := os.MkdirTemp("", "qvat-machine-code-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(machineCode)) }()
	if err := runtimetest.Fill(machineCode); err != nil {
		return err
	}
	cmd := exec.Command("go", append([]string{"test", "-json", patience}, args...)...)
	cmd.Env = append(os.Environ(), runtimetest.Variable+"="+machineCode)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	t := tally{output: map[string][]string{}}
	readErr := t.read(out)
	waitErr := cmd.Wait()
	fmt.Printf("%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped)
	switch {
	case readErr != nil:
		return readErr
	case waitErr != nil:
		return fmt.Errorf("go test: %w", waitErr)
	case t.skipped > 0:
		return errors.New("a test that is skipped tests nothing: make it run, or take it out")
	case t.passed == 0:
		return errors.New("no test ran")
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

// fuzz runs each fuzz target of the packages for a time. A failing input is
// written by go test to the package's testdata, to be committed as a test.
func fuzz(time string, packages []string) error {
	list, err := exec.Command("go", append([]string{"list"}, packages...)...).Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	ran := 0
	for _, pkg := range strings.Fields(string(list)) {
		names, err := exec.Command("go", "test", "-list", "^Fuzz", pkg).Output()
		if err != nil {
			return fmt.Errorf("go test -list %s: %w", pkg, err)
		}
		for _, name := range strings.Fields(string(names)) {
			if !strings.HasPrefix(name, "Fuzz") {
				continue
			}
			fmt.Printf("fuzz  %s %s for %s\n", pkg, name, time)
			// Minimising interesting inputs would take the whole of a short run.
			cmd := exec.Command("go", "test", "-run", "^$", "-fuzz", "^"+name+"$", "-fuzztime", time, "-fuzzminimizetime", "1x", pkg)
			out, err := cmd.CombinedOutput()
			if err != nil {
				return fmt.Errorf("%s %s: %w\n%s", pkg, name, err, out)
			}
			ran++
		}
	}
	if ran == 0 {
		return errors.New("no fuzz target was found")
	}
	fmt.Printf("%d fuzz targets found nothing\n", ran)
	return nil
}
