package main

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"qvat/cmd/qvat/cli"
)

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
		return cli.FileError("name an ordinary file", "%s is not an ordinary file", path)
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
		return cli.FileError("", "writing %s: %w", path, err)
	}
	if !last {
		return nil
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return cli.FileError("", "writing %s: %w", path, err)
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
