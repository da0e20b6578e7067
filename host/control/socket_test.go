package control

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// listening makes a listener that echoes, and closes it with the test.
func listening(t *testing.T, dir string) *Listener {
	t.Helper()
	l, err := Listen(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			}()
		}
	}()
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	return l
}

// echoed says something to the socket in dir, and expects to hear it.
func echoed(t *testing.T, dir string) {
	t.Helper()
	c, err := dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // the test is over then
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 5)
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "hello" {
		t.Errorf("heard %q, %v", got, err)
	}
}

func TestSocket(t *testing.T) {
	dir := t.TempDir()
	l := listening(t, dir)
	info, err := os.Lstat(filepath.Join(dir, Socket))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the socket's mode is %o", info.Mode().Perm())
	}
	echoed(t, dir)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(filepath.Join(dir, Socket)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Close, the socket is there: %v", err)
	}
}

func TestSocketInUse(t *testing.T) {
	dir := t.TempDir()
	listening(t, dir)
	if _, err := Listen(t.Context(), dir, nil); !errors.Is(err, ErrInUse) {
		t.Errorf("a second listener: %v", err)
	}
	echoed(t, dir) // the first one is as it was
}

// TestStaleSocket: what a killed process leaves behind is replaced.
func TestStaleSocket(t *testing.T) {
	dir := t.TempDir()
	old, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, Socket), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	old.SetUnlinkOnClose(false)
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := dial(t.Context(), dir); err == nil {
		t.Fatal("somebody answers at a socket that nobody has open")
	}
	listening(t, dir)
	echoed(t, dir)
}

// TestNoSocket: a file that is none is left alone.
func TestNoSocket(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, Socket)
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), dir, nil); err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("a file in the socket's place: %v", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
		t.Errorf("the file holds %q, %v", b, err)
	}
}

// TestLongPath: a path too long for a socket works all the same, and leaves
// nothing in the folder for temporary files.
func TestLongPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 40))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	l := listening(t, dir)
	echoed(t, dir)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(temp)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	t.Setenv("TMPDIR", dir)
	if _, err := Listen(t.Context(), dir, nil); err == nil || !strings.Contains(err.Error(), "TMPDIR") {
		t.Errorf("no short path at all: %v", err)
	}
}

func TestNotRunning(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "nowhere")} {
		c := NewClient(dir)
		defer c.Close()
		if _, err := c.Agents(t.Context()); !errors.Is(err, ErrNotRunning) {
			t.Errorf("asking a vat that does not run: %v", err)
		}
		for _, err := range c.Follow(t.Context(), "self", 0) {
			if !errors.Is(err, ErrNotRunning) {
				t.Errorf("following a vat that does not run: %v", err)
			}
		}
	}
}

// TestConnections: more connections than there is room for wait, and are not
// refused.
func TestConnections(t *testing.T) {
	dir := t.TempDir()
	l := listening(t, dir)
	var open []net.Conn
	for range connections {
		c, err := dial(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	last, err := dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer last.Close() //nolint:errcheck // the test is over then
	if _, err := last.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	for len(l.room) < connections {
		time.Sleep(time.Millisecond)
	}
	for _, c := range open {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := io.ReadFull(last, make([]byte, 1)); err != nil {
		t.Errorf("the connection that waited: %v", err)
	}
}

// TestDialEnds: dialling ends with its context.
func TestDialEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	listening(t, dir)
	if c, err := dial(ctx, dir); err == nil {
		t.Error("connected after the context had ended", c.Close())
	}
}
