package sqlite

import (
	"os"
	"time"
)

// Stats are counts since the store was opened, and sizes now.
type Stats struct {
	Commits     int64         // transactions committed
	Conflicts   int64         // commits refused with store.ErrConflict
	Failed      int64         // commits that could not be written
	Writes      int64         // SQLite transactions, each with one fsync
	WriteTime   time.Duration // spent in them
	Checkpoints int64         // times that emptying the log was tried
	Revoked     int64         // transactions ended because they were too old

	Waiting       int   // commits that are being written, or wait for it
	Transactions  int   // open, exclusive ones aside
	Snapshots     int   // open ones of SQLite
	OverlayRows   int   // versions of rows in memory
	OverlayBytes  int64 // and their size
	DatabaseBytes int64 // of the database file
	LogBytes      int64 // of SQLite's log

	Programs      int   // kept
	ProgramBytes  int64 // their size
	StrangerBytes int64 // of those that no root-signed message has used
	LoadedBytes   int64 // of those at hand
	BacklogBytes  int64 // of those that are not on the disk
}

// Stats gives the store's numbers.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	st := s.stats
	for _, b := range s.queue {
		st.Waiting += len(b.commits)
	}
	for _, r := range s.readers {
		if r.tx != nil {
			st.Transactions++
		}
		if r.pinned != noPin {
			st.Snapshots++
		}
	}
	st.OverlayRows, st.OverlayBytes = s.overlay.count, s.overlay.bytes
	s.mu.Unlock()
	st.DatabaseBytes, st.LogBytes = fileSize(s.o.Path), fileSize(s.o.Path+"-wal")
	ps := &s.programs
	ps.mu.Lock()
	defer ps.mu.Unlock()
	st.Programs, st.ProgramBytes, st.StrangerBytes = len(ps.byHash), ps.bytes, ps.strangerBytes
	st.LoadedBytes, st.BacklogBytes = ps.memoryBytes, ps.backlog
	return st
}

// fileSize gives a file's size; 0 when it is not there.
func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
