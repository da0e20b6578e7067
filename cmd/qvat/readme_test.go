package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestReadme pastes the README's commands into a shell, as a newcomer would,
// and compares what they print with what the README says they do.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n > 150 {
		t.Errorf("README.md has %d lines: 150 is the most that a newcomer reads", n)
	}
	steps := readmeSteps(string(text))
	if len(steps) < 6 {
		t.Fatalf("the README has only %d blocks of commands", len(steps))
	}
	dir := t.TempDir()
	project(t, dir)
	var script strings.Builder
	script.WriteString("set -eu\n")
	for i, s := range steps {
		fmt.Fprintf(&script, "%s\n", anyPort.Replace(s.commands))
		if i == 0 {
			script.WriteString("URL=$(sed -n 's/^listening on //p' vat.out)\n")
		}
		fmt.Fprintf(&script, "echo %s\n", mark)
	}
	// What waits for what never comes ends before the tests are ended.
	ctx, cancel := context.WithCancel(t.Context())
	if end, ok := t.Deadline(); ok {
		ctx, cancel = context.WithDeadline(t.Context(), end.Add(-10*time.Second))
	}
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script.String())
	cmd.Dir = dir
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out, err := cmd.CombinedOutput()
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "demo", "vat.log"))
		t.Fatalf("%v\n%s\nthe vat's log:\n%s", err, out, log)
	}
	printed := strings.Split(string(out), mark+"\n")
	for i, s := range steps {
		if s.prints != nil && printed[i] != *s.prints {
			t.Errorf("%s\nprinted:\n%s\nthe README says:\n%s", s.commands, printed[i], *s.prints)
		}
	}
}

// anyPort has the vat listen at any free port: somebody else may be at the one
// that a vat listens at by itself.
var anyPort = strings.NewReplacer("qvat run vat ", "qvat run vat --listen 127.0.0.1:0 ", "http://127.0.0.1:7070", "$URL")

const mark = "=== end of a README step"

type step struct {
	commands string
	prints   *string // nil: the README does not say
}

// readmeSteps finds the blocks of commands, each with the block of output that
// follows it, if one does.
func readmeSteps(text string) []step {
	var steps []step
	for _, block := range strings.Split(text, "\n```")[1:] {
		if body, ok := strings.CutPrefix(block, "sh\n"); ok {
			steps = append(steps, step{commands: body})
		} else if body, ok := strings.CutPrefix(block, "text\n"); ok {
			body += "\n"
			steps[len(steps)-1].prints = &body
		}
	}
	return steps
}

// project makes dir a clean clone: the project's files, and nothing that was
// built or installed.
func project(t *testing.T, dir string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && (d.Name() == "node_modules" || slices.Contains([]string{".git", "bin", "vat", "demo"}, rel)):
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(dir, rel), 0o755)
		case !d.Type().IsRegular():
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, rel), b, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}
