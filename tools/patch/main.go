// Command patch makes what builds of qvat take in place of wazero as it is
// published: a copy of the module with the changes of a diff that lies beside this
// file, and a go.mod that names the copy, for builds with -modfile.
//
//	patch DIR
//
// The copy is wazero in DIR, which is a folder of the project. What is there
// already and up to date is left alone. A build without it works as well, and is
// slower (docs/RATIONALE.md).
package main

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

const module = "github.com/tetratelabs/wazero"

// versionFile holds the version that wazero marks the machine code with that it
// keeps: patched, it is another. versionLine is where it is set.
const (
	versionFile = "internal/version/version.go"
	versionLine = "\nvar version string\n"
)

//go:embed *.diff
var diffs embed.FS

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: patch DIR")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "patch:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	if err := checkReplaceable(dir); err != nil {
		return err
	}
	p, err := published()
	if err != nil {
		return err
	}
	diff, err := diffs.ReadFile("wazero-" + p.Version + ".diff")
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("go.mod asks for wazero %s, and there is no diff for that: see whether the changes are still needed, and make them anew", p.Version)
	}
	if err != nil {
		return err
	}
	mod, err := modFile(dir)
	if err != nil {
		return err
	}
	sum, err := os.ReadFile("go.sum")
	if err != nil {
		return err
	}
	stamp := stampOf(diff, mod, sum)
	if had, err := os.ReadFile(filepath.Join(dir, "stamp")); err == nil && string(had) == stamp {
		return nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	copied := filepath.Join(dir, "wazero")
	if err := copyOf(p, diff, copied); err != nil {
		return err
	}
	// The stamp comes last: what was cut short is made again.
	for _, f := range []struct {
		name string
		text []byte
	}{{"go.mod", mod}, {"go.sum", sum}, {"stamp", []byte(stamp)}} {
		if err := os.WriteFile(filepath.Join(dir, f.name), f.text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// checkReplaceable makes sure that dir may be made anew: that it lies in the project, and is
// not there yet, or empty, or of this command's making.
func checkReplaceable(dir string) error {
	if !filepath.IsLocal(dir) || filepath.Clean(dir) == "." {
		return fmt.Errorf("%s is no folder inside of the project: name one, such as .build", dir)
	}
	had, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(had) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "wazero")); err != nil {
		return fmt.Errorf("%s holds something else, which would be deleted: name another folder", dir)
	}
	return nil
}

// publication is what go says of a module that it has downloaded, whose content
// it has held against go.sum.
type publication struct{ Version, Dir string }

func published() (p publication, err error) {
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Env = append(os.Environ(), "GOFLAGS=") // the go.mod that stands here, whichever the build takes
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return p, fmt.Errorf("go mod download %s: %w", module, err)
	}
	return p, json.Unmarshal(out, &p)
}

// modFile is the project's go.mod with the copy in the module's place.
func modFile(dir string) ([]byte, error) {
	text, err := os.ReadFile("go.mod")
	if err != nil {
		return nil, fmt.Errorf("%w: run this in the project's own folder", err)
	}
	return fmt.Appendf(text, "\nreplace %s => ./%s\n", module, path.Join(filepath.ToSlash(dir), "wazero")), nil
}

func stampOf(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		s := sha256.Sum256(p)
		h.Write(s[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// copyOf copies a module and changes the copy as the diff says: where its context
// is what stands there, and nowhere else.
func copyOf(p publication, diff []byte, to string) error {
	if err := os.CopyFS(to, os.DirFS(p.Dir)); err != nil {
		return err
	}
	files, _, err := gitdiff.Parse(bytes.NewReader(diff))
	if err != nil {
		return fmt.Errorf("read the diff: %w", err)
	}
	if len(files) == 0 {
		return errors.New("read the diff: it changes no file")
	}
	for _, f := range files {
		if err := change(filepath.Join(to, filepath.FromSlash(f.NewName)), func(text []byte) ([]byte, error) {
			var out bytes.Buffer
			err := gitdiff.Apply(&out, bytes.NewReader(text), f)
			return out.Bytes(), err
		}); err != nil {
			return err
		}
	}
	own := p.Version + "-qvat-" + stampOf(diff)[:12]
	return change(filepath.Join(to, filepath.FromSlash(versionFile)), func(text []byte) ([]byte, error) {
		if strings.Count(string(text), versionLine) != 1 {
			return nil, errors.New("the version is set in another way")
		}
		return []byte(strings.Replace(string(text), versionLine, fmt.Sprintf("\nvar version = %q\n", own), 1)), nil
	})
}

func change(path string, by func([]byte) ([]byte, error)) error {
	text, err := os.ReadFile(path)
	if err == nil {
		text, err = by(text)
	}
	if err != nil {
		return fmt.Errorf("change %s: %w", path, err)
	}
	return os.WriteFile(path, text, 0o644)
}
