package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"qvat/host/config"
)

// settings reads vat.toml, and refuses what qvat.toml would refuse, or has no
// place in a project.
func (p *Project) settings() (all map[string]any, granted config.Powers, err error) {
	var known struct {
		Limits config.Limits `toml:"limits"`
		Powers config.Powers `toml:"powers"`
	}
	all, err = config.Decode(filepath.Join(p.Dir, VatConfig), &known, "has what is neither [limits] nor [powers] of qvat.toml")
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]any{}, granted, nil
	}
	return all, known.Powers, err
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
