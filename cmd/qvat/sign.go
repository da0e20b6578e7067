package main

import (
	"context"

	"github.com/spf13/cobra"

	"qvat/chains"
	"qvat/cmd/qvat/cli"
)

// signing is what the flags of `qvat sign` say.
type signing struct {
	after   string
	keys    []string
	bind    string
	modules []string
	out     string
	limits  chains.Limits
}

func newSign(a *app) *cobra.Command {
	var s signing
	cmd := &cobra.Command{
		Use:   "sign PROGRAM [--after CAPSULE] [--key FILE]... [--bind ROOTKEY] -o OUT.chain",
		Short: "Append a signed program to a chain",
		Long: `Makes a capsule whose chain ends with PROGRAM, signed by each --key. The chain
is that of CAPSULE, a file or a saved name, or a new one. The capsule holds the
texts of all its programs, so that it can be handed on; an input that CAPSULE
holds is left out.

A signature is plain: it stands for PROGRAM wherever the key is accepted. With
--bind it is bound: it is worth something only on the vat of ROOTKEY, after
exactly the programs before it. ROOTKEY is 64 hex digits, or the name of a vat
that was saved with its key.

PROGRAM is a file, or - for stdin: the text of a program, or a bundle that 'qvat
bundle' made. A program that requires modules needs their texts somewhere:
--module puts one into the capsule, and a bundle brings its own. Its main module
becomes the link. OUT.chain is replaced if it is there. What is printed is the
hash of PROGRAM, or of the bundle's main, by which others can require it.

Where a bundle or CAPSULE has a map beside it (X.bundle.map, X.chain.map), what it
knows of the capsule's programs is written to OUT.chain.map: the names of their
sources, and which line came from where. 'qvat call' then shows errors at their
places in the sources. No vat is sent a map, and nothing depends on one.`,
		Example: `  qvat sign alice.js --key vat/keys/root.key -o alice.chain
  qvat sign bob.js --after alice.chain --key bob.key -o bob.chain
  qvat sign bob.bundle --after alice.chain --key bob.key -o bob.chain
  qvat sign bob.js --after alice.chain --key bob.key --bind $(qvat key show vat/keys/root.key) -o bob.chain`,
		Args: cli.Args("PROGRAM"),
	}
	cli.LimitFlag(cmd, &s.limits)
	f := cmd.Flags()
	f.StringVar(&s.after, "after", "", "the `CAPSULE` whose chain is continued: a file or a saved name")
	f.StringArrayVar(&s.keys, "key", nil, "a private key `FILE` to sign with; may be given again")
	f.StringVar(&s.bind, "bind", "", "make bound signatures, for the vat of `ROOTKEY`")
	f.StringArrayVar(&s.modules, "module", nil, "a `FILE` with a module that is required, or a bundle; may be given again")
	f.StringVarP(&s.out, "output", "o", "", "the `FILE` to write")
	cli.CompleteFlag(cmd, "after", a.completeCapsules)
	cli.CompleteFlag(cmd, "bind", a.completeVats)
	cmd.RunE = a.Does(func(_ context.Context, args []string) error { return a.sign(cmd, args[0], s) })
	return cmd
}

func (a *app) sign(cmd *cobra.Command, program string, s signing) error {
	if s.out == "" {
		return cli.UsageError(cmd, "-o OUT.chain is missing")
	}
	if s.bind != "" && len(s.keys) == 0 {
		return cli.UsageError(cmd, "--bind says how to sign, so it needs a --key")
	}
	var root chains.PublicKey
	var base held
	var err error
	if s.bind != "" {
		if root, err = a.rootKey(cmd, s.bind); err != nil {
			return err
		}
	}
	if s.after != "" {
		if base, err = a.readCapsule(s.after, s.limits); err != nil {
			return err
		}
	}
	keys, err := a.loadKeys(cmd, s.keys)
	if err != nil {
		return err
	}
	g, err := a.readProgram(program, s.limits)
	if err != nil {
		return err
	}
	base.capsule.Input = nil
	d := a.extend(base)
	if err := d.link(g, keys, root); err != nil {
		return cli.BadBytes(program, err)
	}
	if err := a.modules(d, s.modules, s.limits); err != nil {
		return err
	}
	b, err := d.capsule.Encode()
	if err != nil {
		return cli.BadBytes(s.out, err)
	}
	if len(b) > s.limits.Capsule {
		return cli.BadBytes(s.out, &chains.TooLargeError{Limit: chains.CapsuleBytes, Max: s.limits.Capsule})
	}
	if err := writeFile(s.out, b, 0o666); err != nil {
		return err
	}
	a.writeMap(s.out, d.origin(), d)
	return a.PrintLine(g.program.Hash().String())
}
