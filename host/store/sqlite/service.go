package sqlite

import (
	"errors"
	"sync"

	"qvat/chains"
	"qvat/host/store"
	"qvat/host/store/sqlite/lite"
)

// service is the connection on which the store reads what is not rows, each
// time from the newest state on the disk.
type service struct {
	mu sync.Mutex
	c  *lite.Conn // nil when closed

	program, message, failures             *lite.Stmt
	outboxAfter, outboxKind, outboxKindsOf *lite.Stmt
}

func (v *service) open(s *Store) error {
	c, err := s.connect(serviceCache)
	if err != nil {
		return err
	}
	p := preparer{c: c}
	p.prepare(&v.program, "SELECT text FROM qvat_texts WHERE id=?")
	p.prepare(&v.message, "SELECT "+recordColumns+" FROM qvat_messages WHERE short=? AND id=? ORDER BY num DESC LIMIT 1")
	p.prepare(&v.failures, "SELECT "+recordColumns+" FROM qvat_failures ORDER BY num DESC LIMIT ?")
	p.prepare(&v.outboxAfter, "SELECT id, kind, payload FROM qvat_outbox WHERE id>? ORDER BY id LIMIT ?")
	p.prepare(&v.outboxKind, "SELECT id, kind, payload FROM qvat_outbox WHERE kind=? AND id>? ORDER BY id LIMIT ?")
	p.prepare(&v.outboxKindsOf, "SELECT min(kind) FROM qvat_outbox WHERE kind>?")
	v.c = c
	if p.err != nil {
		return errors.Join(p.err, v.close())
	}
	return nil
}

func (v *service) close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	err := errors.Join(closeAll(v.program, v.message, v.failures, v.outboxAfter, v.outboxKind, v.outboxKindsOf), v.c.Close())
	v.c = nil
	return err
}

// query binds a statement's parameters and gives its rows.
func (v *service) query(statement **lite.Stmt, bind func(*lite.Stmt) error, row func(*lite.Stmt)) error {
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

func (v *service) text(id int64) (text string, found bool, err error) {
	err = v.query(&v.program,
		func(s *lite.Stmt) error { return s.Int(1, id) },
		func(s *lite.Stmt) { text, found = s.ColumnText(0), true })
	return text, found, err
}

func (v *service) record(id chains.Hash) (r store.Record, found bool, err error) {
	err = v.query(&v.message,
		func(s *lite.Stmt) error { return bindAll(s.Int(1, short(id)), s.Blob(2, id[:])) },
		func(s *lite.Stmt) { r, found = scanRecord(s), true })
	return r, found, err
}

func (v *service) failed(n int) (records []store.Record, err error) {
	err = v.query(&v.failures,
		func(s *lite.Stmt) error { return s.Int(1, int64(n)) },
		func(s *lite.Stmt) { records = append(records, scanRecord(s)) })
	return records, err
}

func (v *service) outgoing(after int64, n int) (rows []store.Outgoing, err error) {
	err = v.query(&v.outboxAfter,
		func(s *lite.Stmt) error { return bindAll(s.Int(1, after), s.Int(2, int64(n))) },
		func(s *lite.Stmt) {
			rows = append(rows, scanOutgoing(s))
		})
	return rows, err
}

func (v *service) outgoingOf(kind string, after int64, n int) (rows []store.Outgoing, err error) {
	err = v.query(&v.outboxKind,
		func(s *lite.Stmt) error { return bindAll(s.Text(1, kind), s.Int(2, after), s.Int(3, int64(n))) },
		func(s *lite.Stmt) {
			rows = append(rows, scanOutgoing(s))
		})
	return rows, err
}

// kindAfter gives the first kind in the outbox above another; "" when none is.
func (v *service) kindAfter(kind string) (next string, err error) {
	err = v.query(&v.outboxKindsOf,
		func(s *lite.Stmt) error { return s.Text(1, kind) },
		func(s *lite.Stmt) { next = s.ColumnText(0) })
	return next, err
}

func scanOutgoing(s *lite.Stmt) store.Outgoing {
	return store.Outgoing{ID: s.ColumnInt(0), Kind: s.ColumnText(1), Payload: s.ColumnBytes(2)}
}
