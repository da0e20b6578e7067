package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"qvat/cmd/qvat/cli"
	"qvat/host/fault"
)

// TestErrorsDoc compares docs/ERRORS.md with both tables.
func TestErrorsDoc(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "ERRORS.md"))
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, r := range fault.Table() {
		want = append(want, fmt.Sprintf("%s %d %d", r.Code, r.Status, r.Exit))
	}
	for _, r := range cli.ExitTable() {
		want = append(want, fmt.Sprintf("%s %d", r.Name, r.Exit))
	}
	row := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([0-9]+) \\|(?: ([0-9]+) \\|)? .+ \\|.*\\|$")
	for _, m := range row.FindAllSubmatch(doc, -1) {
		line := string(m[1]) + " " + string(m[2])
		if len(m[3]) > 0 {
			line += " " + string(m[3])
		}
		got = append(got, line)
	}
	if !slices.Equal(got, want) {
		t.Errorf("docs/ERRORS.md has the rows\n%q\nthe programs have\n%q", got, want)
	}
}

// TestExitCodesDiffer holds that a code says what happened, and one thing.
func TestExitCodesDiffer(t *testing.T) {
	seen := map[int]string{}
	note := func(name string, exit int) {
		if other, again := seen[exit]; again {
			t.Errorf("%s and %s have the same exit code %d", name, other, exit)
		}
		if exit < 0 || exit > 255 {
			t.Errorf("%s: %d is no exit code", name, exit)
		}
		seen[exit] = name
	}
	for _, r := range fault.Table() {
		note(string(r.Code), r.Exit)
	}
	for _, r := range cli.ExitTable() {
		note(r.Name, r.Exit)
	}
}

func TestFailureExit(t *testing.T) {
	for _, r := range cli.ExitTable() {
		if got := (&cli.Failure{Name: r.Name}).ExitCode(); got != r.Exit {
			t.Errorf("%s ends with %d, not %d", r.Name, got, r.Exit)
		}
	}
	for _, r := range fault.Table() {
		if got := faultFailure(fault.New(r.Code, "x"), newDraft(emptyCapsule())).ExitCode(); got != r.Exit {
			t.Errorf("%s ends with %d, not %d", r.Code, got, r.Exit)
		}
	}
	if got := cli.AsFailure(os.ErrClosed).ExitCode(); got != 1 {
		t.Errorf("an error with no row ends with %d, not 1", got)
	}
}
