package powers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	goruntime "runtime"
	"syscall"
)

// ErrNever says that a staged change or request cannot come to anything, however
// often it is tried: log it, and take it off the outbox.
var ErrNever = errors.New("it cannot be done, however often it is tried")

func never(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrNever, fmt.Errorf(format, args...))
}

// What an operation does.
const (
	opWrite  = "write"  // the file holds the data alone
	opAppend = "append" // the data goes after what the file has
	opMkdir  = "mkdir"  // the directory is there, and those above it
	opRemove = "remove" // nothing is there
)

// operation is the head of an OutboxFiles payload: one line of JSON, and the
// data after it.
type operation struct {
	Version int    `json:"v"`
	What    string `json:"op"`
	Path    string `json:"path"`
	ID      string `json:"id"` // its own
}

func newOperation(what, name, id string) *operation {
	return &operation{Version: 1, What: what, Path: name, ID: id}
}

func (o *operation) encode(data []byte) ([]byte, error) {
	head, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	return append(append(head, '\n'), data...), nil
}

func decodeOperation(payload []byte) (*operation, []byte, error) {
	head, data, ok := bytes.Cut(payload, []byte{'\n'})
	var o operation
	if !ok || json.Unmarshal(head, &o) != nil || o.Version != 1 || o.ID == "" {
		return nil, nil, never("the staged change is not what this version writes")
	}
	if err := checkPath(o.Path); err != nil {
		return nil, nil, never("the staged change: %w", err)
	}
	return &o, data, nil
}

// Apply makes one staged change of the granted directory, and returns when it is
// on the disk. The payload is that of an [OutboxFiles] row. Rows are applied in
// the order of the outbox, each acknowledged before the next is applied. Then a
// row that is applied again, because the vat was killed before it acknowledged
// it, changes nothing.
//
// A file is written beside its place and renamed into it, so that nobody sees
// half of it; data that is appended goes into the file itself. Directories that
// have gone meanwhile are made again.
//
// An [ErrNever] is for the log, and the row can be acknowledged. After any other
// error (no room, no permission) it has to be applied again later. The texts
// name paths within the granted directory.
func (s *Set) Apply(ctx context.Context, payload []byte) error {
	o, data, err := decodeOperation(payload)
	if err != nil {
		return err
	}
	if s.files == nil || !s.files.grant.Write {
		return never("%s %q: the vat no longer grants files for writing", o.What, o.Path)
	}
	s.files.applying.Lock()
	defer s.files.applying.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.files.apply(o, data); err != nil {
		return fmt.Errorf("%s %q: %w", o.What, o.Path, lasting(err))
	}
	return nil
}

// lasting marks errors that trying again does not mend.
func lasting(err error) error {
	for _, e := range []error{syscall.EISDIR, syscall.ENOTDIR, syscall.ENOTEMPTY, syscall.ELOOP, syscall.ENAMETOOLONG, errNotFile} {
		if errors.Is(err, e) && !errors.Is(err, ErrNever) {
			return fmt.Errorf("%w: %w", ErrNever, err)
		}
	}
	return err
}

func (d *directory) apply(o *operation, data []byte) error {
	if o.What == opRemove {
		return d.applyRemove(o.Path)
	}
	dirs := ancestors(o.Path)
	if o.What == opMkdir {
		dirs = append(dirs, o.Path)
	}
	if err := d.makeAll(dirs); err != nil {
		return err
	}
	switch o.What {
	case opMkdir:
		return nil
	case opWrite:
		return d.replace(o.Path, ownPrefix+o.ID, data)
	case opAppend:
		return d.applyAppend(o, data)
	}
	return never("there is no such operation")
}

// makeAll makes directories, each below the one before, where they are missing.
// It refuses to go through a symbolic link.
func (d *directory) makeAll(dirs []string) error {
	for _, p := range dirs {
		at, err := d.look(p)
		if err == nil && at.kind == "" {
			if err = d.root.Mkdir(p, 0o700); err == nil {
				err = d.sync(path.Dir(p))
			}
		}
		if err != nil {
			return err
		}
		if at.kind != "" && at.kind != isDir {
			return never("%q is not a directory", p)
		}
	}
	return nil
}

func (d *directory) applyRemove(p string) error {
	for _, up := range ancestors(p) {
		at, err := d.look(up)
		if err != nil {
			return err
		}
		if at.kind != isDir {
			return nil
		}
	}
	if err := d.root.Remove(p); err != nil && !absent(err) {
		return err
	}
	return d.sync(path.Dir(p))
}

// replace puts a file with the data in the place p: whole or not at all. own is
// the name that it has until then; what an earlier try left there is dropped.
func (d *directory) replace(p, own string, data []byte) error {
	perm := fs.FileMode(0o600)
	info, err := d.root.Lstat(p)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return errNotFile
	case err == nil:
		perm = info.Mode().Perm()
	case !absent(err):
		return err
	}
	beside := path.Join(path.Dir(p), own)
	if err := d.root.Remove(beside); err != nil && !absent(err) {
		return err
	}
	f, err := d.root.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = d.root.Rename(beside, p)
	}
	if err != nil {
		return errors.Join(err, d.root.Remove(beside))
	}
	return d.sync(path.Dir(p))
}

// journal is the file that says where the last append began, so that the same
// one puts its data in the same place when it is applied again.
const journal = ownPrefix + "append"

type journalJSON struct {
	ID     string `json:"id"` // the operation's
	Offset int64  `json:"offset"`
}

func (d *directory) applyAppend(o *operation, data []byte) (err error) {
	at, err := d.look(o.Path)
	if err != nil {
		return err
	}
	if at.kind != "" && at.kind != isFile {
		return errNotFile
	}
	offset, err := d.appendAt(o.ID, at.size)
	if err != nil {
		return err
	}
	f, info, err := d.open(o.Path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	// Somebody may have cut the file short since: no hole is left in it.
	_, err = f.WriteAt(data, min(offset, info.Size()))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return d.sync(path.Dir(o.Path))
}

// appendAt gives where the data of an append goes in a file of so many bytes,
// and makes sure that the same append goes to the same place again.
func (d *directory) appendAt(id string, size int64) (int64, error) {
	at, err := d.look(journal)
	if err != nil {
		return 0, err
	}
	if at.kind == isFile {
		b, err := d.read(journal, 4096)
		if err != nil {
			return 0, err
		}
		var last journalJSON
		if json.Unmarshal(b, &last) == nil && last.ID == id && last.Offset >= 0 {
			return last.Offset, nil
		}
	}
	b, err := json.Marshal(journalJSON{id, size})
	if err != nil {
		return 0, err
	}
	return size, d.replace(journal, journal+"-next", b)
}

// sync makes the entries of a directory last.
func (d *directory) sync(p string) error {
	if goruntime.GOOS == "windows" {
		return nil // it has no such call, and its file systems keep a journal
	}
	f, err := d.root.Open(p)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
