package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"qvat/chains"
	"qvat/cmd/qvat/cli"
	"qvat/host/api"
	"qvat/tools/bundle"
)

// bundling is what the flags of `qvat bundle` say.
type bundling struct {
	out    string
	asJSON bool
	check  bool
	watch  bool
	why    string
	shims  []string
	define []string
	limits chains.Limits
}

func newBundle(a *app) *cobra.Command {
	var s bundling
	cmd := &cobra.Command{
		Use:   "bundle DIR|FILE [-o OUT.bundle] [--json] [--check] [--watch] [--why MODULE]",
		Short: "Make a JavaScript project into programs that require each other by hash",
		Long: `Bundles a project: CommonJS and ES modules, TypeScript, JSON, and packages in
node_modules. Each module becomes a program, from the leaves up, whose requires
name hashes; modules that import each other in a circle become one. The same
sources give the same hashes everywhere.

DIR's main module is main.js, main.ts or main.mjs, or the "main" of its
package.json. OUT.bundle (DIR.bundle in the current folder, where none is named)
holds main's hash and all texts; 'qvat sign', 'qvat call --add' and 'qvat
inspect' take it wherever they take a program. OUT.bundle.map stays beside it:
names, and source maps, so that errors show the author's lines. Printed is main's
hash.

What cannot run in a vat is an error with its place: modules of Node.js, globals
that a vat has not, a require of something computed. --shim puts a module in the
place of one ("--shim crypto=./crypto.js", or a package's name) or says that it
is not needed ("--shim fs="). --define puts a JSON value in the place of a name
("--define BOB=\"4f2a…\"", or a plain word, which counts as a string). Both can
stand in package.json:

  "qvat": {"main": "src/main.ts", "shims": {"process": "./process.js", "fs": false},
           "define": {"LIMIT": 10}, "merge": ["handlebars"]}

"merge" makes one program of a package whose modules change each other, and
["*"] of everything: a module's exports are frozen once it has been evaluated.`,
		Example: `  qvat bundle counter -o counter.bundle
  qvat sign counter.bundle --key alice.key -o counter.chain
  qvat bundle . --check
  qvat bundle . --why lodash`,
		Args: cli.Args("DIR|FILE"),
	}
	cli.LimitFlag(cmd, &s.limits)
	f := cmd.Flags()
	f.StringVarP(&s.out, "output", "o", "", "the `FILE` to write")
	f.BoolVar(&s.asJSON, "json", false, "write JSON, for programs: what was made, or the problems")
	f.BoolVar(&s.check, "check", false, "write nothing; with -o, fail where FILE is not what the sources make")
	f.BoolVar(&s.watch, "watch", false, "bundle again whenever a source changes, until Ctrl-C")
	f.StringVar(&s.why, "why", "", "write nothing; show what requires `MODULE`, by its name, or a package's")
	f.StringArrayVar(&s.shims, "shim", nil, "`NAME=MODULE`: what stands in for a module of Node.js or a global; may be given again")
	f.StringArrayVar(&s.define, "define", nil, "`NAME=JSON`: the value of a name that nothing declares; may be given again")
	cmd.RunE = a.Does(func(ctx context.Context, args []string) error {
		o, err := s.options(cmd, args[0])
		if err != nil {
			return err
		}
		if s.out == "" && !s.check && s.why == "" {
			if s.out, err = defaultOut(args[0]); err != nil {
				return err
			}
		}
		if s.watch {
			return a.watchBundle(ctx, o, s)
		}
		// One run is over before there is much to collect; the limit is for
		// a project that is larger than anybody's.
		debug.SetGCPercent(-1)
		debug.SetMemoryLimit(bundleMemory)
		return a.bundleError(a.bundle(o, s), s)
	})
	return cmd
}

// bundleMemory is how many bytes a run may take before garbage is collected.
const bundleMemory = 1 << 30

// options checks the flags and makes the bundler's options of them.
func (s bundling) options(cmd *cobra.Command, path string) (bundle.Options, error) {
	o := bundle.Options{Path: path, Limit: s.limits.Program, Shims: map[string]string{}, Define: map[string]string{}}
	if s.watch && (s.check || s.why != "") {
		return o, cli.UsageError(cmd, "--watch writes, and --check and --why do not: give one of them")
	}
	for _, text := range s.shims {
		name, module, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return o, cli.UsageError(cmd, "--shim %s: write NAME=MODULE, or NAME= for what is not needed", text)
		}
		o.Shims[name] = module
	}
	for _, text := range s.define {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return o, cli.UsageError(cmd, "--define %s: write NAME=JSON", text)
		}
		o.Define[name] = jsonOrWord(value)
	}
	// Where a user has no folder for caches nothing is remembered.
	if dir, err := os.UserCacheDir(); err == nil {
		o.Cache = filepath.Join(dir, "qvat", "bundle")
	}
	return o, nil
}

// defaultOut is where a bundle goes when nobody says.
func defaultOut(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", cli.FileError("", "%w", err)
	}
	name := filepath.Base(abs)
	if info, err := os.Stat(abs); err == nil && !info.IsDir() {
		name = strings.TrimSuffix(name, filepath.Ext(name))
	}
	return name + ".bundle", nil
}

// bundle does one run. What is there already, and would be made again, is left.
func (a *app) bundle(o bundle.Options, s bundling) error {
	if s.why == "" && s.out != "" {
		if b, ok := bundle.Written(o, s.out); ok {
			return a.printBundled(b, s, true)
		}
	}
	b, err := bundle.Build(o)
	if err != nil {
		return err
	}
	if s.why != "" {
		return a.printWhy(b, s)
	}
	made, side, err := b.Encode()
	if err != nil {
		return cli.BadBytes(o.Path, err)
	}
	if s.check {
		return a.checkBundle(b, s, made)
	}
	if err := writeMade(s.out, made); err != nil {
		return err
	}
	if err := writeMade(s.out+".map", side); err != nil {
		return err
	}
	return a.printBundled(b, s, false)
}

// checkBundle is what --check does with a project that bundles.
func (a *app) checkBundle(b *bundle.Bundled, s bundling, made []byte) error {
	if s.out != "" {
		there, err := os.ReadFile(s.out)
		if err != nil {
			return cli.FileError("", "%w", err)
		}
		if string(there) != string(made) {
			return &cli.Failure{Name: cli.ExitSources, Err: errors.New(s.out + " is not what the sources make"), Hint: "run 'qvat bundle' without --check"}
		}
	}
	return a.printBundled(b, s, false)
}

// bundleError is how a run ends, for the tables of exit codes; with --json what
// is wrong with sources is written as well.
func (a *app) bundleError(err error, s bundling) error {
	var wrong *bundle.Problems
	var known *cli.Failure
	var deaf *cli.Unwritten
	switch {
	case err == nil || errors.As(err, &known) || errors.As(err, &deaf):
		return err
	case !errors.As(err, &wrong):
		return cli.FileError("", "%w", err)
	}
	if s.asJSON {
		if err := a.PrintJSON(map[string]any{"problems": wrong.List}); err != nil {
			return err
		}
	}
	f := &cli.Failure{Name: cli.ExitSources, Err: errors.New(cli.Count(len(wrong.List), "problem") + " in the sources")}
	for line := range strings.SplitSeq(wrong.Error(), "\n") {
		f.Detail = append(f.Detail, cleanLine(line))
	}
	return f
}

// cleanLine is one line that no terminal minds; its tabs stay.
func cleanLine(line string) string {
	parts := strings.Split(line, "\t")
	for i, p := range parts {
		parts[i] = api.Clean(p)
	}
	return strings.Join(parts, "\t")
}
