// Package lite is the thin layer between the store and SQLite: connections,
// prepared statements, and what it takes to run a stranger's statement safely.
// It calls the C interface that modernc.org/sqlite carries directly, because
// database/sql offers no way to stop a statement between two rows, to bound
// its steps, or to ask whether it only reads; and because a read of one row
// costs half as much this way.
//
// It knows nothing of what the store keeps. A connection and its statements
// are for one goroutine at a time; nothing here locks.
package lite

import (
	"fmt"
	"time"
	"unsafe"

	"modernc.org/libc"
	_ "modernc.org/sqlite" // its init patches the library where a platform needs that
	sqlite3 "modernc.org/sqlite/lib"
)

// Conn is a connection to one database file.
type Conn struct {
	tls *libc.TLS
	db  uintptr
	out out
	// guard and the callbacks are called by SQLite through addresses that the
	// garbage collector does not see: holding them here keeps them alive.
	guard     *guard
	authorize func(*libc.TLS, uintptr, int32, uintptr, uintptr, uintptr, uintptr) int32
	progress  func(*libc.TLS, uintptr) int32
	functions []function
	syncs     []syncMethod
	tables    []uintptr // of files' methods, in C's memory
}

// out is where SQLite writes its answers. It is part of a Conn, which is on the
// heap, so its address holds while SQLite has it.
type out struct {
	handle, tail uintptr
	a, b         int32
}

// syncMethod is an open file's method to synchronise, as C calls it.
type syncMethod func(tls *libc.TLS, file uintptr, flags int32) int32

// Open opens the file at path, which it makes when it is not there, for
// reading and writing. A statement that meets another process's lock waits for
// at most busyWait.
func Open(path string, busyWait time.Duration) (*Conn, error) {
	name, err := libc.CString(path)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	c := &Conn{tls: libc.NewTLS()}
	defer libc.Xfree(c.tls, name)
	// One goroutine at a time uses a connection, so SQLite need not lock it.
	flags := int32(sqlite3.SQLITE_OPEN_READWRITE | sqlite3.SQLITE_OPEN_CREATE | sqlite3.SQLITE_OPEN_NOMUTEX | sqlite3.SQLITE_OPEN_EXRESCODE)
	rc := sqlite3.Xsqlite3_open_v2(c.tls, name, uintptr(unsafe.Pointer(&c.out.handle)), flags, 0)
	c.db = c.out.handle
	if rc != sqlite3.SQLITE_OK {
		err := c.fail(rc)
		return nil, joinClose(err, c.Close())
	}
	sqlite3.Xsqlite3_busy_timeout(c.tls, c.db, int32(busyWait.Milliseconds()))
	if err := c.harden(); err != nil {
		return nil, joinClose(err, c.Close())
	}
	return c, nil
}

func joinClose(err, closing error) error {
	if closing != nil {
		return fmt.Errorf("%w (and then: %w)", err, closing)
	}
	return err
}

// harden takes away what lets SQL, or a file that was tampered with, reach
// beyond tables: writable schemas, virtual tables other than json_each and
// json_tree, functions called from the schema that are not plainly harmless,
// and double quotes that silently mean a string.
func (c *Conn) harden() error {
	for op, on := range map[int32]int32{
		sqlite3.SQLITE_DBCONFIG_DEFENSIVE:             1,
		sqlite3.SQLITE_DBCONFIG_TRUSTED_SCHEMA:        0,
		sqlite3.SQLITE_DBCONFIG_DQS_DDL:               0,
		sqlite3.SQLITE_DBCONFIG_DQS_DML:               0,
		sqlite3.SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION: 0,
	} {
		args := libc.Xmalloc(c.tls, 16)
		if args == 0 {
			return errNoMemory
		}
		rc := sqlite3.Xsqlite3_db_config(c.tls, c.db, op, libc.VaList(args, on, uintptr(0)))
		libc.Xfree(c.tls, args)
		if rc != sqlite3.SQLITE_OK {
			return c.fail(rc)
		}
	}
	// The two JSON tables come back by themselves when they are named.
	if rc := sqlite3.Xsqlite3_drop_modules(c.tls, c.db, 0); rc != sqlite3.SQLITE_OK {
		return c.fail(rc)
	}
	return nil
}

// Close closes the connection; its statements must be closed before. A
// transaction that is still open is rolled back.
func (c *Conn) Close() error {
	if c.tls == nil {
		return nil
	}
	if c.db != 0 {
		if rc := sqlite3.Xsqlite3_close(c.tls, c.db); rc != sqlite3.SQLITE_OK {
			return c.fail(rc)
		}
	}
	for _, table := range c.tables {
		libc.Xfree(c.tls, table)
	}
	c.tls.Close()
	*c = Conn{}
	return nil
}

// Exec runs a script of the store's own, statement by statement.
func (c *Conn) Exec(script string) error {
	for script != "" {
		s, tail, err := c.prepare(script)
		if err != nil {
			return err
		}
		script = tail
		if s == nil {
			continue
		}
		err = s.Run()
		if cerr := s.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Prepare compiles the one statement that text holds.
func (c *Conn) Prepare(text string) (*Stmt, error) {
	s, tail, err := c.prepare(text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, ErrNoStatement
	}
	for tail != "" {
		more, rest, err := c.prepare(tail)
		if more != nil {
			err = joinClose(ErrManyStatements, more.Close())
		}
		if err != nil {
			return nil, joinClose(err, s.Close())
		}
		tail = rest
	}
	return s, nil
}

// prepare compiles the first statement of text. There is none, and no error,
// when it begins with a comment or an empty statement.
func (c *Conn) prepare(text string) (s *Stmt, tail string, err error) {
	z, err := libc.CString(text)
	if err != nil {
		return nil, "", err
	}
	defer libc.Xfree(c.tls, z)
	rc := sqlite3.Xsqlite3_prepare_v2(c.tls, c.db, z, int32(len(text)+1),
		uintptr(unsafe.Pointer(&c.out.handle)), uintptr(unsafe.Pointer(&c.out.tail)))
	if rc != sqlite3.SQLITE_OK {
		return nil, "", c.fail(rc)
	}
	tail = text[c.out.tail-z:]
	if c.out.handle == 0 {
		return nil, tail, nil
	}
	return &Stmt{c: c, handle: c.out.handle}, tail, nil
}

// InTransaction tells whether a transaction is open. SQLite ends one by itself
// after some failures.
func (c *Conn) InTransaction() bool { return sqlite3.Xsqlite3_get_autocommit(c.tls, c.db) == 0 }

// PagesWritten counts the pages that this connection has written since the
// last call: in WAL mode, the frames that it added to the log.
func (c *Conn) PagesWritten() int {
	// It fails for unknown counters alone.
	sqlite3.Xsqlite3_db_status(c.tls, c.db, sqlite3.SQLITE_DBSTATUS_CACHE_WRITE,
		uintptr(unsafe.Pointer(&c.out.a)), uintptr(unsafe.Pointer(&c.out.b)), 1)
	return int(c.out.a)
}

// Checkpoint moves what it can of the log into the database file. It waits for
// nobody: done is true when the whole log has been moved, false when a reader
// still needs an older state.
func (c *Conn) Checkpoint() (done bool, err error) {
	return c.checkpoint(sqlite3.SQLITE_CHECKPOINT_PASSIVE)
}

// CheckpointTruncate does the same and leaves an empty log. Nobody else may be
// using the database.
func (c *Conn) CheckpointTruncate() error {
	done, err := c.checkpoint(sqlite3.SQLITE_CHECKPOINT_TRUNCATE)
	if err == nil && !done {
		err = &Error{Code: sqlite3.SQLITE_BUSY, Message: "the log is still being read"}
	}
	return err
}

func (c *Conn) checkpoint(mode int32) (bool, error) {
	rc := sqlite3.Xsqlite3_wal_checkpoint_v2(c.tls, c.db, 0, mode,
		uintptr(unsafe.Pointer(&c.out.a)), uintptr(unsafe.Pointer(&c.out.b)))
	if rc != sqlite3.SQLITE_OK {
		return false, c.fail(rc)
	}
	return c.out.a == c.out.b, nil
}

// Limit sets one of SQLite's run-time limits (https://www.sqlite.org/c3ref/limit.html)
// and gives the value it had.
func (c *Conn) Limit(what Limit, n int) (before int) {
	return int(sqlite3.Xsqlite3_limit(c.tls, c.db, int32(what), int32(n)))
}

// Limit names a run-time limit.
type Limit int32

// The limits that the store sets.
const (
	LimitLength      Limit = sqlite3.SQLITE_LIMIT_LENGTH              // bytes of a string or a row
	LimitSQL         Limit = sqlite3.SQLITE_LIMIT_SQL_LENGTH          // bytes of a statement
	LimitColumns     Limit = sqlite3.SQLITE_LIMIT_COLUMN              // columns of a table or a result
	LimitDepth       Limit = sqlite3.SQLITE_LIMIT_EXPR_DEPTH          // depth of an expression
	LimitCompound    Limit = sqlite3.SQLITE_LIMIT_COMPOUND_SELECT     // terms of a compound SELECT
	LimitOps         Limit = sqlite3.SQLITE_LIMIT_VDBE_OP             // instructions of a compiled statement
	LimitArguments   Limit = sqlite3.SQLITE_LIMIT_FUNCTION_ARG        // arguments of a function
	LimitPattern     Limit = sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH // bytes of a LIKE or GLOB pattern
	LimitParameters  Limit = sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER     // parameters of a statement
	LimitTriggers    Limit = sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH       // depth of triggers that fire triggers
	LimitParserDepth Limit = sqlite3.SQLITE_LIMIT_PARSER_DEPTH        // depth of the parser's stack
)

// fail makes an error of a result code and SQLite's message about it.
func (c *Conn) fail(rc int32) error {
	if c.db == 0 {
		return &Error{Code: int(rc), Message: libc.GoString(sqlite3.Xsqlite3_errstr(c.tls, rc))}
	}
	return &Error{Code: int(rc), Message: libc.GoString(sqlite3.Xsqlite3_errmsg(c.tls, c.db))}
}
