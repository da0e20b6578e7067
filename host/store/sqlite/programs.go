package sqlite

import (
	"context"

	"qvat/chains"
	"qvat/host/store"
	"qvat/host/store/sqlite/lite"
)

// ProgramIndex is store.Programs'.
func (s *Store) ProgramIndex(ctx context.Context, each func(store.ProgramRow)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.reads.index(each)
}

// ProgramText is store.Programs'.
func (s *Store) ProgramText(ctx context.Context, id int64) (text string, ok bool, err error) {
	if err := ctx.Err(); err != nil {
		return "", false, err
	}
	return s.reads.text(id)
}

// WriteInBackground is store.Programs'.
func (s *Store) WriteInBackground(source store.ProgramSource) {
	s.background.mu.Lock()
	s.background.programs = source
	s.background.mu.Unlock()
	s.background.signal()
}

// ProgramsWait is store.Programs'.
func (s *Store) ProgramsWait() { s.background.signal() }

func scanProgram(s *lite.Stmt) store.ProgramRow {
	return store.ProgramRow{
		ID: s.ColumnInt(0), Hash: chains.Hash(s.ColumnBytes(1)), Size: s.ColumnInt(2),
		Peer: s.ColumnText(3), Stranger: s.ColumnInt(4) != 0, Used: s.ColumnInt(5),
	}
}

// programWriter are the statements that write programs.
type programWriter struct{ add, addText, use, drop, dropText *lite.Stmt }

func (w *programWriter) prepare(p *preparer) {
	p.prepare(&w.add, "INSERT OR REPLACE INTO qvat_programs VALUES (?,?,?,?,?)")
	p.prepare(&w.addText, "INSERT OR REPLACE INTO qvat_texts VALUES (?,?)")
	p.prepare(&w.use, "UPDATE qvat_programs SET peer=?, used=? WHERE id=?")
	p.prepare(&w.drop, "DELETE FROM qvat_programs WHERE id=?")
	p.prepare(&w.dropText, "DELETE FROM qvat_texts WHERE id=?")
}

func (w *programWriter) close() error { return closeAll(w.add, w.addText, w.use, w.drop, w.dropText) }

// write makes changes of programs' rows, in the transaction that is open.
func (w *programWriter) write(writes store.ProgramWrites) error {
	for _, p := range writes.Put {
		err := bindAll(peerOr(w.add, 4, p.ProgramRow),
			w.add.Int(1, p.ID), w.add.Blob(2, p.Hash[:]), w.add.Int(3, p.Size), w.add.Int(5, p.Used),
			w.addText.Int(1, p.ID), w.addText.Text(2, p.Text))
		if err != nil {
			return err
		}
		if err := runAll(w.add, w.addText); err != nil {
			return err
		}
	}
	for _, p := range writes.Used {
		if err := bindAll(peerOr(w.use, 1, p), w.use.Int(2, p.Used), w.use.Int(3, p.ID)); err != nil {
			return err
		}
		if err := w.use.Run(); err != nil {
			return err
		}
	}
	for _, id := range writes.Drop {
		if err := bindAll(w.drop.Int(1, id), w.dropText.Int(1, id)); err != nil {
			return err
		}
		if err := runAll(w.drop, w.dropText); err != nil {
			return err
		}
	}
	return nil
}

// peerOr binds the peer that a stranger's program counts against, or NULL.
func peerOr(s *lite.Stmt, i int, p store.ProgramRow) error {
	if p.Stranger {
		return s.Text(i, p.Peer)
	}
	return s.Null(i)
}
