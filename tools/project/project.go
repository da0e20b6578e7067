// Package project is what `qvat test`, `qvat dev` and `qvat new` have in common:
// the folder of somebody who writes programs, and the vats that are made to try
// them in.
//
// A project is a folder with a main module (main.js, main.ts, main.mjs), and
// beside it, where they are needed: package.json, whose field "qvat" says how it
// is bundled; root-power.js, the power of the vat that it is for; vat.toml, what
// that vat grants and allows, in the tables of qvat.toml; and tests.
package project

import (
	"crypto/ed25519"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/pelletier/go-toml/v2"

	"qvat/chains"
	"qvat/host"
	"qvat/host/keyfile"
)

// Names of what lies in a project's folder.
const (
	RootPower = "root-power.js"
	VatConfig = "vat.toml"
	TestDir   = "test"
)

// maxVatConfig is the size in bytes of the largest vat.toml that is read.
const maxVatConfig = 1 << 20

// Project is a project's folder. Its files are read when they are needed.
type Project struct {
	// Dir is absolute, and no link leads to it.
	Dir string
}

// Open finds the project in dir, which must be a folder that is there.
func Open(dir string) (*Project, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a folder", dir)
	}
	return &Project{Dir: dir}, nil
}

// endings are those of modules, after ".test".
var endings = []string{".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"}

// Tests are the test files: NAME.test.js, .ts and so on in the folder test and
// beside main. Their paths go from the project's folder, with slashes, in order.
func (p *Project) Tests() ([]string, error) {
	var all []string
	for _, dir := range []string{".", TestDir} {
		entries, err := os.ReadDir(filepath.Join(p.Dir, dir))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			ending := filepath.Ext(e.Name())
			if slices.Contains(endings, ending) && strings.HasSuffix(strings.TrimSuffix(e.Name(), ending), ".test") && !e.IsDir() {
				all = append(all, path.Join(dir, e.Name()))
			}
		}
	}
	slices.Sort(all)
	return all, nil
}

// File gives the absolute path of a file that is named from the project's
// folder, with slashes: "./lib/x.js". It must lie in the folder.
func (p *Project) File(name string) (string, error) {
	local := filepath.FromSlash(path.Clean(name))
	if !filepath.IsLocal(local) {
		return "", fmt.Errorf("%q does not lie in the project's folder", name)
	}
	at, err := filepath.EvalSymlinks(filepath.Join(p.Dir, local))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no file %s in the project's folder", path.Clean(name))
	}
	if err != nil {
		return "", err
	}
	if inside, err := filepath.Rel(p.Dir, at); err != nil || !filepath.IsLocal(inside) {
		return "", fmt.Errorf("%q leads out of the project's folder", name)
	}
	return at, nil
}

// Power is the file of the project's root-power.js, or "" where it has none:
// then a vat that MakeVat makes has one that grants what every vat can.
func (p *Project) Power() string {
	at := filepath.Join(p.Dir, RootPower)
	if info, err := os.Stat(at); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return at
}

// Vat says what a vat of the project's is like.
type Vat struct {
	// Root is the key that signs root programs; nil is keys/root.key in the
	// vat's folder.
	Root ed25519.PrivateKey
	// Name and Listen are those of qvat.toml.
	Name, Listen string
	// Throwaway has qvat:files write to a folder of the vat's own, whatever
	// vat.toml names.
	Throwaway bool
	// Cache is the folder for the engine's machine code, absolute; "" keeps
	// none. It must be this user's alone, or the vat does not use it. It is never
	// in the vat's folder: that may have come with the project.
	Cache string
}

//go:embed root-power.js
var defaultPower string

// MakeVat makes a vat in dir for trying the project's programs: with the limits
// and powers of vat.toml, and all powers besides that reach nothing outside the
// vat. Where a vat is in dir, its settings are made anew, and its database stays;
// but a folder that others can look into, or a link, was not made here, and is
// an error: somebody else may have put something into it.
func (p *Project) MakeVat(dir string, v Vat) error {
	if err := madeHere(dir); err != nil {
		return err
	}
	err := host.Init(dir, host.InitOptions{})
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if v.Root == nil {
		if v.Root, err = keyfile.Load(filepath.Join(dir, "keys", "root.key")); err != nil {
			return err
		}
	}
	text, err := p.vatText(v)
	if err != nil {
		return err
	}
	if err := Write(filepath.Join(dir, "qvat.toml"), text); err != nil {
		return err
	}
	return Write(filepath.Join(dir, RootPower), []byte(defaultPower))
}

// madeHere tells whether dir is a vat's folder that this user has made, or is
// not there. Git gives no folder the mode 0700.
func madeHere(dir string) error {
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	who, known := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 || !known || int(who.Uid) != os.Geteuid() {
		return fmt.Errorf("%s was not made by qvat dev on this machine: look at it, and delete it", dir)
	}
	return nil
}

// Write writes a file (0600) that appears whole, in the place of what is there:
// where that is a link, it is the link that goes, and not what it leads to. On
// failure what was there stays.
func Write(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// CheckVat tells what is wrong with vat.toml.
func (p *Project) CheckVat() error {
	_, _, err := p.settings()
	return err
}

// vatText is the qvat.toml of such a vat.
func (p *Project) vatText(v Vat) ([]byte, error) {
	settings, _, err := p.settings()
	if err != nil {
		return nil, err
	}
	root, err := chains.PublicKeyOf(v.Root)
	if err != nil {
		return nil, err
	}
	settings["name"], settings["listen"], settings["root_key"] = v.Name, v.Listen, root.String()
	settings["sandbox"] = false // the process has the project to read
	settings["cache"] = v.Cache
	powers, _ := settings["powers"].(map[string]any)
	if powers == nil {
		powers = map[string]any{}
	}
	for _, name := range []string{"store", "log", "message", "clock", "random"} {
		if _, said := powers[name]; !said {
			powers[name] = true
		}
	}
	if files, ok := powers["files"].(map[string]any); ok && v.Throwaway {
		files["dir"] = "files"
	}
	settings["powers"] = powers
	text, err := toml.Marshal(settings)
	head := "# Made of the project's " + VatConfig + ": what is changed here is lost.\n"
	return append([]byte(head), text...), err
}
