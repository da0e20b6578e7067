// Package bundle makes a project of JavaScript modules, written with the names
// that people use, into programs that require each other by hash.
//
// What it takes are CommonJS and ES modules, TypeScript, JSON, and packages
// under node_modules. Each module becomes one program, from the leaves up,
// since a program's hash rests on those that it requires; modules that import
// each other in a circle become one program together. esbuild parses, resolves
// and lowers; each import's path is replaced when esbuild asks where it leads.
// Simple modules stay as their authors wrote them, but for what they import and
// export: esbuild has told then what that is.
//
// It promises:
//
//   - The same sources give the same programs, on every machine and in every
//     folder: no path, no time and no order of a file system enters a text.
//   - A module's program depends on its text and on what it requires, not on
//     the project that it is part of. So projects share the programs of the
//     packages that they share.
//   - Comments with a licence stay in.
//   - What cannot run in a vat is found before anything is sent, all of it in
//     one run, with its place in the sources (see [Problems]).
//   - Nothing is written but the memory of earlier runs, in a folder that the
//     caller names.
package bundle

import (
	"qvat/chains"
)

// Options say what is to be bundled, and how.
type Options struct {
	// Path is the project's folder, or the file of its main module.
	Path string
	// Shims name modules that stand in for what a vat has not: a module of
	// Node.js ("crypto"), or a global ("process"). A module is named by its
	// path from the project's folder ("./shims/crypto.js"), or as a package.
	// The empty name says that the thing is known to be absent: the module is
	// an empty object then, and the global is left alone. Shims of the
	// project's package.json come after these.
	Shims map[string]string
	// Define puts JSON literals in the place of identifiers that nothing
	// declares. Those of package.json come after these.
	Define map[string]string
	// Limit is how many bytes a program may have; 0 is chains.DefaultProgram.
	Limit int
	// Cache is a folder in which runs are remembered for [Written]; it is made
	// at need. "" remembers nothing.
	Cache string
}

// Bundled is a project as programs.
type Bundled struct {
	// Bundle is what is signed and sent.
	Bundle chains.Bundle
	// Map is what stays beside it: names, and places in the sources.
	Map *Map
	// Modules are the programs: main first, then by name.
	Modules []Module
	// Warnings are globals that a vat has not and that packages speak of. What
	// a project never calls does no harm, so in packages they are no mistakes.
	Warnings []Problem
	// Inputs are the absolute paths of all files that were read.
	Inputs []string
}

// Module is one program of a bundle.
type Module struct {
	// Name is what people call it: "lib/rates.ts", or "zod/v3/types.js" for a
	// file of a package; several with " + " between them for a circle.
	Name string
	Hash chains.Hash
	// Bytes is the size of its text.
	Bytes int
	// Imports are the programs that it requires, in the order of its text.
	Imports []chains.Hash
	// Members are the files that it was made of, where they are more than one.
	Members []string
}

// Build bundles a project. Mistakes in its sources are a [*Problems], with all
// of them; any other error is about files or options.
func Build(o Options) (*Bundled, error) {
	p, err := open(o)
	if err != nil {
		return nil, err
	}
	return p.build(o.Cache)
}

func (p *project) build(cache string) (*Bundled, error) {
	memory := p.memory(cache)
	g, err := p.scan(memory.started)
	if err != nil {
		return nil, err
	}
	texts, err := p.generate(g)
	if err != nil {
		return nil, err
	}
	b, err := p.assemble(g, texts)
	if err != nil {
		return nil, err
	}
	b.Inputs, b.Warnings = g.seen, g.warnings
	memory.keep(p, g, b)
	return b, nil
}

// Encode gives the content of OUT.bundle and of OUT.bundle.map: the same bytes
// for the same sources.
func (b *Bundled) Encode() (bundle, side []byte, err error) {
	if bundle, err = b.Bundle.Encode(); err != nil {
		return nil, nil, err
	}
	side, err = b.Map.Encode()
	return bundle, side, err
}
