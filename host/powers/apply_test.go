package powers

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func (f *folder) payload(what, name, data string) []byte {
	f.t.Helper()
	b, err := newOperation(what, name, rand.Text()).encode([]byte(data))
	if err != nil {
		f.t.Fatal(err)
	}
	return b
}

func (f *folder) apply(payload []byte) {
	f.t.Helper()
	if err := f.set.Apply(context.Background(), payload); err != nil {
		f.t.Fatal(err)
	}
}

// TestApplyTwice: each change can be applied again, as after a crash before it
// was acknowledged.
func TestApplyTwice(t *testing.T) {
	f := newFolder(t, FilesGrant{Write: true})
	f.put("log", "old\n")
	for _, p := range [][]byte{
		f.payload(opMkdir, "d/e", ""), f.payload(opWrite, "d/e/f", "1"), f.payload(opAppend, "log", "a\n"), f.payload(opAppend, "log", "b\n"),
		f.payload(opAppend, "fresh", "c"), f.payload(opAppend, "log", "a\n"), f.payload(opRemove, "d/e/f", ""), f.payload(opRemove, "d/e", ""),
	} {
		f.apply(p)
		f.apply(p)
	}
	if got := f.tree(); got["log"] != "old\na\nb\na\n" || got["fresh"] != "c" || len(got) != 3 {
		t.Errorf("got %q", got)
	}
	left, err := filepath.Glob(filepath.Join(f.dir, ownPrefix+"*"))
	if err != nil || len(left) != 1 || filepath.Base(left[0]) != journal {
		t.Errorf("the vat's own files are %q (%v)", left, err)
	}
}

// TestApplyAfterCrash: a change that was cut off anywhere is whole after it has
// been applied again.
func TestApplyAfterCrash(t *testing.T) {
	f := newFolder(t, FilesGrant{Write: true})
	f.put("log", "old\n")
	p := f.payload(opAppend, "log", "line\n")
	o, data, err := decodeOperation(p)
	if err != nil {
		t.Fatal(err)
	}
	// The journal was written, and part of the data.
	if _, err := f.set.files.appendAt(o.ID, 4); err != nil {
		t.Fatal(err)
	}
	for _, there := range []string{"old\n", "old\nli", "old\n\x00\x00\x00", "old\nline\n"} {
		f.put("log", there)
		f.apply(p)
		if got := f.tree()["log"]; got != "old\n"+string(data) {
			t.Errorf("after %q there is %q", there, got)
		}
	}
	// Cut short by somebody else: no hole is left.
	f.put("log", "o")
	f.apply(p)
	if got := f.tree()["log"]; got != "oline\n" {
		t.Errorf("got %q", got)
	}
	// A journal that is not one.
	f.put(journal, strings.Repeat("{", 100))
	f.apply(f.payload(opAppend, "log", "x"))
	// A file beside its place, from the last try.
	p = f.payload(opWrite, "log", "new")
	if o, _, err = decodeOperation(p); err != nil {
		t.Fatal(err)
	}
	f.put(ownPrefix+o.ID, "n")
	f.apply(p)
	if got := f.tree()["log"]; got != "new" {
		t.Errorf("got %q", got)
	}
}

func TestApplyKeepsModes(t *testing.T) {
	f := newFolder(t, FilesGrant{Write: true})
	f.put("script", "")
	if err := os.Chmod(filepath.Join(f.dir, "script"), 0o750); err != nil {
		t.Fatal(err)
	}
	f.apply(f.payload(opWrite, "script", "x"))
	f.apply(f.payload(opWrite, "other", "x"))
	for name, want := range map[string]fs.FileMode{"script": 0o750, "other": 0o600} {
		if info, err := os.Stat(filepath.Join(f.dir, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

// TestApplyMakesDirectories: those that somebody removed after the message had
// seen them are made again.
func TestApplyMakesDirectories(t *testing.T) {
	f := newFolder(t, FilesGrant{Write: true})
	f.apply(f.payload(opWrite, "a/b/c", "x"))
	if got := f.tree()["a/b/c"]; got != "x" {
		t.Errorf("got %q", got)
	}
	f.apply(f.payload(opRemove, "gone/for/long", ""))
}

func TestApplyRefuses(t *testing.T) {
	f := newFolder(t, FilesGrant{Write: true})
	f.put("file", "1")
	f.put("dir/file", "1")
	for name, p := range map[string][]byte{
		"no head":     []byte("{}"),
		"not JSON":    []byte("x\n"),
		"no version":  []byte(`{"op":"write","path":"a","id":"x"}` + "\n"),
		"no id":       []byte(`{"v":1,"op":"write","path":"a"}` + "\n"),
		"path":        []byte(`{"v":1,"op":"write","path":"../a","id":"x"}` + "\n"),
		"operation":   []byte(`{"v":1,"op":"chmod","path":"a","id":"x"}` + "\n"),
		"directory":   f.payload(opWrite, "dir", "x"),
		"append":      f.payload(opAppend, "dir", "x"),
		"under file":  f.payload(opWrite, "file/x", "x"),
		"mkdir":       f.payload(opMkdir, "file", ""),
		"mkdir under": f.payload(opMkdir, "file/x", ""),
		"not empty":   f.payload(opRemove, "dir", ""),
	} {
		if err := f.set.Apply(t.Context(), p); !errors.Is(err, ErrNever) {
			t.Errorf("%s: got %v", name, err)
		} else if strings.Contains(err.Error(), f.dir) {
			t.Errorf("%s: %v names the directory", name, err)
		}
	}
	if err := newSet(t, Grants{}).Apply(t.Context(), f.payload(opWrite, "a", "x")); !errors.Is(err, ErrNever) {
		t.Errorf("got %v", err)
	}
	// No room or no permission may pass: those are tried again.
	if os.Geteuid() != 0 {
		if err := os.Chmod(f.dir, 0o500); err != nil {
			t.Fatal(err)
		}
		if err := f.set.Apply(t.Context(), f.payload(opWrite, "a", "x")); err == nil || errors.Is(err, ErrNever) {
			t.Errorf("got %v", err)
		}
		if err := os.Chmod(f.dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.set.Apply(ctx, f.payload(opWrite, "a", "x")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
