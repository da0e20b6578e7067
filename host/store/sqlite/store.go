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
// The lock policy: Store.mu guards the overlay, the queue of batches and the
// pool of readers, and is never held during I/O. A transaction's own lock comes
// before it. Programs have a lock of their own, which comes last.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"qvat/host/store"
	"qvat/host/store/sqlite/lite"
)

// Store is an open database. Its methods may be called from any goroutine.
type Store struct {
	o    Options
	log  *slog.Logger
	lock *fileLock

	w            *writer // the committer's, or lent to an exclusive transaction
	choresFailed bool    // the committer's: chores are written alone until they can be
	writeFails   bool    // of whoever has the writer: the last write failed

	wake, later chan struct{} // to the committer
	ended       chan struct{} // a snapshot of an earlier era has been given back
	loans       chan *loan
	closed      chan struct{} // closed when the store is closing
	stopped     chan struct{} // closed when the committer has ended

	exclusive    chan struct{} // holds one token while a transaction is exclusive
	slots        chan struct{} // holds a token for each reader in use
	stagedSignal chan struct{}

	programs programs
	service  service

	mu       sync.Mutex
	overlay  overlay
	queue    []*batch // the first is being written when it is sealed
	applied  uint64   // the newest commit
	durable  uint64   // the newest commit that is on the disk
	epoch    uint64   // raised when commits were undone
	era      uint64   // raised when no snapshot before may be used again
	readers  []*reader
	idle     []*reader     // those that nobody uses, the next to use last
	held     chan struct{} // not nil while commits must wait; closed when they need not
	turns    map[rowKey]*turn
	failures []*store.Record // to be written with the next batch
	taken    chan struct{}   // closed when failures were taken to be written
	closing  bool
	broken   error
	stats    Stats
}

// pageSize is that of the database file.
const pageSize = 4096

// How much of the database file a connection keeps in memory, in KiB.
const (
	writerCache  = 8192
	readerCache  = 1024
	serviceCache = 1024
)

// Open opens the database at o.Path and brings its schema up to date. It fails
// with [ErrInUse] while another process has it open, and with [ErrNewer] when a
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
	s := &Store{
		o: o, log: o.Logger, lock: lock, overlay: newOverlay(), turns: map[rowKey]*turn{},
		wake: make(chan struct{}, 1), later: make(chan struct{}, 1), ended: make(chan struct{}, 1),
		loans: make(chan *loan), closed: make(chan struct{}), stopped: make(chan struct{}),
		exclusive: make(chan struct{}, 1), slots: make(chan struct{}, o.Readers),
		stagedSignal: make(chan struct{}, 1), taken: make(chan struct{}),
	}
	if err := s.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", o.Path, err), lock.release())
	}
	go s.run()
	return s, nil
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
	if err := s.service.open(s); err != nil {
		return errors.Join(err, s.w.closeStatements(), c.Close())
	}
	if err := s.programs.load(s); err != nil {
		return errors.Join(err, s.service.close(), s.w.closeStatements(), c.Close())
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
	s.w, s.applied, s.durable = w, w.seq, w.seq
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
		err = errors.Join(makeDeterministic(c), replaceSearches(c, sqlLength(&s.o)))
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// usable says why no more can be done, if so. Store.mu is held.
func (s *Store) usable() error {
	if s.closing {
		return store.ErrClosed
	}
	return s.broken
}

// Close writes what is waiting to be written, empties the log into the database
// file and closes it. Open transactions end; one that is exclusive is waited
// for. A store that is closed already gives ErrClosed.
func (s *Store) Close() error {
	s.exclusive <- struct{}{}
	defer func() { <-s.exclusive }()
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return store.ErrClosed
	}
	s.closing = true
	close(s.closed)
	s.programs.stop()
	s.mu.Unlock()
	err := s.revoke(func(*reader) bool { return true })
	for range cap(s.slots) { // what is still in a call ends soon, being revoked
		s.slots <- struct{}{}
	}
	s.wakeCommitter()
	<-s.stopped
	for _, r := range s.readers {
		err = errors.Join(err, r.closeSnapshot(), r.close())
	}
	err = errors.Join(err, s.service.close())
	if s.broken == nil {
		if cerr := s.w.c.CheckpointTruncate(); cerr != nil {
			// Nothing is lost: the next Open finds the log.
			s.log.Warn("the log stays beside the database", "error", cerr)
		}
	}
	return errors.Join(err, s.w.closeStatements(), s.w.c.Close(), s.lock.release())
}

// signal wakes whoever waits on a channel of one place.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
