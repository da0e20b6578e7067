package store

import (
	"errors"
	"fmt"
)

// What a caller acts on. They come wrapped; ask with errors.Is.
var (
	// ErrConflict says that another transaction changed what this one read, or may
	// have. Nothing of it was kept: roll it back and run it again. One that reads
	// and writes while nobody else commits never gets it, unless a commit that it
	// had seen could not be written, or the store is being closed.
	ErrConflict = errors.New("the transaction lost a conflict: run it again")

	// ErrExclusive says that a statement writes, or would have to see what its
	// own transaction wrote, and so needs a transaction of
	// [Transactions.BeginExclusive]: roll this one back and run it again as such.
	ErrExclusive = errors.New("this SQL needs an exclusive transaction: run it again as one")

	// ErrDuplicate says that a message with the same id has committed. Nothing
	// was kept: answer from [Records.FindRecord].
	ErrDuplicate = errors.New("a message with this id has already committed")

	// ErrInUse says that another process has the database open. Stop that
	// process, or give this one another directory.
	ErrInUse = errors.New("another process has this database open")

	// ErrNewer says that the database was written by a newer version of this
	// program, which is the one to open it with.
	ErrNewer = errors.New("the database was written by a newer version of qvat")

	// ErrClosed says that the store is closed or closing.
	ErrClosed = errors.New("the store is closed")

	// ErrOver says that the transaction has been committed or rolled back.
	ErrOver = errors.New("the transaction is over")

	// ErrName says that the name of a table, or a key, is not valid UTF-8.
	ErrName = errors.New("the name of a table or a key is not valid UTF-8")

	// ErrBroken says that the database failed in a way that leaves unknown
	// what it holds. Close the store, look at the disk, and open it again.
	ErrBroken = errors.New("the database failed and must be opened again")
)

// LimitError says that something is larger than what the store was opened for may be.
type LimitError struct {
	Limit string // what is too large, in words
	Max   int64
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("more than the store's limit of %d for %s", e.Max, e.Limit)
}

// WriteError says that a batch of commits could not be written. Nothing of the
// transactions in it was kept, nor of those that had read what they wrote.
type WriteError struct {
	// NoRoom tells that the disk, or the size that the database may have, is
	// full: the same transaction can succeed when there is room.
	NoRoom bool
	Cause  error
}

func (e *WriteError) Error() string {
	if e.NoRoom {
		return fmt.Sprintf("no room to write to the database: %v", e.Cause)
	}
	return fmt.Sprintf("cannot write to the database: %v", e.Cause)
}

// Unwrap gives the cause to errors.Is and errors.As.
func (e *WriteError) Unwrap() error { return e.Cause }

// SQLError says what is wrong with a program's SQL: it does not compile, is not
// allowed, breaks a constraint, runs for too long, or answers what JSON cannot
// carry. Its text holds only names and values that came from the program or
// from the tables that it may read.
type SQLError struct{ Message string }

func (e *SQLError) Error() string { return "SQL: " + e.Message }
