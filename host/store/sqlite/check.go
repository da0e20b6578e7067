package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"qvat/chains"
	"qvat/host/store"
	"qvat/host/store/sqlite/lite"
)

// Check reads the whole database and says what is wrong with it: SQLite's own
// integrity check, what must hold between the store's tables, and what must
// hold between them and memory. Commits wait meanwhile. It takes time in
// proportion to the database.
func (s *Store) Check(ctx context.Context) error {
	begun, err := s.BeginExclusive(ctx)
	if err != nil {
		return err
	}
	defer begun.Rollback()
	c := begun.(*exclusiveTx).w.c
	return errors.Join(
		expect(c, "PRAGMA integrity_check", "ok", "the database file is damaged"),
		expect(c, "PRAGMA synchronous", "2", "how commits are synchronised"),
		expect(c, "PRAGMA journal_mode", "wal", "the kind of log"),
		expect(c, "SELECT count(*) FROM qvat_state", "1", "the number of states"),
		expect(c, "SELECT count(*) FROM qvat_messages WHERE length(id)<>32", "0", "records without a message's id"),
		expect(c, "SELECT count(*) FROM qvat_outbox WHERE id>>16 > (SELECT seq FROM qvat_state)", "0", "outbox rows of no commit"),
		expect(c, "SELECT count(*)-count(DISTINCT hash) FROM qvat_programs", "0", "programs that are there twice"),
		expect(c, "SELECT count(*) FROM qvat_programs LEFT JOIN qvat_texts USING (id) WHERE text IS NULL", "0", "programs without a text"),
		expect(c, "SELECT count(*) FROM qvat_texts LEFT JOIN qvat_programs USING (id) WHERE hash IS NULL", "0", "texts without a program"),
		checkRows(c, "rows", false),
		checkRows(c, "qvat_rows", true),
		checkTexts(c),
		s.checkMemory(),
		s.programs.check(),
	)
}

// expect runs a statement and compares its one answer.
func expect(c *lite.Conn, text, want, what string) (err error) {
	s, err := c.Prepare(text)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if _, err := s.Step(); err != nil {
		return err
	}
	if got := s.ColumnText(0); got != want {
		return fmt.Errorf("check: %s: %s, not %s", what, got, want)
	}
	return nil
}

// checkRows checks that each row's value is JSON, and that its table belongs
// where it is.
func checkRows(c *lite.Conn, from string, own bool) (err error) {
	s, err := c.Prepare("SELECT tbl, key, value FROM " + from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for {
		more, err := s.Step()
		if err != nil || !more {
			return err
		}
		if !json.Valid(s.ColumnBytes(2)) {
			return fmt.Errorf("check: row %q of table %q is not JSON", s.ColumnText(1), s.ColumnText(0))
		}
		if store.Own(s.ColumnText(0)) != own {
			return fmt.Errorf("check: table %q has rows in %s", s.ColumnText(0), from)
		}
	}
}

// checkTexts compares each program's text with its hash and size.
func checkTexts(c *lite.Conn) (err error) {
	s, err := c.Prepare("SELECT hash, size, text FROM qvat_programs JOIN qvat_texts USING (id)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for {
		more, err := s.Step()
		if err != nil || !more {
			return err
		}
		text := s.ColumnBytes(2)
		p, err := chains.NewProgram(text, len(text)+1)
		if err != nil || p.Hash() != chains.Hash(s.ColumnBytes(0)) || s.ColumnInt(1) != int64(len(text))+programOverhead {
			return fmt.Errorf("check: the text of program %x is damaged", s.ColumnBytes(0))
		}
	}
}

// checkMemory checks the overlay, at a moment when everything is on the disk.
func (s *Store) checkMemory() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.applied != s.durable || len(s.queue) != 0 {
		return fmt.Errorf("check: commits up to %d, on the disk up to %d, %d batches wait", s.applied, s.durable, len(s.queue))
	}
	var bytes int64
	count, last := 0, uint64(0)
	for _, c := range s.overlay.log {
		if c.seq <= last {
			return fmt.Errorf("check: commit %d comes after %d", c.seq, last)
		}
		last = c.seq
		for _, v := range c.versions {
			count++
			bytes += v.bytes()
			if v.older != nil && (v.older.newer != v || v.older.seq >= v.seq) {
				return fmt.Errorf("check: the versions of a row are out of order at commit %d", v.seq)
			}
			if v.newer == nil && s.overlay.tables[v.row.table][v.row.key] != v {
				return fmt.Errorf("check: a row's newest version, of commit %d, is not found", v.seq)
			}
		}
		if c.record != nil {
			bytes += recordBytes(c.record)
		}
	}
	if count != s.overlay.count || bytes != s.overlay.bytes {
		return fmt.Errorf("check: the overlay counts %d versions, %d bytes; there are %d, %d", s.overlay.count, s.overlay.bytes, count, bytes)
	}
	return nil
}

// check checks the sums that the bounds go by.
func (ps *programs) check() error {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	var bytes, strangers, loaded int64
	peers := map[string]int64{}
	for _, p := range ps.byHash {
		bytes += p.size
		if p.stranger {
			strangers += p.size
			peers[p.peer] += p.size
		}
		if p.memory != nil {
			loaded += p.size
		}
		if p.pins < 0 {
			return fmt.Errorf("check: program %s is held %d times", p.hash, p.pins)
		}
	}
	if bytes != ps.bytes || strangers != ps.strangerBytes || loaded != ps.memoryBytes || len(peers) != len(ps.peers) {
		return fmt.Errorf("check: programs count %d bytes, %d of strangers, %d at hand; there are %d, %d, %d",
			ps.bytes, ps.strangerBytes, ps.memoryBytes, bytes, strangers, loaded)
	}
	for peer, n := range peers {
		if ps.peers[peer] != n {
			return fmt.Errorf("check: a peer's programs count %d bytes; there are %d", ps.peers[peer], n)
		}
	}
	if ps.bytes > ps.o.Bytes || ps.strangerBytes > ps.o.StrangerBytes || len(ps.byHash) > ps.o.Count {
		return fmt.Errorf("check: programs are above their bounds: %d bytes, %d of strangers, %d programs", ps.bytes, ps.strangerBytes, len(ps.byHash))
	}
	return nil
}
