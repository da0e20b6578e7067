package host_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// probeFor makes the process that serves a vat say what it can still reach, the
// address that the variable holds among it.
const probeFor = "QVAT_TEST_PROBE"

// probe tries what the process should not be able to do, and one thing that it
// should.
func probe(dir, address string) string {
	denied := func(err error) string {
		switch {
		case err == nil:
			return "yes"
		case errors.Is(err, fs.ErrPermission):
			return "no"
		}
		return err.Error()
	}
	_, readErr := os.ReadFile("/etc/passwd")
	writeErr := os.WriteFile(filepath.Join(filepath.Dir(dir), "beside"), nil, 0o600)
	c, dialErr := net.Dial("tcp", address)
	if dialErr == nil {
		dialErr = c.Close()
	}
	ownErr := os.WriteFile(filepath.Join(dir, "own"), nil, 0o600)
	return fmt.Sprintf("read %s, write %s, dial %s, own %s", denied(readErr), denied(writeErr), denied(dialErr), denied(ownErr))
}

// TestSandbox: a process that serves a vat reaches the vat's files and no
// others, and no address.
func TestSandbox(t *testing.T) {
	abi, err := syscall.LandlockGetABIVersion()
	if err != nil {
		abi = 0
	}
	want := "read no, write no, dial no, own yes"
	switch {
	case abi < 1:
		want = "read yes, write yes, dial yes, own yes" // nothing to confine with
	case abi < 4:
		want = "read no, write no, dial yes, own yes"
	}
	dir := newDir(t, "", "")
	config := filepath.Join(dir, "qvat.toml")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, []byte(strings.Replace(string(text), "sandbox = false", "listen = \"127.0.0.1:0\"", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, line := child(t, serveDir+"="+dir, probeFor+"="+l.Addr().String())
	if got := strings.TrimSpace(line); got != want {
		t.Errorf("a process that serves: %s; want: %s", got, want)
	}
}
