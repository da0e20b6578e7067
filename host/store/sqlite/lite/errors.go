package lite

import (
	"errors"
	"fmt"

	sqlite3 "modernc.org/sqlite/lib"
)

// Errors of a statement's text.
var (
	ErrNoStatement    = errors.New("the text holds no SQL statement")
	ErrManyStatements = errors.New("the text holds more than one SQL statement")
)

var errNoMemory = &Error{Code: sqlite3.SQLITE_NOMEM, Message: "out of memory"}

// Error is what SQLite answered.
type Error struct {
	Code    int    // the extended result code, https://www.sqlite.org/rescode.html
	Message string // SQLite's own words; they may quote the statement
}

func (e *Error) Error() string { return fmt.Sprintf("sqlite: %s (%d)", e.Message, e.Code) }

// IsFull tells whether err says that there is no room for a write: on the disk,
// or in the size that the database may have.
func IsFull(err error) bool { return is(err, sqlite3.SQLITE_FULL) }

// IsBusy tells whether err says that another process holds a lock.
func IsBusy(err error) bool { return is(err, sqlite3.SQLITE_BUSY) }

// IsInterrupted tells whether err says that a guard stopped the statement.
func IsInterrupted(err error) bool { return is(err, sqlite3.SQLITE_INTERRUPT) }

// IsStatementFault tells whether err is the fault of the statement or its
// parameters (it does not parse, is refused, breaks a constraint, meets a
// limit) rather than of the database or its disk.
func IsStatementFault(err error) bool {
	return is(err, sqlite3.SQLITE_ERROR) || is(err, sqlite3.SQLITE_AUTH) || is(err, sqlite3.SQLITE_CONSTRAINT) ||
		is(err, sqlite3.SQLITE_MISMATCH) || is(err, sqlite3.SQLITE_TOOBIG) || is(err, sqlite3.SQLITE_RANGE) ||
		is(err, sqlite3.SQLITE_READONLY) || is(err, sqlite3.SQLITE_LOCKED)
}

func is(err error, primary int) bool {
	var e *Error
	return errors.As(err, &e) && e.Code&0xff == primary
}
