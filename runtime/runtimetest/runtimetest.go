// Package runtimetest gives the engines of tests their machine code.
//
// To compile QuickJS takes a second, and six under the race detector; an engine
// that finds the code starts in a fraction. All tests of a run share a folder of
// it, which goes with the run: what lies there was made by the same sources.
package runtimetest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"qvat/runtime"
)

// Variable is set in the environment of tests, and of the processes that they
// start: it names the folder.
const Variable = "QVAT_TEST_MACHINE_CODE"

// Folder is the folder of machine code of this run, for runtime.Options and for
// the setting cache of a vat. It is there while Main runs.
func Folder() string { return os.Getenv(Variable) }

// Main is what TestMain does: it runs a package's tests with the folder that the
// environment names, or with one of their own, and gives the exit code.
func Main(m *testing.M) int {
	if Folder() == "" {
		dir, err := os.MkdirTemp("", "qvat-machine-code-")
		if err == nil {
			defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
			err = os.Setenv(Variable, dir)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

// Fill compiles the machine into a folder.
func Fill(folder string) error {
	e, err := runtime.New(context.Background(), runtime.Options{CacheDir: folder})
	if err != nil {
		return err
	}
	return e.Close(context.Background())
}

// filled fills the folder of this run, if nobody has.
var filled = sync.OnceValue(func() error {
	if there, err := os.ReadDir(Folder()); err != nil || len(there) > 0 {
		return err
	}
	return Fill(Folder())
})

// Plant makes dir the folder of machine code of an engine that has run before.
// It must not be there.
func Plant(dir string) error {
	if err := filled(); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.CopyFS(dir, os.DirFS(Folder()))
}
