package sqlite

import (
	"errors"
	"math"

	"qvat/host/store"
	"qvat/host/store/sqlite/lite"
)

// rowReader reads rows on one connection, in whatever transaction that
// connection has open.
type rowReader struct {
	c          *lite.Conn
	rows, vats reads // of programs' tables, and of the vat's own
	once       *lite.Stmt
}

// reads are the statements that read one of the two tables of rows.
type reads struct{ get, scan, back, tally *lite.Stmt }

func (r *reads) prepare(p *preparer, from string) {
	const span = " WHERE tbl=? AND key>=? AND key<? ORDER BY key"
	p.prepare(&r.get, "SELECT value FROM "+from+" WHERE tbl=? AND key=?")
	p.prepare(&r.scan, "SELECT key, value FROM "+from+span)
	p.prepare(&r.back, "SELECT key, value FROM "+from+span+" DESC")
	p.prepare(&r.tally, "SELECT count(*) FROM "+from+" WHERE tbl=?")
}

func (r *reads) close() error { return closeAll(r.get, r.scan, r.back, r.tally) }

func newRowReader(c *lite.Conn) (r rowReader, err error) {
	r.c = c
	p := preparer{c: c}
	r.rows.prepare(&p, "rows")
	r.vats.prepare(&p, "qvat_rows")
	p.prepare(&r.once, "SELECT 1 FROM qvat_messages WHERE short=? AND id=?")
	if p.err != nil {
		return r, errors.Join(p.err, r.close())
	}
	return r, nil
}

func (r *rowReader) close() error {
	return errors.Join(r.rows.close(), r.vats.close(), closeAll(r.once))
}

// of gives the statements for a table.
func (r *rowReader) of(table string) *reads {
	if store.Own(table) {
		return &r.vats
	}
	return &r.rows
}

// value reads one row; nil when it is not there.
func (r *rowReader) value(row rowKey) ([]byte, error) {
	get := r.of(row.table).get
	defer get.Reset()
	err := bindAll(get.Text(1, row.table), get.Text(2, row.key))
	if err != nil {
		return nil, err
	}
	more, err := get.Step()
	if err != nil || !more {
		return nil, err
	}
	return get.ColumnBytes(0), nil
}

// each gives the rows of a span in order, until stop or an error.
func (r *rowReader) each(s span, give func(key string, value []byte) (more bool)) error {
	scan := r.of(s.table).scan
	if s.back {
		scan = r.of(s.table).back
	}
	defer scan.Reset()
	// Any text sorts before any blob, so an empty blob is no bound at all.
	high := scan.Blob(3, nil)
	if s.high != "" {
		high = scan.Text(3, s.high)
	}
	if err := bindAll(high, scan.Text(1, s.table), scan.Text(2, s.low)); err != nil {
		return err
	}
	for {
		more, err := scan.Step()
		if err != nil || !more || !give(scan.ColumnText(0), scan.ColumnBytes(1)) {
			return err
		}
	}
}

// count counts a table's rows.
func (r *rowReader) count(table string) (int64, error) {
	tally := r.of(table).tally
	defer tally.Reset()
	if err := tally.Text(1, table); err != nil {
		return 0, err
	}
	_, err := tally.Step()
	return tally.ColumnInt(0), err
}

// committed tells whether a message's record is here.
func (r *rowReader) committed(rec *store.Record) (bool, error) {
	defer r.once.Reset()
	if err := bindAll(r.once.Int(1, short(rec.ID)), r.once.Blob(2, rec.ID[:])); err != nil {
		return false, err
	}
	return r.once.Step()
}

// reader is a connection that reads one snapshot of SQLite at a time.
type reader struct {
	rowReader
	begin, end, state *lite.Stmt
	open              bool // a snapshot is open

	// What follows is guarded by Store.mu.

	// pinned is the seq of the open snapshot, or a lower one while it is being
	// opened; noPin when there is none. The overlay keeps all that is newer.
	pinned uint64
	// era is Store.era when the snapshot was opened.
	era uint64
	tx  *snapshotTx // who has it
}

const noPin = math.MaxUint64

func (s *Store) newReader() (*reader, error) {
	c, err := s.connect(readerCache)
	if err != nil {
		return nil, err
	}
	r := &reader{pinned: noPin}
	if r.rowReader, err = newRowReader(c); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	p := preparer{c: c}
	p.prepare(&r.begin, "BEGIN")
	p.prepare(&r.end, "COMMIT")
	p.prepare(&r.state, "SELECT seq FROM qvat_state")
	if p.err != nil {
		return nil, errors.Join(p.err, r.close())
	}
	return r, nil
}

// openSnapshot opens a snapshot of what SQLite has now and gives its seq.
func (r *reader) openSnapshot() (uint64, error) {
	if err := r.closeSnapshot(); err != nil {
		return 0, err
	}
	if err := r.begin.Run(); err != nil {
		return 0, err
	}
	r.open = true
	defer r.state.Reset()
	_, err := r.state.Step()
	return uint64(r.state.ColumnInt(0)), err
}

func (r *reader) closeSnapshot() error {
	if !r.open {
		return nil
	}
	r.open = false
	return r.end.Run()
}

func (r *reader) close() error {
	return errors.Join(closeAll(r.begin, r.end, r.state), r.rowReader.close(), r.c.Close())
}

// preparer prepares statements until one fails.
type preparer struct {
	c   *lite.Conn
	err error
}

func (p *preparer) prepare(into **lite.Stmt, text string) {
	if p.err == nil {
		*into, p.err = p.c.Prepare(text)
	}
}

// closeAll closes those of the statements that there are.
func closeAll(statements ...*lite.Stmt) error {
	var err error
	for _, s := range statements {
		if s != nil {
			err = errors.Join(err, s.Close())
		}
	}
	return err
}

// bindAll gives the first error of the binds that are its arguments.
func bindAll(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// runAll runs statements, until one fails.
func runAll(statements ...*lite.Stmt) error {
	for _, s := range statements {
		if err := s.Run(); err != nil {
			return err
		}
	}
	return nil
}
