package sqlite

import (
	"errors"
	"sync"

	"qvat/chains"
	"qvat/host/store"
	"qvat/host/store/sqlite/lite"
)

// reads is the connection on which the store reads what is not rows, each time
// from the newest state on the disk.
type reads struct {
	mu sync.Mutex // guards what follows
	c  *lite.Conn // nil when closed

	programs, program, message, failures   *lite.Stmt
	outboxAfter, outboxKind, outboxKindsOf *lite.Stmt
}

func openReads(c *lite.Conn) (*reads, error) {
	v := &reads{c: c}
	p := preparer{c: c}
	p.prepare(&v.programs, "SELECT id, hash, size, peer, peer IS NOT NULL, used FROM qvat_programs ORDER BY used, id")
	p.prepare(&v.program, "SELECT text FROM qvat_texts WHERE id=?")
	p.prepare(&v.message, "SELECT "+recordColumns+" FROM qvat_messages WHERE short=? AND id=? ORDER BY num DESC LIMIT 1")
	p.prepare(&v.failures, "SELECT "+recordColumns+" FROM qvat_failures ORDER BY num DESC LIMIT ?")
	p.prepare(&v.outboxAfter, "SELECT id, kind, payload FROM qvat_outbox WHERE id>? ORDER BY id LIMIT ?")
	p.prepare(&v.outboxKind, "SELECT id, kind, payload FROM qvat_outbox WHERE kind=? AND id>? ORDER BY id LIMIT ?")
	p.prepare(&v.outboxKindsOf, "SELECT min(kind) FROM qvat_outbox WHERE kind>?")
	if p.err != nil {
		return nil, errors.Join(p.err, v.close())
	}
	return v, nil
}

func (v *reads) close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	err := errors.Join(closeAll(v.programs, v.program, v.message, v.failures, v.outboxAfter, v.outboxKind, v.outboxKindsOf), v.c.Close())
	v.c = nil
	return err
}

// query binds a statement's parameters and gives its rows.
func (v *reads) query(statement **lite.Stmt, bind func(*lite.Stmt) error, row func(*lite.Stmt)) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.c == nil {
		return store.ErrClosed
	}
	s := *statement
	defer s.Reset()
	if err := bind(s); err != nil {
		return err
	}
	for {
		more, err := s.Step()
		if err != nil || !more {
			return err
		}
		row(s)
	}
}

func (v *reads) index(each func(store.ProgramRow)) error {
	return v.query(&v.programs,
		func(*lite.Stmt) error { return nil },
		func(s *lite.Stmt) { each(scanProgram(s)) })
}

func (v *reads) text(id int64) (text string, found bool, err error) {
	err = v.query(&v.program,
		func(s *lite.Stmt) error { return s.Int(1, id) },
		func(s *lite.Stmt) { text, found = s.ColumnText(0), true })
	return text, found, err
}

func (v *reads) record(id chains.Hash) (r store.Record, found bool, err error) {
	err = v.query(&v.message,
		func(s *lite.Stmt) error { return bindAll(s.Int(1, short(id)), s.Blob(2, id[:])) },
		func(s *lite.Stmt) { r, found = scanRecord(s), true })
	return r, found, err
}

func (v *reads) failed(n int) (records []store.Record, err error) {
	err = v.query(&v.failures,
		func(s *lite.Stmt) error { return s.Int(1, int64(n)) },
		func(s *lite.Stmt) { records = append(records, scanRecord(s)) })
	return records, err
}

func (v *reads) outgoing(after int64, n int) (rows []store.Outgoing, err error) {
	err = v.query(&v.outboxAfter,
		func(s *lite.Stmt) error { return bindAll(s.Int(1, after), s.Int(2, int64(n))) },
		func(s *lite.Stmt) {
			rows = append(rows, scanOutgoing(s))
		})
	return rows, err
}

func (v *reads) outgoingOf(kind string, after int64, n int) (rows []store.Outgoing, err error) {
	err = v.query(&v.outboxKind,
		func(s *lite.Stmt) error { return bindAll(s.Text(1, kind), s.Int(2, after), s.Int(3, int64(n))) },
		func(s *lite.Stmt) {
			rows = append(rows, scanOutgoing(s))
		})
	return rows, err
}

// kindAfter gives the first kind in the outbox above another; "" when none is.
func (v *reads) kindAfter(kind string) (next string, err error) {
	err = v.query(&v.outboxKindsOf,
		func(s *lite.Stmt) error { return s.Text(1, kind) },
		func(s *lite.Stmt) { next = s.ColumnText(0) })
	return next, err
}

func scanOutgoing(s *lite.Stmt) store.Outgoing {
	return store.Outgoing{ID: s.ColumnInt(0), Kind: s.ColumnText(1), Payload: s.ColumnBytes(2)}
}
