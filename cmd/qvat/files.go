package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"qvat/chains"
	"qvat/host/fault"
)

// readLimited reads a file of at most max bytes and never takes in more than
// one beyond that; limit is the limit's name in qvat.toml.
func readLimited(path, limit string, max int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fileError("", "%w", err)
	}
	defer f.Close()
	return readAllLimited(f, path, limit, max)
}

// readAllLimited is readLimited for what is open already, such as stdin.
func readAllLimited(r io.Reader, name, limit string, max int) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, int64(max)+1))
	if err != nil {
		return nil, fileError("", "reading %s: %w", name, err)
	}
	if len(b) > max {
		return nil, badBytes(name, &chains.TooLargeError{Limit: limit, Max: max})
	}
	return b, nil
}

// badBytes is a file that package chains refuses. It ends as the same refusal
// by a vat would, with the exit code of malformed or too_large.
func badBytes(name string, err error) error {
	var large *chains.TooLargeError
	var bad *chains.MalformedError
	switch {
	case errors.As(err, &large):
		return &failure{
			fault: &fault.Error{Code: fault.TooLarge, Message: err.Error(), Limit: large.Limit},
			err:   fmt.Errorf("%s: %w", name, err),
			hint:  "for a vat that allows more, give --max-bytes",
		}
	case errors.As(err, &bad):
		f := fault.New(fault.Malformed, "%s", bad.What)
		if bad.Offset >= 0 {
			f.Offset = &bad.Offset
		}
		return &failure{fault: f, err: fmt.Errorf("%s: %w", name, err)}
	}
	return fileError("", "%s: %w", name, err)
}

// writeFile makes path hold data and nothing less: a reader sees the old file
// or the new one, also after a crash. Links are followed, and what is not an
// ordinary file is left alone.
func writeFile(path string, data []byte, perm fs.FileMode) error {
	return replaceFile(path, data, perm, true)
}

// writeMade is writeFile for what can be made again: a power failure may take
// it, and nothing waits for the disk.
func writeMade(path string, data []byte) error {
	return replaceFile(path, data, 0o666, false)
}

func replaceFile(path string, data []byte, perm fs.FileMode, last bool) error {
	if to, err := filepath.EvalSymlinks(path); err == nil {
		path = to
	}
	if old, err := os.Stat(path); err == nil && !old.Mode().IsRegular() {
		return fileError("name an ordinary file", "%s is not an ordinary file", path)
	}
	temp := path + "." + rand.Text() + ".tmp"
	err := writeNew(temp, data, perm, last)
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		if gone := os.Remove(temp); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
		return fileError("", "writing %s: %w", path, err)
	}
	if !last {
		return nil
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return fileError("", "writing %s: %w", path, err)
	}
	return nil
}

// writeNew writes a file that is not there yet; one that is to last, through to
// the disk. (Not os.CreateTemp: its files are 0600 whatever the umask would
// allow.)
func writeNew(path string, data []byte, perm fs.FileMode, last bool) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil && last {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncDir makes a rename in dir last, where the file system can do that.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return errors.Join(err, d.Close())
}
