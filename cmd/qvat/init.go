package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"qvat/chains"
	"qvat/cmd/qvat/cli"
	"qvat/host/api"
)

func newInit(a *app) *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "init DIR [--listen ADDR]",
		Short: "Make a vat",
		Long: `Makes a vat in DIR: qvat.toml, which explains itself; keys/root.key, the key that
signs what may run first in this vat; keys/node.key, the vat's own; root-power.js,
which says what power there is; and the database vat.db. It prints the root public
key, by which others know the vat. A vat that is there already is left alone.`,
		Example: `  qvat init vat
  qvat init vat --listen 127.0.0.1:8080`,
		Args:              cli.Args("DIR"),
		ValidArgsFunction: cli.First(cli.CompleteDirs),
	}
	cmd.Flags().StringVar(&listen, "listen", "", "the `ADDR` to put into qvat.toml, HOST:PORT")
	cmd.RunE = a.Does(func(_ context.Context, args []string) error {
		if err := initVat(args[0], listen); err != nil {
			return err
		}
		key, err := a.loadKey(filepath.Join(args[0], "keys", "root.key"))
		if err != nil {
			return err
		}
		public, err := chains.PublicKeyOf(key)
		if err != nil {
			return err
		}
		return a.PrintLine(fmt.Sprintf("made %s, whose root key is %s", api.Clean(args[0]), public))
	})
	return cmd
}

func initVat(dir, listen string) error {
	err := makeVat(dir, listen)
	switch {
	case errors.Is(err, fs.ErrExist) && !cli.IsVat(dir):
		return cli.FileError("move it away, or name another folder", "%s holds a part of a vat, and no qvat.toml: %w", dir, err)
	case errors.Is(err, fs.ErrExist):
		return cli.FileError("'qvat run "+dir+"' serves it; or name another folder", "%w", err)
	case err != nil:
		return cli.FileError("", "%w", err)
	}
	return nil
}
