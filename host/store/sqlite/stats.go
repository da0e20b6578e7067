package sqlite

import (
	"os"

	"qvat/host/store"
)

// Stats is store.Store's.
func (s *Store) Stats() store.Stats {
	h := s.history
	h.mu.Lock()
	st := h.stats
	for _, b := range h.queue {
		st.Waiting += len(b.commits)
	}
	for _, r := range s.pool.readers {
		if r.tx != nil {
			st.Transactions++
		}
	}
	st.OverlayBytes = h.overlay.bytes
	h.mu.Unlock()
	st.DatabaseBytes, st.LogBytes = fileSize(s.o.Path), fileSize(s.o.Path+"-wal")
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
