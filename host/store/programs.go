package store

import (
	"context"

	"qvat/chains"
)

// Programs keeps a library's programs: a row of each, its text beside it. What is
// kept, and for how long, the library decides.
type Programs interface {
	// ProgramIndex gives the row of every program, those used longest ago first;
	// those of one second in the order of their ids.
	ProgramIndex(ctx context.Context, each func(ProgramRow)) error
	// ProgramText gives the text of the program with an id, as it is on the disk;
	// the library compares it with the hash. An error may pass.
	ProgramText(ctx context.Context, id int64) (text string, ok bool, err error)
	// WriteInBackground names whose programs the store writes, which is for one
	// library, once. Close writes all that it still has.
	WriteInBackground(ProgramSource)
	// ProgramsWait says that the source has something to write, and does not
	// block. It is written with the next commit, or some milliseconds later by
	// itself; what could not be written is tried again.
	ProgramsWait()
}

// ProgramSource has programs to be written that nobody waits for. The store calls
// it from one goroutine, Take and Done by turns.
type ProgramSource interface {
	// Take gives something of what is to be written, as much as fits beside a
	// commit; nothing when there is nothing.
	Take() ProgramWrites
	// Done tells what became of what Take gave last, unless that was nothing: it
	// is on the disk, or, after an error, nothing of it is.
	Done(err error)
}

// ProgramRow is what is kept of a program beside its text.
type ProgramRow struct {
	ID       int64 // the library's, above zero
	Hash     chains.Hash
	Size     int64  // bytes that it counts for
	Used     int64  // when it was last used, in seconds since 1970
	Stranger bool   // no root-signed message has used it
	Peer     string // who sent it, while it is a stranger's
}

// ProgramWrites are changes of programs' rows, to be made in the order of the
// fields, each in the order of its elements.
type ProgramWrites struct {
	Put  []ProgramPut
	Used []ProgramRow // ID tells which; Used, Stranger and Peer are new
	Drop []int64      // ids; those that are not there do not matter
}

// ProgramPut is a program to be kept.
type ProgramPut struct {
	ProgramRow
	Text string
}

// Empty tells whether there is nothing to write.
func (w ProgramWrites) Empty() bool { return len(w.Put) == 0 && len(w.Used) == 0 && len(w.Drop) == 0 }
