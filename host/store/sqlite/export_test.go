package sqlite

// Upkeep counts what keeps memory and SQLite's log within their bounds.
type Upkeep struct {
	Checkpoints int64 // times that emptying the log was tried
	Lost        int64 // transactions that lost a conflict because they had to move
}

// Upkeep gives the store's counts.
func (s *Store) Upkeep() Upkeep {
	s.history.mu.Lock()
	defer s.history.mu.Unlock()
	return Upkeep{Checkpoints: s.committer.checkpoints.Load(), Lost: s.pool.lost}
}
