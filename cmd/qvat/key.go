package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io/fs"

	"github.com/spf13/cobra"

	"qvat/chains"
	"qvat/cmd/qvat/cli"
	"qvat/host/keyfile"
)

func newKey(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Make and show keys",
		Long: `Makes and shows Ed25519 keys. A key file is PKCS#8 PEM, so openssl makes and
reads them too. Who has the file can sign as you: qvat makes it readable to you
alone, and warns of one that others can read.

A key that signs programs must sign nothing else.`,
		Example: `  qvat key new bob.key
  qvat key show bob.key
  openssl genpkey -algorithm ed25519 -out carol.key`,
	}
	cli.Group(a.App, cmd, newKeyNew(a), newKeyShow(a))
	return cmd
}

func newKeyNew(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "new FILE",
		Short: "Make a key",
		Long: `Makes a new key in FILE, which must not be there yet, and prints its public
key: 64 hex digits.`,
		Example: "  qvat key new bob.key",
		Args:    cli.Args("FILE"),
		RunE: a.Does(func(_ context.Context, args []string) error {
			key, err := keyfile.New(args[0])
			if errors.Is(err, fs.ErrExist) {
				return cli.FileError("name another file, or remove this one if its key is no longer needed", "%w", err)
			}
			if err != nil {
				return cli.FileError("", "%w", err)
			}
			return a.printPublic(key)
		}),
	}
}

func newKeyShow(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "show FILE",
		Short:   "Print the public key of a key file",
		Long:    "Prints the public key of the private key in FILE: 64 hex digits.",
		Example: "  qvat key show bob.key",
		Args:    cli.Args("FILE"),
		RunE: a.Does(func(_ context.Context, args []string) error {
			key, err := a.loadKey(args[0])
			if err != nil {
				return err
			}
			return a.printPublic(key)
		}),
	}
}

func (a *app) printPublic(key ed25519.PrivateKey) error {
	public, err := chains.PublicKeyOf(key)
	if err != nil {
		return err
	}
	return a.PrintLine(public.String())
}
