package lite

import (
	"encoding/binary"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// function is the C face of a function that a connection defines.
type function func(tls *libc.TLS, ctx uintptr, n int32, values uintptr)

// Forbid replaces the SQL function of that name and number of arguments (-1 is
// any) by one that fails with message, wherever it is called from: a statement,
// a default, a trigger.
func (c *Conn) Forbid(name string, arguments int, message string) error {
	return c.define(name, arguments, func(tls *libc.TLS, ctx uintptr, _ int32, _ uintptr) {
		resultError(tls, ctx, message)
	})
}

// Define replaces the SQL function of that name by f, which is given its
// arguments as text. The function is NULL where an argument is NULL, and must
// answer the same for the same arguments.
func (c *Conn) Define(name string, arguments int, f func(args []string) Result) error {
	return c.define(name, arguments, func(tls *libc.TLS, ctx uintptr, n int32, values uintptr) {
		args := make([]string, n)
		for i := range args {
			p := sqlite3.Xsqlite3_value_text(tls, pointerAt(values, i))
			if p == 0 {
				sqlite3.Xsqlite3_result_null(tls, ctx)
				return
			}
			size := sqlite3.Xsqlite3_value_bytes(tls, pointerAt(values, i))
			args[i] = string(libc.GoBytes(p, int(size)))
		}
		f(args).give(tls, ctx)
	})
}

// Result is what a function defined in Go answers: Text, or Int when IsInt, or
// an error when it would be longer than the connection allows.
type Result struct {
	Text    string
	Int     int64
	IsInt   bool
	TooLong bool
}

func (r Result) give(tls *libc.TLS, ctx uintptr) {
	switch {
	case r.TooLong:
		sqlite3.Xsqlite3_result_error_toobig(tls, ctx)
		return
	case r.IsInt:
		sqlite3.Xsqlite3_result_int64(tls, ctx, r.Int)
		return
	}
	p, err := libc.CString(r.Text)
	if err != nil {
		sqlite3.Xsqlite3_result_error_nomem(tls, ctx)
		return
	}
	// SQLite takes a copy, and refuses what is longer than its limit.
	sqlite3.Xsqlite3_result_text(tls, ctx, p, int32(len(r.Text)), sqlite3.SQLITE_TRANSIENT)
	libc.Xfree(tls, p)
}

func resultError(tls *libc.TLS, ctx uintptr, message string) {
	if p, err := libc.CString(message); err == nil {
		sqlite3.Xsqlite3_result_error(tls, ctx, p, int32(len(message)))
		libc.Xfree(tls, p)
	}
}

func (c *Conn) define(name string, arguments int, f function) error {
	z, err := libc.CString(name)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, z)
	c.functions = append(c.functions, f)
	flags := int32(sqlite3.SQLITE_UTF8 | sqlite3.SQLITE_DETERMINISTIC | sqlite3.SQLITE_INNOCUOUS)
	if rc := sqlite3.Xsqlite3_create_function_v2(c.tls, c.db, z, int32(arguments), flags, 0, address(f), 0, 0, 0); rc != sqlite3.SQLITE_OK {
		return c.fail(rc)
	}
	return nil
}

// setPointerAt writes element i of a C array of pointers.
func setPointerAt(array uintptr, i int, p uintptr) {
	const size = unsafe.Sizeof(array)
	b := libc.GoBytes(array+uintptr(i)*size, int(size))
	if size == 4 {
		binary.NativeEndian.PutUint32(b, uint32(p))
		return
	}
	binary.NativeEndian.PutUint64(b, uint64(p))
}

// pointerAt reads element i of a C array of pointers.
func pointerAt(array uintptr, i int) uintptr {
	const size = unsafe.Sizeof(array)
	b := libc.GoBytes(array+uintptr(i)*size, int(size))
	if size == 4 {
		return uintptr(binary.NativeEndian.Uint32(b))
	}
	return uintptr(binary.NativeEndian.Uint64(b))
}
