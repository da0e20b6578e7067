package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"qvat/chains"
	"qvat/cmd/qvat/cli"
	"qvat/host/fault"
)

// given is what stands where a program is wanted: a program's text, or a bundle.
type given struct {
	program chains.Program         // the program, or the bundle's main
	modules []chains.Program       // what else the bundle holds
	names   map[chains.Hash]string // what people call all of these
	beside  string                 // the bundle's file, which may have a map beside it, or ""
}

// input is a file, or stdin, of which it is known whether a bundle begins there.
// It is opened once: a pipe cannot be looked at twice.
type input struct {
	*bufio.Reader
	path   string
	bundle bool
	file   *os.File // nil for stdin
}

// openInput opens a file, or stdin for "-".
func (a *app) openInput(path string) (*input, error) {
	if path == "-" {
		return newInput(path, a.Stdin, nil), nil
	}
	return openFile(path)
}

func openFile(path string) (*input, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, cli.FileError("", "%w", err)
	}
	return newInput(path, f, f), nil
}

func newInput(path string, from io.Reader, f *os.File) *input {
	in := &input{Reader: bufio.NewReader(from), path: path, file: f}
	// What is too short is no bundle, and an error of reading comes again.
	head, _ := in.Peek(len("qvb1"))
	in.bundle = chains.IsBundle(head)
	return in
}

// close ends the reading. There is nothing to lose: nothing was written.
func (in *input) close() {
	if in.file != nil {
		_ = in.file.Close()
	}
}

// readProgram reads PROGRAM: a program's text or a bundle, from a file, or from
// stdin for "-".
func (a *app) readProgram(path string, lim chains.Limits) (given, error) {
	in, err := a.openInput(path)
	if err != nil {
		return given{}, err
	}
	defer in.close()
	if err := in.checkSource(); err != nil {
		return given{}, err
	}
	if in.bundle {
		b, _, err := in.readBundle(lim)
		if err != nil {
			return given{}, err
		}
		return givenBundle(b, path), nil
	}
	text, err := cli.ReadAllLimited(in, in.name(), chains.ProgramBytes, lim.Program)
	if err != nil {
		return given{}, err
	}
	p, err := chains.NewProgram(text, lim.Program)
	if err != nil {
		return given{}, cli.BadBytes(path, err)
	}
	return given{program: p, names: map[chains.Hash]string{p.Hash(): path}}, nil
}

func (in *input) name() string {
	if in.file == nil {
		return "stdin"
	}
	return in.path
}

// checkSource refuses what must be bundled first: a project's folder, and a file
// of TypeScript, which no vat reads.
func (in *input) checkSource() error {
	const hint = " makes a bundle of it, which can be given in its place"
	if in.file == nil {
		return nil
	}
	info, err := in.file.Stat()
	switch {
	case err != nil:
		return cli.FileError("", "%w", err)
	case info.IsDir():
		return cli.FileError("'qvat bundle "+in.path+"'"+hint, "%s is a folder, not a program", in.path)
	case slices.Contains([]string{".ts", ".mts", ".cts", ".tsx"}, strings.ToLower(filepath.Ext(in.path))):
		return cli.FileError("'qvat bundle "+in.path+"'"+hint, "%s is TypeScript, and a vat runs JavaScript", in.path)
	}
	return nil
}

// readBundle reads the rest as a bundle, and gives its size too.
func (in *input) readBundle(lim chains.Limits) (chains.Bundle, int, error) {
	b, err := io.ReadAll(io.LimitReader(in, int64(lim.Bundle)+1))
	if err != nil {
		return chains.Bundle{}, 0, cli.FileError("", "reading %s: %w", in.name(), err)
	}
	bundle, err := chains.DecodeBundle(b, lim)
	if err != nil {
		return chains.Bundle{}, 0, badBundle(in.name(), err)
	}
	return bundle, len(b), nil
}

// badBundle is badBytes for a bundle. The limit on the whole of it is this
// command line's own, no vat's.
func badBundle(name string, err error) error {
	var large *chains.TooLargeError
	if errors.As(err, &large) && large.Limit == chains.BundleBytes {
		f := fault.New(fault.TooLarge, "a bundle of more than %d bytes", large.Max)
		f.Limit = large.Limit
		return &cli.Failure{Fault: f, Err: errors.New(name + ": too large: " + f.Message), Hint: "to read larger ones, give --max-bytes"}
	}
	bad := cli.BadBytes(name, err)
	var f *cli.Failure
	if errors.As(bad, &f) && f.Hint == "" {
		f.Hint = "make it again with 'qvat bundle'"
	}
	return bad
}

// givenBundle is a bundle in a program's place.
func givenBundle(b chains.Bundle, path string) given {
	g := given{names: map[chains.Hash]string{}}
	if path != "-" {
		g.beside = path
	}
	for _, m := range b.Modules {
		g.names[m.Program.Hash()] = m.Name
		if m.Program.Hash() == b.Main {
			g.program = m.Program
			continue
		}
		g.modules = append(g.modules, m.Program)
	}
	return g
}

// notBundle refuses a bundle that stands where a capsule is wanted.
func notBundle(arg string) error {
	return &cli.Failure{
		Fault: fault.New(fault.Malformed, "a bundle is not a capsule"),
		Err:   errors.New(arg + ": malformed: it is a bundle, and a capsule is wanted here"),
		Hint:  "'qvat sign' makes a capsule of a bundle, and 'qvat call --add' appends one to a chain",
	}
}
