// Package sqlite is the store that a vat has by itself: the contract of package
// store in one SQLite file that one process has open (write-ahead log,
// synchronous=FULL). Commits that arrive together share one fsync; a transaction
// that only read what is on the disk waits for none.
//
// How: SQLite holds what has been written. Over it lies, in memory, what has
// been committed and is being written, and what old snapshots still have to be
// told apart from: the overlay. A transaction reads a snapshot of SQLite with
// the overlay's versions over it; it collects its writes, and commits by a
// check of what it read, which takes no I/O. From then on others see it, but
// whoever does waits for it to be on the disk before he answers anybody. One
// goroutine, the committer, writes.
//
// A conflict throws work away, so two things make them rare: a transaction that
// reads on moves to the newest state if what it has read is the same there, and
// a row that there was a conflict over is taken in turns.
//
// Who does what: history is what has been committed, pool the snapshots that are
// open, committer the one that writes and upkeep its care for memory and log,
// background what nobody waits for, reads what is not rows. The lock policy:
// history.mu is never held during I/O, and no other lock is taken under it; a
// transaction's own lock comes before it.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"qvat/host/store"
	"qvat/host/store/sqlite/lite"
	"qvat/host/store/sqlite/statement"
)

// Store is an open database. Its methods may be called from any goroutine.
type Store struct {
	o          Options
	lock       *fileLock
	alone      chan struct{} // holds one token while a transaction is exclusive
	history    *history
	pool       *pool
	background *background
	committer  *committer
	reads      *reads
}

var _ store.Store = (*Store)(nil)

// pageSize is that of the database file.
const pageSize = 4096

// How much of the database file a connection keeps in memory, in KiB.
const (
	writerCache = 8192
	readerCache = 1024
)

// Open opens the database at o.Path and brings its schema up to date. It fails
// with [store.ErrInUse] while another process has it open, and with [store.ErrNewer] when a
// newer version of this program wrote it.
func Open(ctx context.Context, o Options) (*Store, error) {
	o = o.withDefaults()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	lock, err := lockFile(o.Path + ".lock")
	if err != nil {
		return nil, err
	}
	s := newStore(o)
	s.lock = lock
	if err := s.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", o.Path, err), lock.release())
	}
	go s.committer.run()
	return s, nil
}

// newStore makes the parts of a store whose file is not open yet.
func newStore(o Options) *Store {
	s := &Store{o: o, alone: make(chan struct{}, 1)}
	s.history = &history{
		o: &s.o, overlay: newOverlay(), submitted: make(chan struct{}, 1), staged: make(chan struct{}, 1), closed: make(chan struct{}),
	}
	s.history.contended = rowQueues{mu: &s.history.mu, wait: o.RowWait, rows: map[rowKey]*rowQueue{}}
	s.pool = &pool{
		h: s.history, slots: make(chan struct{}, o.Readers), ended: make(chan struct{}, 1),
		connect: func() (*lite.Conn, error) { return s.connect(readerCache) },
	}
	s.background = &background{waits: make(chan struct{}, 1), closed: s.history.closed, room: make(chan struct{})}
	s.committer = &committer{
		o: &s.o, log: o.Logger, history: s.history, pool: s.pool, background: s.background,
		leases: make(chan *writerLease), stopped: make(chan struct{}),
	}
	return s
}

func (s *Store) open() error {
	// The file's mode is set before anything is in it; SQLite gives its own
	// files the same.
	f, err := os.OpenFile(s.o.Path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	c, err := s.connect(writerCache)
	if err != nil {
		return err
	}
	if err := s.openWriter(c); err != nil {
		return errors.Join(err, c.Close())
	}
	r, err := s.connect(readerCache)
	if err == nil {
		s.reads, err = openReads(r)
	}
	if err != nil {
		return errors.Join(err, s.committer.w.closeStatements(), c.Close())
	}
	return nil
}

// openWriter prepares the connection that writes, and the file for it.
func (s *Store) openWriter(c *lite.Conn) error {
	if err := c.Exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0"); err != nil {
		return err
	}
	// What a statement spills to files lies beside the database, where a
	// process that is confined to the vat's directory may write. (The setting
	// is the whole process's: with two stores open the last one's holds.)
	dir, err := filepath.Abs(filepath.Dir(s.o.Path))
	if err != nil {
		return err
	}
	if err := c.Exec("PRAGMA temp_store_directory='" + strings.ReplaceAll(dir, "'", "''") + "'"); err != nil {
		return err
	}
	if s.o.DatabaseBytes > 0 {
		if err := c.Exec(fmt.Sprintf("PRAGMA max_page_count=%d", max(1, s.o.DatabaseBytes/pageSize))); err != nil {
			return err
		}
	}
	if err := migrate(c); err != nil {
		return err
	}
	// What a killed process left in the log. It may stay there while another
	// process reads the file.
	if err := c.CheckpointTruncate(); err != nil && !lite.IsBusy(err) {
		return err
	}
	if err := c.SyncByGo(); err != nil {
		return err
	}
	if err := syncDirectory(filepath.Dir(s.o.Path)); err != nil {
		return err
	}
	w, err := newWriter(c, &s.o)
	if err != nil {
		return err
	}
	seq, err := queryInt(c, "SELECT seq FROM qvat_state")
	if err != nil {
		return errors.Join(err, w.closeStatements())
	}
	w.seq, w.logBound = uint64(seq), int(s.o.LogBytes/pageSize)
	w.c.PagesWritten()
	s.committer.w, s.history.applied, s.history.durable = w, w.seq, w.seq
	return nil
}

// syncDirectory puts on the disk that a directory's files are there.
func syncDirectory(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// connect opens a connection as all of the store's are.
func (s *Store) connect(cacheKiB int) (*lite.Conn, error) {
	c, err := lite.Open(s.o.Path, s.o.BusyWait)
	if err != nil {
		return nil, err
	}
	err = c.Exec(fmt.Sprintf("PRAGMA cache_size=-%d; PRAGMA foreign_keys=OFF; PRAGMA cell_size_check=ON", cacheKiB))
	if err == nil {
		err = statement.Restrict(c, s.o.statementBounds().Length)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// usable says why no more can be done, if so.
func (s *Store) usable() error {
	s.history.mu.Lock()
	defer s.history.mu.Unlock()
	return s.history.usable()
}

// Close is store.Store's: it also empties the log into the database file.
func (s *Store) Close() error {
	s.alone <- struct{}{}
	defer func() { <-s.alone }()
	h := s.history
	h.mu.Lock()
	if h.closing {
		h.mu.Unlock()
		return store.ErrClosed
	}
	h.closing = true
	close(h.closed)
	h.mu.Unlock()
	s.background.stop()
	err := s.pool.moveOn(func(*reader) bool { return true })
	for range cap(s.pool.slots) { // what is still in a call ends with it
		s.pool.slots <- struct{}{}
	}
	signal(h.submitted)
	<-s.committer.stopped
	err = errors.Join(err, s.pool.close(), s.reads.close())
	w := s.committer.w
	if h.broken == nil {
		if cerr := w.c.CheckpointTruncate(); cerr != nil {
			// Nothing is lost: the next Open finds the log.
			s.o.Logger.Warn("the log stays beside the database", "error", cerr)
		}
	}
	return errors.Join(err, w.closeStatements(), w.c.Close(), s.lock.release())
}

// signal wakes whoever waits on a channel of one place.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
