package project

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"qvat/host"
)

// settings reads vat.toml, and refuses what qvat.toml would refuse, or has no
// place in a project.
func (p *Project) settings() (all map[string]any, granted host.PowersConfig, err error) {
	at := filepath.Join(p.Dir, VatConfig)
	f, err := os.Open(at)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]any{}, granted, nil
	}
	if err != nil {
		return nil, granted, err
	}
	defer f.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(f, maxVatConfig+1))
	if err != nil {
		return nil, granted, err
	}
	if len(text) > maxVatConfig {
		return nil, granted, fmt.Errorf("%s is larger than %d bytes", at, maxVatConfig)
	}
	var known struct {
		Limits host.LimitsConfig `toml:"limits"`
		Powers host.PowersConfig `toml:"powers"`
	}
	d := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	if err := d.Decode(&known); err != nil {
		var unknown *toml.StrictMissingError
		if errors.As(err, &unknown) {
			return nil, granted, fmt.Errorf("%s has what is neither [limits] nor [powers] of qvat.toml:\n%s", at, unknown.String())
		}
		return nil, granted, fmt.Errorf("%s: %w", at, err)
	}
	if err := toml.Unmarshal(text, &all); err != nil {
		return nil, granted, fmt.Errorf("%s: %w", at, err)
	}
	if err := host.CheckKeys(all); err != nil {
		return nil, granted, fmt.Errorf("%s: %w", at, err)
	}
	if all == nil {
		all = map[string]any{}
	}
	return all, known.Powers, nil
}

// Grants is what vat.toml grants beside what reaches nothing outside the vat.
type Grants struct {
	// Mail is the whole of qvat:mail.
	Mail bool
	// Files is the folder of qvat:files, absolute, and "" where there is none;
	// Write tells whether it can be written to, and Outside whether it is not one
	// of the project's: links have been followed.
	Files          string
	Write, Outside bool
	// Origins are those that requests of qvat:http reach; at once, with
	// Immediate, and also where their addresses are private, with AllowPrivate.
	Origins                 []string
	Immediate, AllowPrivate bool
}

// Grants reads what vat.toml grants the vat in dir, from which it names the
// folder of qvat:files.
func (p *Project) Grants(dir string) (Grants, error) {
	_, powers, err := p.settings()
	if err != nil {
		return Grants{}, err
	}
	g := Grants{
		Mail: powers.Mail, Write: powers.Files.Write,
		Origins: powers.HTTP.Origins, Immediate: powers.HTTP.Immediate, AllowPrivate: powers.HTTP.AllowPrivate,
	}
	at := powers.Files.Dir
	if at == "" {
		return g, nil
	}
	if !filepath.IsAbs(at) {
		at = filepath.Join(dir, at)
	}
	if g.Files, err = follow(filepath.Clean(at)); err != nil {
		return Grants{}, fmt.Errorf("%s: files.dir: %w", filepath.Join(p.Dir, VatConfig), err)
	}
	inside, err := filepath.Rel(p.Dir, g.Files)
	g.Outside = err != nil || !filepath.IsLocal(inside) || slices.ContainsFunc(strings.Split(inside, string(filepath.Separator)), isGit)
	return g, nil
}

// isGit tells whether a folder is Git's: what is written into it can be run.
func isGit(name string) bool { return strings.EqualFold(name, ".git") }

// follow follows the links of a path whose end need not be there.
func follow(at string) (string, error) {
	real, err := filepath.EvalSymlinks(at)
	if !errors.Is(err, fs.ErrNotExist) {
		return real, err
	}
	if _, err := os.Lstat(at); err == nil {
		return "", fmt.Errorf("%s leads nowhere", at)
	}
	up, err := follow(filepath.Dir(at))
	return filepath.Join(up, filepath.Base(at)), err
}
