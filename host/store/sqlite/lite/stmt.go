package lite

import (
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Stmt is a compiled statement. Bind its parameters, Step through its rows,
// Reset it, and use it again; Close it before its connection.
type Stmt struct {
	c      *Conn
	handle uintptr
	// bound holds copies of bound text and blobs, which SQLite reads where
	// they are until the next Reset: one block that is used again, and what
	// did not fit.
	block uintptr
	used  int
	large []uintptr
}

// blockSize fits the parameters of nearly every statement of the store's own.
const blockSize = 1024

// Close frees the statement.
func (s *Stmt) Close() error {
	// What finalize answers is the last step's error once more.
	sqlite3.Xsqlite3_finalize(s.c.tls, s.handle)
	s.freeLarge()
	if s.block != 0 {
		libc.Xfree(s.c.tls, s.block)
	}
	*s = Stmt{}
	return nil
}

// Reset makes the statement ready to be bound and stepped again. Parameters
// that are not bound again are NULL or hold their last number; text and blobs
// must be bound again.
func (s *Stmt) Reset() {
	// What reset answers is the last step's error once more.
	sqlite3.Xsqlite3_reset(s.c.tls, s.handle)
	s.used = 0
	s.freeLarge()
}

func (s *Stmt) freeLarge() {
	for _, p := range s.large {
		libc.Xfree(s.c.tls, p)
	}
	s.large = s.large[:0]
}

// Step runs the statement up to its next row. more is false when there is none.
func (s *Stmt) Step() (more bool, err error) {
	switch rc := sqlite3.Xsqlite3_step(s.c.tls, s.handle); rc {
	case sqlite3.SQLITE_ROW:
		return true, nil
	case sqlite3.SQLITE_DONE:
		return false, nil
	default:
		return false, s.c.fail(rc)
	}
}

// Run steps through the whole statement and resets it.
func (s *Stmt) Run() error {
	for {
		more, err := s.Step()
		if err != nil || !more {
			s.Reset()
			return err
		}
	}
}

// ReadOnly tells whether the statement leaves the database as it is.
func (s *Stmt) ReadOnly() bool { return sqlite3.Xsqlite3_stmt_readonly(s.c.tls, s.handle) != 0 }

// Explains tells whether the statement is an EXPLAIN.
func (s *Stmt) Explains() bool { return sqlite3.Xsqlite3_stmt_isexplain(s.c.tls, s.handle) != 0 }

// Parameters counts the statement's parameters.
func (s *Stmt) Parameters() int {
	return int(sqlite3.Xsqlite3_bind_parameter_count(s.c.tls, s.handle))
}

// Int binds parameter i, counted from 1.
func (s *Stmt) Int(i int, v int64) error {
	return s.bound(sqlite3.Xsqlite3_bind_int64(s.c.tls, s.handle, int32(i), v))
}

// Float binds parameter i.
func (s *Stmt) Float(i int, v float64) error {
	return s.bound(sqlite3.Xsqlite3_bind_double(s.c.tls, s.handle, int32(i), v))
}

// Null binds parameter i.
func (s *Stmt) Null(i int) error {
	return s.bound(sqlite3.Xsqlite3_bind_null(s.c.tls, s.handle, int32(i)))
}

// Text binds parameter i.
func (s *Stmt) Text(i int, v string) error {
	p, err := s.room(len(v))
	if err != nil {
		return err
	}
	copy(libc.GoBytes(p, len(v)), v)
	return s.bound(sqlite3.Xsqlite3_bind_text(s.c.tls, s.handle, int32(i), p, int32(len(v)), sqlite3.SQLITE_STATIC))
}

// TextBytes binds parameter i as text.
func (s *Stmt) TextBytes(i int, v []byte) error {
	p, err := s.copy(v)
	if err != nil {
		return err
	}
	return s.bound(sqlite3.Xsqlite3_bind_text(s.c.tls, s.handle, int32(i), p, int32(len(v)), sqlite3.SQLITE_STATIC))
}

// Blob binds parameter i; nil is an empty blob.
func (s *Stmt) Blob(i int, v []byte) error {
	p, err := s.copy(v)
	if err != nil {
		return err
	}
	return s.bound(sqlite3.Xsqlite3_bind_blob(s.c.tls, s.handle, int32(i), p, int32(len(v)), sqlite3.SQLITE_STATIC))
}

func (s *Stmt) bound(rc int32) error {
	if rc != sqlite3.SQLITE_OK {
		return s.c.fail(rc)
	}
	return nil
}

func (s *Stmt) copy(v []byte) (uintptr, error) {
	p, err := s.room(len(v))
	if err != nil {
		return 0, err
	}
	copy(libc.GoBytes(p, len(v)), v)
	return p, nil
}

// room gives n bytes that stay until the next Reset.
func (s *Stmt) room(n int) (uintptr, error) {
	if s.block == 0 {
		if s.block = libc.Xmalloc(s.c.tls, blockSize); s.block == 0 {
			return 0, errNoMemory
		}
	}
	if n <= blockSize-s.used {
		p := s.block + uintptr(s.used)
		s.used += n
		return p, nil
	}
	p := libc.Xmalloc(s.c.tls, libc.Tsize_t(n))
	if p == 0 {
		return 0, errNoMemory
	}
	s.large = append(s.large, p)
	return p, nil
}

// Type is what kind of value a column holds in the present row.
type Type int32

// The types of SQLite's values.
const (
	Integer Type = sqlite3.SQLITE_INTEGER
	Real    Type = sqlite3.SQLITE_FLOAT
	Text    Type = sqlite3.SQLITE_TEXT
	Blob    Type = sqlite3.SQLITE_BLOB
	Null    Type = sqlite3.SQLITE_NULL
)

// Columns counts the statement's result columns.
func (s *Stmt) Columns() int { return int(sqlite3.Xsqlite3_column_count(s.c.tls, s.handle)) }

// ColumnName gives the name of column i, counted from 0.
func (s *Stmt) ColumnName(i int) string {
	return libc.GoString(sqlite3.Xsqlite3_column_name(s.c.tls, s.handle, int32(i)))
}

// ColumnType gives the type of column i in the present row.
func (s *Stmt) ColumnType(i int) Type {
	return Type(sqlite3.Xsqlite3_column_type(s.c.tls, s.handle, int32(i)))
}

// ColumnInt gives column i of the present row as an integer.
func (s *Stmt) ColumnInt(i int) int64 {
	return sqlite3.Xsqlite3_column_int64(s.c.tls, s.handle, int32(i))
}

// ColumnFloat gives column i of the present row as a floating-point number.
func (s *Stmt) ColumnFloat(i int) float64 {
	return sqlite3.Xsqlite3_column_double(s.c.tls, s.handle, int32(i))
}

// ColumnSize counts the bytes of column i, which is text or a blob.
func (s *Stmt) ColumnSize(i int) int {
	return int(sqlite3.Xsqlite3_column_bytes(s.c.tls, s.handle, int32(i)))
}

// ColumnText gives a copy of column i of the present row as text.
func (s *Stmt) ColumnText(i int) string {
	p := sqlite3.Xsqlite3_column_text(s.c.tls, s.handle, int32(i))
	if p == 0 {
		return ""
	}
	return string(libc.GoBytes(p, s.ColumnSize(i)))
}

// ColumnBytes gives a copy of column i of the present row, text or blob, as
// bytes. NULL gives nil.
func (s *Stmt) ColumnBytes(i int) []byte {
	if s.ColumnType(i) == Null {
		return nil
	}
	p := sqlite3.Xsqlite3_column_blob(s.c.tls, s.handle, int32(i))
	v := make([]byte, s.ColumnSize(i))
	if p != 0 {
		copy(v, libc.GoBytes(p, len(v)))
	}
	return v
}
