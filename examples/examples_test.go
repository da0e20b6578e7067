// Package examples tests the examples: their own tests pass, their types are
// right, and what their READMEs show is what happens.
package examples

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"qvat/runtime/runtimetest"
	"qvat/tools/testrunner"
)

func TestMain(m *testing.M) { os.Exit(runtimetest.Main(m)) }

// projects are the examples' folders.
func projects(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("*/package.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range found {
		all = append(all, filepath.Dir(f))
	}
	if len(all) < 10 {
		t.Fatalf("there are only %d examples: %q", len(all), all)
	}
	return all
}

// TestEach runs each example's tests, as `qvat test` does. One without tests is
// an error.
func TestEach(t *testing.T) {
	for _, dir := range projects(t) {
		t.Run(dir, func(t *testing.T) {
			results, err := testrunner.Run(t.Context(), testrunner.Options{Dir: dir, MachineCode: runtimetest.Folder()})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				if r.Failure == nil {
					continue
				}
				t.Errorf("%s: %s: %s", r.File, r.Name, r.Failure.Message)
				for _, at := range r.Failure.Places {
					t.Logf("%s:%d:%d", at.File, at.Line, at.Column)
				}
			}
		})
	}
}

// TestListed holds README.md's table against the folders, and each folder to a
// README that is short enough to be read.
func TestListed(t *testing.T) {
	table, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	all := projects(t)
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		name := e.Name()
		if len(all) == 0 || all[0] != name {
			t.Errorf("%s has no package.json", name)
			continue
		}
		all = all[1:]
		if !strings.Contains(string(table), "| ["+name+"]("+name+"/) |") {
			t.Errorf("%s is not in the table of README.md", name)
		}
		text, err := os.ReadFile(filepath.Join(name, "README.md"))
		if err != nil {
			t.Error(err)
		}
		if n := strings.Count(string(text), "\n"); n < 20 || n > 40 {
			t.Errorf("%s/README.md has %d lines: it is to have 20 to 40", name, n)
		}
	}
}

// TestTypes type-checks the examples that are in TypeScript.
func TestTypes(t *testing.T) {
	tsc, err := filepath.Abs("../tools/project/testdata/types/node_modules/typescript/bin/tsc")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tsc); err != nil {
		t.Fatalf("run `just setup`: %v", err)
	}
	out, err := exec.CommandContext(t.Context(), "node", tsc, "--pretty", "false", "--listFilesOnly", "-p", ".").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "quota/purse.ts") {
		t.Fatalf("the TypeScript files are not looked at: %v\n%s", err, out)
	}
	if out, err := exec.CommandContext(t.Context(), "node", tsc, "--pretty", "false", "-p", ".").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestReadmes pastes what each README shows into a shell, beside a `qvat dev`,
// and compares what is printed with what the README says. Of one that has no
// such blocks (webhook's would reach the network) nothing is run.
func TestReadmes(t *testing.T) {
	bin := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", filepath.Join(bin, "qvat"), "../cmd/qvat")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ran := 0
	for _, name := range projects(t) {
		text, err := os.ReadFile(filepath.Join(name, "README.md"))
		if err != nil {
			t.Fatal(err)
		}
		s := session(string(text))
		if len(s) == 0 {
			continue
		}
		ran++
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runReadme(t, bin, name, s)
		})
	}
	if ran < 9 {
		t.Errorf("only %d READMEs show what can be run", ran)
	}
}

// step is a block of commands, with what it prints, where that is said.
type step struct{ commands, prints string }

func session(text string) []step {
	var all []step
	for _, block := range strings.Split(text, "\n```")[1:] {
		if body, ok := strings.CutPrefix(block, "sh\n"); ok {
			all = append(all, step{commands: body})
		} else if body, ok := strings.CutPrefix(block, "text\n"); ok && len(all) > 0 {
			all[len(all)-1].prints = body + "\n"
		}
	}
	return all
}

const (
	mark    = "=== end of a step"
	devAddr = "http://127.0.0.1:7080" // what the READMEs call the vat of `qvat dev`
)

func runReadme(t *testing.T, bin, name string, steps []step) {
	dir := filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(dir, os.DirFS(name)); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"),
		"QVAT_HOME="+filepath.Join(dir, "home"), "XDG_CACHE_HOME="+filepath.Join(dir, "cache"))
	if err := runtimetest.Plant(filepath.Join(dir, "cache", "qvat", "engine")); err != nil {
		t.Fatal(err)
	}
	url := serve(t, bin, dir, env)
	var script strings.Builder
	script.WriteString("set -eu\n")
	for _, s := range steps {
		script.WriteString(strings.ReplaceAll(s.commands, devAddr, url) + "\necho '" + mark + "'\n")
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-c", script.String())
	cmd.Dir, cmd.Env = dir, env
	var told strings.Builder
	cmd.Stderr = &told
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, told.String())
	}
	printed := strings.Split(string(out), mark+"\n")
	for i, s := range steps {
		if s.prints != "" && printed[i] != s.prints {
			t.Errorf("%s\nprinted:\n%s\nthe README says:\n%s", s.commands, printed[i], s.prints)
		}
	}
}

// serve runs `qvat dev` in a folder until the test ends, and gives its URL.
func serve(t *testing.T, bin, dir string, env []string) string {
	t.Helper()
	dev := exec.Command(filepath.Join(bin, "qvat"), "dev", "--listen", "127.0.0.1:0")
	dev.Dir, dev.Env = dir, env
	var told strings.Builder
	dev.Stderr = &told
	stdout, err := dev.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := dev.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(dev.Process.Signal(os.Interrupt), dev.Wait()); err != nil {
			t.Error(err)
		}
	})
	url := ""
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if at, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			url = at
		}
		if strings.Contains(lines.Text(), "qvat call ") { // the chain is there
			go io.Copy(io.Discard, stdout) //nolint:errcheck // until it ends
			return url
		}
	}
	t.Fatalf("qvat dev does not serve: %v\n%s", lines.Err(), told.String())
	return ""
}
