package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// fuzz runs each fuzz target of the packages for a time. A failing input is
// written to the package's testdata, to be committed as a test.
func fuzz(time string, packages []string) (err error) {
	found, err := targets(packages)
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "qvat-fuzz-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	goCache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		return fmt.Errorf("go env GOCACHE: %w", err)
	}
	ran := 0
	for _, p := range found {
		// One binary for all targets of a package: to link one takes longer than
		// a short run.
		binary := filepath.Join(temp, "fuzz.test")
		if out, err := exec.Command("go", "test", "-c", "-fuzz", "^Fuzz", "-o", binary, p.ImportPath).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", p.ImportPath, err, out)
		}
		for _, name := range p.names {
			fmt.Printf("fuzz  %s %s for %s\n", p.ImportPath, name, time)
			// Minimising interesting inputs would take the whole of a short run.
			cmd := exec.Command(binary, "-test.run=^$", "-test.fuzz=^"+name+"$", "-test.fuzztime="+time, "-test.fuzzminimizetime=1x",
				"-test.fuzzcachedir="+filepath.Join(strings.TrimSpace(string(goCache)), "fuzz", p.ImportPath))
			cmd.Dir = p.Dir
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("%s %s: %w\n%s", p.ImportPath, name, err, out)
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

// fuzzed is a package with fuzz targets.
type fuzzed struct {
	ImportPath, Dir           string
	TestGoFiles, XTestGoFiles []string
	names                     []string
}

// targets finds the fuzz targets of packages in their sources.
func targets(packages []string) ([]fuzzed, error) {
	list, err := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,TestGoFiles,XTestGoFiles"}, packages...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var found []fuzzed
	for d := json.NewDecoder(strings.NewReader(string(list))); ; {
		var p fuzzed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		for _, name := range append(p.TestGoFiles, p.XTestGoFiles...) {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			for _, d := range f.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Fuzz") {
					p.names = append(p.names, f.Name.Name)
				}
			}
		}
		if len(p.names) > 0 {
			found = append(found, p)
		}
	}
}
