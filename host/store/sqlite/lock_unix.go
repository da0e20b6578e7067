//go:build unix

package sqlite

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"qvat/host/store"
)

// fileLock holds a database for one process. SQLite's own locks would let a
// second process in, and it would not see what this one keeps in memory.
//
// The lock is on a file of its own: closing a descriptor of the database file
// would drop the locks that SQLite holds on it. The file stays behind, empty.
type fileLock struct{ f *os.File }

func lockFile(path string) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock file: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return &fileLock{f}, nil
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("%w (%s is locked)", store.ErrInUse, path)
	} else {
		err = fmt.Errorf("lock %s: %w", path, err)
	}
	return nil, errors.Join(err, f.Close())
}

// release unlocks before it closes: a process that is just being started may
// hold a copy of the descriptor, and with it the lock, for a moment longer.
func (l *fileLock) release() error {
	return errors.Join(syscall.Flock(int(l.f.Fd()), syscall.LOCK_UN), l.f.Close())
}
