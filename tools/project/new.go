package project

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// templates holds a folder for each template, and common, which all have.
//
//go:embed all:templates
var templates embed.FS

const common = "common"

// DefaultTemplate is the one that a newcomer gets.
const DefaultTemplate = "counter"

// Templates are the names of the templates, in order.
func Templates() []string {
	entries, err := fs.ReadDir(templates, "templates")
	if err != nil {
		panic(err) // they are part of the program
	}
	var names []string
	for _, e := range entries {
		if e.Name() != common {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names
}

// ErrTemplate says that there is no template of that name.
var ErrTemplate = errors.New("there is no such template")

// New writes a project made of a template into dir, which is made where it is
// not there. Where it is there and holds anything, nothing is written and the
// error wraps fs.ErrExist. It gives the files, with slashes, in order.
func New(dir, template string) ([]string, error) {
	if !slices.Contains(Templates(), template) {
		return nil, fmt.Errorf("%w: %q; there are %s", ErrTemplate, template, strings.Join(Templates(), ", "))
	}
	at, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := emptyDir(at); err != nil {
		return nil, err
	}
	var files []string
	for _, from := range []string{common, template} {
		some, err := copyTemplate(at, path.Join("templates", from), packageName(filepath.Base(at)))
		if err != nil {
			return nil, err
		}
		files = append(files, some...)
	}
	slices.Sort(files)
	return files, nil
}

// emptyDir makes dir, or finds that it is empty.
func emptyDir(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return os.MkdirAll(dir, 0o777)
	case err != nil:
		return err
	case len(entries) > 0:
		return fmt.Errorf("%s holds %s: %w", dir, entries[0].Name(), fs.ErrExist)
	}
	return nil
}

func copyTemplate(dir, from, name string) ([]string, error) {
	var files []string
	err := fs.WalkDir(templates, from, func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := templates.ReadFile(at)
		if err != nil {
			return err
		}
		rel := strings.TrimPrefix(at, from+"/")
		files = append(files, rel)
		to := filepath.Join(dir, filepath.FromSlash(rel))
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			return err
		}
		return writeNew(to, strings.ReplaceAll(string(text), "PROJECT-NAME", name))
	})
	return files, err
}

// writeNew writes a file that is not there yet.
func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// packageName makes a name that npm takes of a folder's.
func packageName(folder string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, folder)
	name = strings.TrimLeft(name, "-_.")
	if len(name) > 100 {
		name = name[:100]
	}
	if name == "" {
		return "project"
	}
	return name
}
