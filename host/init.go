package host

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"qvat/chains"
	"qvat/host/keyfile"
	"qvat/host/store/sqlite"
)

//go:embed root-power.js.tmpl
var newRootPower string

// InitOptions say what a new vat is like. The zero value works.
type InitOptions struct {
	// Listen is the address to put into qvat.toml; empty: 127.0.0.1:7070.
	Listen string
}

// Init makes a vat in dir: qvat.toml, keys/root.key and keys/node.key (mode
// 0600), root-power.js and vat.db. Where one of them is there already it
// changes nothing and fails with an error that wraps fs.ErrExist.
func Init(dir string, o InitOptions) error {
	for _, name := range []string{configFile, keysDir, rootPower, database} {
		path := filepath.Join(dir, name)
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("%s: %w", path, fs.ErrExist)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, keysDir), 0o700); err != nil {
		return err
	}
	root, err := keyfile.New(filepath.Join(dir, keysDir, rootKey))
	if err != nil {
		return err
	}
	if _, err := keyfile.New(filepath.Join(dir, keysDir, nodeKey)); err != nil {
		return err
	}
	public, err := chains.PublicKeyOf(root)
	if err != nil {
		return err
	}
	c := defaults()
	c.RootKey = public.String()
	if o.Listen != "" {
		c.Listen = o.Listen
	}
	text, err := configText(c)
	if err != nil {
		return err
	}
	s, err := sqlite.Open(context.Background(), c.storeOptions(dir))
	if err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	if err := writeNew(filepath.Join(dir, rootPower), newRootPower); err != nil {
		return err
	}
	// Last: a directory with a qvat.toml is a whole vat.
	return writeNew(filepath.Join(dir, configFile), text)
}

// writeNew writes a file that is not there yet, whole and to the disk.
func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}
