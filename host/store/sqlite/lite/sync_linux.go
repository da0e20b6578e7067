package lite

import (
	"encoding/binary"
	"errors"
	"syscall"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// The C library that SQLite runs on calls the kernel without telling Go's
// scheduler. While the disk synchronises a file, which takes as long as many a
// message, one of the processors that Go runs goroutines on would stand still,
// of two on a small machine. So the connection that writes synchronises by Go's
// own system call.

// SyncByGo makes the connection synchronise its database file and its log, which
// must be open, by Go's system call. It does what SQLite does where the system
// has fdatasync: it writes all data, and what is needed to find them.
func (c *Conn) SyncByGo() error {
	for _, which := range []int32{sqlite3.SQLITE_FCNTL_FILE_POINTER, sqlite3.SQLITE_FCNTL_JOURNAL_POINTER} {
		rc := sqlite3.Xsqlite3_file_control(c.tls, c.db, 0, which, uintptr(unsafe.Pointer(&c.out.handle)))
		if rc != sqlite3.SQLITE_OK {
			return c.fail(rc)
		}
		if err := c.replaceSync(c.out.handle); err != nil {
			return err
		}
	}
	return nil
}

// replaceSync gives an open file a copy of its table of methods, with another
// method to synchronise.
func (c *Conn) replaceSync(file uintptr) error {
	const size = unsafe.Sizeof(sqlite3.Tsqlite3_io_methods{})
	table := libc.Xmalloc(c.tls, libc.Tsize_t(size))
	if table == 0 {
		return errNoMemory
	}
	const at = int(unsafe.Offsetof(sqlite3.Tsqlite3_io_methods{}.FxSync) / unsafe.Sizeof(file))
	old := pointerAt(file, 0)
	copy(libc.GoBytes(table, int(size)), libc.GoBytes(old, int(size)))
	sync := goSync(pointerAt(old, at))
	setPointerAt(table, at, address(sync))
	setPointerAt(file, 0, table)
	c.tables = append(c.tables, table)
	c.syncs = append(c.syncs, sync)
	return nil
}

// goSync gives the method to put in place of old. The first time it lets old do
// it, which also synchronises the directory of a new file.
func goSync(old uintptr) syncMethod {
	first := true
	return func(tls *libc.TLS, file uintptr, flags int32) int32 {
		if first {
			first = false
			return (*(*syncMethod)(unsafe.Pointer(&struct{ uintptr }{old})))(tls, file, flags)
		}
		const at = unsafe.Offsetof(sqlite3.TunixFile{}.Fh)
		fd := int(int32(binary.NativeEndian.Uint32(libc.GoBytes(file+at, 4))))
		for {
			err := syscall.Fdatasync(fd)
			if err == nil {
				return sqlite3.SQLITE_OK
			}
			if !errors.Is(err, syscall.EINTR) {
				return sqlite3.SQLITE_IOERR_FSYNC
			}
		}
	}
}
