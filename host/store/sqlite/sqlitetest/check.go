// Package sqlitetest looks for the tests of others at a database file from outside.
package sqlitetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qvat/chains"
	"qvat/host/store"
	"qvat/host/store/sqlite/lite"
)

// Check reads a whole database, which may be open, and says what is wrong with it:
// SQLite's own integrity check, and what must hold between the store's tables. It
// takes time in proportion to the database.
func Check(path string) (err error) {
	c, err := lite.Open(path, time.Hour)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.Exec("BEGIN"); err != nil {
		return err
	}
	return errors.Join(
		expect(c, "PRAGMA integrity_check", "ok", "the database file is damaged"),
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
		c.Exec("COMMIT"),
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
		return fmt.Errorf("%s: %s, not %s", what, got, want)
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
			return fmt.Errorf("row %q of table %q is not JSON", s.ColumnText(1), s.ColumnText(0))
		}
		if store.Own(s.ColumnText(0)) != own {
			return fmt.Errorf("table %q has rows in %s", s.ColumnText(0), from)
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
		if err != nil || p.Hash() != chains.Hash(s.ColumnBytes(0)) || s.ColumnInt(1) < int64(len(text)) {
			return fmt.Errorf("the text of program %x is damaged", s.ColumnBytes(0))
		}
	}
}
