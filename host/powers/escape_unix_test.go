//go:build unix

package powers

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestEscapes: no path and no symbolic link leads out of the directory, and
// nothing that is not a file is opened.
func TestEscapes(t *testing.T) {
	f := newFolder(t, FilesGrant{Write: true})
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	f.put("in/ok", "ok")
	for name, to := range map[string]string{
		"link": secret, "dir": outside, "up": "..", "round": "round", "inner": "in/ok", "innerdir": "in", "in/back": "../in", "dangling": "nowhere",
	} {
		if err := os.Symlink(to, filepath.Join(f.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(f.dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "unix", filepath.Join(f.dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // a test's
	u := f.begin()
	for _, p := range []string{"link", "round", "inner", "dangling", "pipe", "socket"} {
		u.want(`{"kind":"other"}`, "stat", p)
		for _, call := range [][]string{{"read", p}, {"readBytes", p}, {"write", p, "x"}, {"append", p, "x"}, {"remove", p}, {"list", p}, {"mkdir", p}} {
			u.want("!", call[0], call[1:]...)
		}
	}
	for _, p := range []string{"dir/secret", "up/x", "innerdir/ok", "in/back/ok", "round/x", "pipe/x"} {
		u.want(``, "stat", p)
		for _, call := range [][]string{{"read", p}, {"write", p, "x"}, {"append", p, "x"}, {"list", p}, {"mkdir", p}} {
			u.want("!", call[0], call[1:]...)
		}
		u.want(`false`, "remove", p)
	}
	for _, what := range []string{opWrite, opAppend, opMkdir, opRemove} {
		for _, p := range []string{"dir/secret", "dir/new", "link", "up/x/y", "innerdir/x", "pipe"} {
			if what == opRemove && (p == "link" || p == "pipe") {
				continue // an entry of this directory, which an Apply may remove
			}
			payload, err := newOperation(what, p, "1").encode([]byte("x"))
			if err != nil {
				t.Fatal(err)
			}
			if err := f.set.Apply(t.Context(), payload); what != opRemove && !errors.Is(err, ErrNever) {
				t.Errorf("%s %s: got %v", what, p, err)
			}
		}
	}
	if b, err := os.ReadFile(secret); err != nil || string(b) != "secret" {
		t.Errorf("the secret is %q (%v)", b, err)
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) != 1 {
		t.Errorf("outside there is %v (%v)", left, err)
	}
	if len(f.rows()) != 0 {
		t.Error("something was staged")
	}
}
