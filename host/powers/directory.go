package powers

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"unicode/utf8"
)

// directory is the granted directory as it lies on the disk. Its paths have
// passed checkPath. [os.Root] keeps every call within it, whatever somebody
// does to it meanwhile; symbolic links in it are not followed at all, so that
// one file has one path.
type directory struct {
	root  *os.Root
	grant FilesGrant

	applying sync.Mutex // held while a staged change is made
}

// kind is what stands at a path, as programs see it; "" is nothing.
type kind string

const (
	isFile  kind = "file"
	isDir   kind = "directory"
	isOther kind = "other" // a symbolic link, a device, a socket, a pipe
)

// found is what stands at a path.
type found struct {
	kind kind
	size int64 // of a file
}

// absent tells whether an error says that there is nothing at a path, or that
// what should be a directory above it is not one.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// osRefusal makes what is wrong with a path, and no fault of the vat's, an error
// for the program to see. Other errors end the invocation.
func osRefusal(p string, err error) error {
	// What is not the system's error is os.Root's: while it was looked at, the
	// path came to lead out of the directory.
	var system syscall.Errno
	if !errors.As(err, &system) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENAMETOOLONG) || errors.Is(err, syscall.ELOOP) {
		return refusal("the vat's system does not let it have %q", p)
	}
	return fmt.Errorf("the granted directory: %w", err)
}

// look gives what stands at a path whose directory has been looked at.
func (d *directory) look(p string) (found, error) {
	info, err := d.root.Lstat(p)
	switch {
	case absent(err):
		return found{}, nil
	case err != nil:
		return found{}, osRefusal(p, err)
	case info.IsDir():
		return found{kind: isDir}, nil
	case info.Mode().IsRegular():
		return found{kind: isFile, size: info.Size()}, nil
	}
	return found{kind: isOther}, nil
}

// open opens a regular file. A pipe in its place does not hold it up, and what
// is not a regular file is an errNotFile.
func (d *directory) open(p string, flag int, perm fs.FileMode) (*os.File, fs.FileInfo, error) {
	f, err := d.root.OpenFile(p, flag|syscall.O_NONBLOCK, perm)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNotFile
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, info, nil
}

var errNotFile = errors.New("not a regular file")

// read gives a file's bytes, most at most.
func (d *directory) read(p string, most int) (b []byte, err error) {
	f, info, err := d.open(p, os.O_RDONLY, 0)
	switch {
	case absent(err):
		return nil, refusal("there is no file %q", p)
	case errors.Is(err, errNotFile):
		return nil, refusal("%q is not a file", p)
	case err != nil:
		return nil, osRefusal(p, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if info.Size() > int64(most) {
		return nil, tooLarge(p, info.Size(), d.grant.FileBytes)
	}
	b, err = io.ReadAll(io.LimitReader(f, int64(most)+1))
	if err != nil {
		return nil, osRefusal(p, err)
	}
	if len(b) > most {
		return nil, tooLarge(p, int64(len(b)), d.grant.FileBytes)
	}
	return b, nil
}

func tooLarge(p string, size int64, most int) error {
	return rangeError("%q is %d bytes, and %d can be read at once", p, size, most)
}

// names gives the names in a directory that programs can use, in no order, and
// tells whether there are others. It is empty when there is no such directory on
// the disk.
func (d *directory) names(p string) (names []string, hides bool, err error) {
	if at, err := d.look(p); err != nil || at.kind != isDir {
		return nil, false, err
	}
	f, err := d.root.OpenFile(p, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if absent(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, osRefusal(p, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	all, err := f.Readdirnames(d.grant.Entries + 1)
	if err != nil && err != io.EOF {
		return nil, false, osRefusal(p, err)
	}
	if len(all) > d.grant.Entries {
		return nil, false, rangeError("%q has more than the %d entries that can be listed", p, d.grant.Entries)
	}
	for _, name := range all {
		if utf8.ValidString(name) && nameFault(name) == "" {
			names = append(names, name)
		}
	}
	return names, len(names) < len(all), nil
}
