package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
)

// childVariable names, in the environment of a test binary that is to be
// another process, what it is to do.
const childVariable = "QVAT_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	do := map[string]func(context.Context, string) error{
		"crash": crashChild,
		"full":  fullChild,
		"lock":  lockChild,
	}[os.Getenv(childVariable)]
	if do == nil {
		os.Exit(m.Run())
	}
	if err := do(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child is another process that runs this test binary.
type child struct {
	*exec.Cmd
	lines *bufio.Scanner // what it prints
	stdin io.WriteCloser // it ends, if it wants to, when this is closed
}

// startChild starts a child on a database.
func startChild(t *testing.T, what, path string) *child {
	t.Helper()
	c := &child{Cmd: exec.CommandContext(t.Context(), os.Args[0], path)}
	c.Env = append(os.Environ(), childVariable+"="+what)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if c.stdin, err = c.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	c.lines = bufio.NewScanner(out)
	return c
}

// want reads a line and compares it.
func (c *child) want(t *testing.T, line string) {
	t.Helper()
	if !c.lines.Scan() || c.lines.Text() != line {
		t.Fatalf("the other process printed %q, want %q (%v)", c.lines.Text(), line, c.lines.Err())
	}
}
