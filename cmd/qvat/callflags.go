package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// added is one --add of `qvat call`: a program and the keys that sign it.
type added struct {
	program string
	keys    []string
}

// addFlags are --add and --key, whose order matters: a --key signs the program
// of the --add before it.
type addFlags []added

// register adds both flags to f.
func (l *addFlags) register(f *pflag.FlagSet) {
	f.Var(addFlag{l}, "add", "append the program of a `FILE`, or a bundle, to the chain; may be given again")
	f.Var(addKeyFlag{l}, "key", "a private key `FILE` that signs the program of the --add before it; may be given again")
}

func (l *addFlags) String() string {
	var words []string
	for _, a := range *l {
		words = append(words, fmt.Sprintf("%s%q", a.program, a.keys))
	}
	return strings.Join(words, " ")
}

// addFlag is --add, a pflag.Value.
type addFlag struct{ to *addFlags }

func (f addFlag) Set(path string) error {
	if path == "" {
		return errors.New("it names no file")
	}
	*f.to = append(*f.to, added{program: path})
	return nil
}

func (addFlag) Type() string   { return "file" }
func (addFlag) String() string { return "" }

// addKeyFlag is --key, a pflag.Value.
type addKeyFlag struct{ to *addFlags }

func (f addKeyFlag) Set(path string) error {
	if len(*f.to) == 0 {
		return errors.New("a --key signs the program of the --add before it, and there is none")
	}
	last := &(*f.to)[len(*f.to)-1]
	last.keys = append(last.keys, path)
	return nil
}

func (addKeyFlag) Type() string   { return "file" }
func (addKeyFlag) String() string { return "" }
