package powers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestSwap: a directory that turns into a symbolic link while the vat looks at
// it does not lead out either.
func TestSwap(t *testing.T) {
	f := newFolder(t, FilesGrant{Write: true})
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "x"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	f.put("d/x", "plain")
	d, link := filepath.Join(f.dir, "d"), filepath.Join(f.dir, "l")
	if err := os.Symlink(outside, link); err != nil {
		t.Fatal(err)
	}
	stop, done := make(chan struct{}), make(chan error)
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if err := unix.Renameat2(unix.AT_FDCWD, d, unix.AT_FDCWD, link, unix.RENAME_EXCHANGE); err != nil {
				done <- err
				return
			}
		}
	}()
	u := f.begin()
	read := 0
	for range 3000 {
		got := u.call("read", "d/x")
		if strings.Contains(got, "secret") {
			t.Error("the secret was read")
		}
		if got == `"plain"` {
			read++
		}
	}
	for range 300 {
		// Each is refused, or done within the directory.
		if err := f.set.Apply(t.Context(), f.payload(opAppend, "d/x", "!")); err == nil {
			read++
		}
		if err := f.set.Apply(t.Context(), f.payload(opWrite, "d/y", "!")); err == nil {
			read++
		}
	}
	close(stop)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if read == 0 {
		t.Error("nothing was ever read or written: the test shows nothing")
	}
	b, err := os.ReadFile(filepath.Join(outside, "x"))
	left, derr := os.ReadDir(outside)
	if err != nil || derr != nil || string(b) != "secret" || len(left) != 1 {
		t.Errorf("outside, the secret is %q among %v (%v, %v)", b, left, err, derr)
	}
}
