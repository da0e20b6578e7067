package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"

	"qvat/chains"
	"qvat/host/store"
	"qvat/host/store/sqlite/lite"
)

// maxStaged is how many outbox rows one commit can have: their ids hold the
// commit's seq and the place in the commit.
const (
	stagedBits = 16
	maxStaged  = 1 << stagedBits
)

// writer is the one connection that writes. The committer has it, or an
// exclusive transaction that the committer lent it to.
type writer struct {
	rowReader
	o *Options

	begin, commit, rollback                 *lite.Stmt
	intoRows, intoVats                      writes // of programs' tables, and of the vat's own
	state                                   *lite.Stmt
	stage, ack                              *lite.Stmt
	record, forget, failure, forgetFailures *lite.Stmt
	addProgram, addText, useProgram         *lite.Stmt
	dropProgram, dropText                   *lite.Stmt

	seq                uint64 // the newest commit that was written
	messages, failures int64  // the newest record's num, in either table
	logPages           int    // written to SQLite's log since it was last emptied
	logBound           int    // how many until it is to be emptied
}

// writes are the statements that write one of the two tables of rows.
type writes struct{ set, remove *lite.Stmt }

func (w *writes) prepare(p *preparer, to string) {
	p.prepare(&w.set, "INSERT INTO "+to+" VALUES (?,?,?) ON CONFLICT DO UPDATE SET value=excluded.value")
	p.prepare(&w.remove, "DELETE FROM "+to+" WHERE tbl=? AND key=?")
}

func newWriter(c *lite.Conn, o *Options) (*writer, error) {
	w := &writer{o: o}
	var err error
	if w.rowReader, err = newRowReader(c); err != nil {
		return nil, err
	}
	const columns = " (num, short, id, at, outcome, result, fuel, memory, micros, recorded) VALUES (?,?,?,?,?,?,?,?,?,?)"
	p := preparer{c: c}
	p.prepare(&w.begin, "BEGIN IMMEDIATE")
	p.prepare(&w.commit, "COMMIT")
	p.prepare(&w.rollback, "ROLLBACK")
	w.intoRows.prepare(&p, "rows")
	w.intoVats.prepare(&p, "qvat_rows")
	p.prepare(&w.state, "UPDATE qvat_state SET seq=?")
	p.prepare(&w.stage, "INSERT INTO qvat_outbox VALUES (?,?,?)")
	p.prepare(&w.ack, "DELETE FROM qvat_outbox WHERE id=?")
	p.prepare(&w.record, "INSERT INTO qvat_messages"+columns)
	p.prepare(&w.forget, "DELETE FROM qvat_messages WHERE num<=?")
	p.prepare(&w.failure, "INSERT INTO qvat_failures"+columns)
	p.prepare(&w.forgetFailures, "DELETE FROM qvat_failures WHERE num<=?")
	p.prepare(&w.addProgram, "INSERT OR REPLACE INTO qvat_programs VALUES (?,?,?,?,?)")
	p.prepare(&w.addText, "INSERT OR REPLACE INTO qvat_texts VALUES (?,?)")
	p.prepare(&w.useProgram, "UPDATE qvat_programs SET peer=?, used=? WHERE id=?")
	p.prepare(&w.dropProgram, "DELETE FROM qvat_programs WHERE id=?")
	p.prepare(&w.dropText, "DELETE FROM qvat_texts WHERE id=?")
	if p.err == nil {
		w.messages, p.err = queryInt(c, "SELECT coalesce(max(num), 0) FROM qvat_messages")
	}
	if p.err == nil {
		w.failures, p.err = queryInt(c, "SELECT coalesce(max(num), 0) FROM qvat_failures")
	}
	if p.err != nil {
		return nil, errors.Join(p.err, w.closeStatements())
	}
	return w, nil
}

func (w *writer) closeStatements() error {
	return errors.Join(w.rowReader.close(), closeAll(w.begin, w.commit, w.rollback,
		w.intoRows.set, w.intoRows.remove, w.intoVats.set, w.intoVats.remove, w.state, w.stage, w.ack,
		w.record, w.forget, w.failure, w.forgetFailures, w.addProgram, w.addText, w.useProgram, w.dropProgram, w.dropText))
}

// transaction runs write in one SQLite transaction that ends at seq. When it
// fails nothing was written.
func (w *writer) transaction(seq uint64, write func() error) error {
	if err := w.begin.Run(); err != nil {
		return &store.WriteError{NoRoom: lite.IsFull(err), Cause: err}
	}
	return w.end(seq, write())
}

// end commits the open transaction at seq, or rolls it back because of err.
func (w *writer) end(seq uint64, err error) error {
	if err == nil {
		if err = w.state.Int(1, int64(seq)); err == nil {
			err = w.state.Run()
		}
	}
	if err == nil {
		if err = w.commit.Run(); err == nil {
			w.logPages += w.c.PagesWritten()
			w.seq = seq
			return nil
		}
	}
	// SQLite ends the transaction by itself after some errors.
	if w.c.InTransaction() {
		err = errors.Join(err, w.rollback.Run())
	}
	return w.settle(seq, err)
}

// settle finds out what became of a transaction whose end failed. The answer
// is in the database: seq is there or it is not. An error that says nothing of
// that would have the vat deny what it did.
func (w *writer) settle(seq uint64, err error) error {
	there, qerr := queryInt(w.c, "SELECT seq FROM qvat_state")
	switch {
	case qerr != nil:
		return fmt.Errorf("%w: %w (and then: %w)", store.ErrBroken, err, qerr)
	case seq != w.seq && uint64(there) == seq:
		w.seq = seq
		return nil
	}
	for table, num := range map[string]*int64{"qvat_messages": &w.messages, "qvat_failures": &w.failures} {
		if *num, qerr = queryInt(w.c, "SELECT coalesce(max(num), 0) FROM "+table); qerr != nil {
			return fmt.Errorf("%w: %w (and then: %w)", store.ErrBroken, err, qerr)
		}
	}
	return &store.WriteError{NoRoom: lite.IsFull(err), Cause: err}
}

// rowVersion writes a row.
func (w *writer) rowVersion(row rowKey, value []byte) error {
	to := &w.intoRows
	if store.Own(row.table) {
		to = &w.intoVats
	}
	if value == nil {
		if err := bindAll(to.remove.Text(1, row.table), to.remove.Text(2, row.key)); err != nil {
			return err
		}
		return to.remove.Run()
	}
	if err := bindAll(to.set.Text(1, row.table), to.set.Text(2, row.key), to.set.TextBytes(3, value)); err != nil {
		return err
	}
	return to.set.Run()
}

// rest writes what a commit has beside its rows.
func (w *writer) rest(c *commit) error {
	for i, row := range c.staged {
		id := int64(c.seq)<<stagedBits | int64(i)
		if err := bindAll(w.stage.Int(1, id), w.stage.Text(2, row.kind), w.stage.Blob(3, row.payload)); err != nil {
			return err
		}
		if err := w.stage.Run(); err != nil {
			return err
		}
	}
	for _, id := range c.acks {
		if err := w.ack.Int(1, id); err != nil {
			return err
		}
		if err := w.ack.Run(); err != nil {
			return err
		}
	}
	if c.record == nil {
		return nil
	}
	w.messages++
	return w.keep(c.record, w.record, w.messages, w.forget, int64(w.o.Records))
}

// keep writes a record, and forgets those that are too many.
func (w *writer) keep(r *store.Record, insert *lite.Stmt, num int64, forget *lite.Stmt, most int64) error {
	result := insert.Null(6)
	if r.Result != nil {
		result = insert.TextBytes(6, r.Result)
	}
	recorded := insert.Null(10)
	if r.Recorded != nil {
		recorded = insert.Blob(10, r.Recorded)
	}
	err := bindAll(result, recorded,
		insert.Int(1, num), insert.Int(2, short(r.ID)), insert.Blob(3, r.ID[:]), insert.Int(4, r.At), insert.Text(5, r.Outcome),
		insert.Int(7, r.Fuel), insert.Int(8, r.Memory), insert.Int(9, r.Micros))
	if err != nil {
		return err
	}
	if err := insert.Run(); err != nil {
		return err
	}
	if num <= most {
		return nil
	}
	if err := forget.Int(1, num-most); err != nil {
		return err
	}
	return forget.Run()
}

// short gives the part of a message's id by which its record is found.
func short(id chains.Hash) int64 { return int64(binary.BigEndian.Uint64(id[:8])) }
