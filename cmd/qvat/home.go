package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"qvat/chains"
	"qvat/cmd/qvat/cli"
)

// home is the folder of saved names, $QVAT_HOME or qvat in the user's folder
// for settings: vats/NAME.toml and chains/NAME.chain, a file per name, so that
// two commands at once never lose each other's work. It is 0700, and refused
// when others may write to it: who can change a saved vat's key chooses whom
// its user talks to.
type home struct{ dir string }

// savedVat is the content of vats/NAME.toml.
type savedVat struct {
	URL string `toml:"url" json:"url"`
	// Key is the root key that the vat must show, 64 hex digits, or "".
	Key string `toml:"key,omitempty" json:"key,omitempty"`
}

const (
	vatsDir, vatExt     = "vats", ".toml"
	chainsDir, chainExt = "chains", ".chain"

	maxName     = 128
	maxVatFile  = 16 << 10
	maxURLBytes = 2048
)

func (a *app) home() (home, error) {
	dir := a.Getenv("QVAT_HOME")
	if dir == "" {
		base, err := os.UserConfigDir()
		if err != nil {
			return home{}, cli.FileError("set QVAT_HOME to the folder for saved names", "%w", err)
		}
		dir = filepath.Join(base, "qvat")
	}
	return home{dir}, checkPrivate(dir)
}

// checkPrivate refuses a folder that others may write to. One that is not
// there yet is made when it is needed.
func checkPrivate(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return cli.FileError("", "%w", err)
	case !info.IsDir():
		return cli.FileError("set QVAT_HOME to a folder", "%s is not a folder", dir)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0:
		return cli.FileError("chmod 700 "+dir, "others may write to %s", dir)
	}
	return nil
}

// checkName takes [a-z0-9][a-z0-9-]{0,127}, except what could be a key or a
// hash. A name that passes is safe as the name of a file.
func checkName(name string) error {
	ok := name != "" && len(name) <= maxName && name[0] != '-'
	for _, c := range []byte(name) {
		ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-')
	}
	if !ok {
		return cli.FileError("names are made of a-z, 0-9 and -, start with no -, and have at most 128 characters", "%q is not a name", name)
	}
	if _, err := chains.ParseHash(name); err == nil {
		return cli.FileError("choose a name that cannot be mistaken for a key", "%q is not a name", name)
	}
	return nil
}

func (h home) path(kind, name, ext string) string {
	return filepath.Join(h.dir, kind, name+ext)
}

// save writes one file under a checked name.
func (h home) save(kind, name, ext string, data []byte) error {
	if err := os.MkdirAll(filepath.Join(h.dir, kind), 0o700); err != nil {
		return cli.FileError("", "%w", err)
	}
	return writeFile(h.path(kind, name, ext), data, 0o600)
}

// remove forgets one name; what is its noun in messages.
func (h home) remove(kind, name, ext, what string) error {
	if err := checkName(name); err != nil {
		return err
	}
	err := os.Remove(h.path(kind, name, ext))
	if errors.Is(err, fs.ErrNotExist) {
		return cli.FileError("'qvat "+what+" list' lists them", "no %s is saved as %q", what, name)
	}
	if err != nil {
		return cli.FileError("", "%w", err)
	}
	return nil
}

// names lists what is saved, in order. Files that are not saved names, such as
// what a crash left half-written, are passed over.
func (h home) names(kind, ext string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(h.dir, kind))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, cli.FileError("", "%w", err)
	}
	var names []string
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ext)
		if ok && checkName(name) == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// vat reads a saved vat. Its error wraps fs.ErrNotExist where there is none.
func (h home) vat(name string) (savedVat, error) {
	if err := checkName(name); err != nil {
		return savedVat{}, err
	}
	path := h.path(vatsDir, name, vatExt)
	b, err := cli.ReadLimited(path, "vat_file_bytes", maxVatFile)
	if err != nil {
		return savedVat{}, err
	}
	var v savedVat
	d := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields()
	err = d.Decode(&v)
	if strict := (*toml.StrictMissingError)(nil); errors.As(err, &strict) && len(strict.Errors) > 0 {
		err = fmt.Errorf("a saved vat has no %q", strings.Join(strict.Errors[0].Key(), "."))
	}
	if err == nil {
		err = v.check()
	}
	if err != nil {
		return savedVat{}, cli.FileError(fmt.Sprintf("mend the file, or 'qvat vat remove %s' and add it again", name), "%s: %w", path, err)
	}
	return v, nil
}

func (v savedVat) check() error {
	if err := checkURL(v.URL); err != nil {
		return err
	}
	if v.Key == "" {
		return nil
	}
	_, err := chains.ParsePublicKeyHex(v.Key)
	return err
}
