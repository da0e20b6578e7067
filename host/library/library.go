// Package library holds a vat's programs by their hashes: which are kept, for
// whom, which are held in place, and which go when there is no more room. The
// texts lie in a store; it knows no more of that than [store.Programs].
//
// It promises:
//
//   - A program that was put is there for others at once, and on the disk some
//     milliseconds later: one that is lost when the process is killed is sent
//     again. A text that the disk gives back is compared with its hash.
//   - What root-signed messages use is never pushed out by what strangers send.
//     Strangers' space is small, bounded for each peer, and evicted first.
//   - What a [Lease] holds is not evicted.
package library

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"qvat/chains"
	"qvat/host/store"
)

// What a caller acts on. They come wrapped; ask with errors.Is.
var (
	// ErrPeerFull says that a peer has uploaded as much as it may that no
	// root-signed message has used. It may try again later.
	ErrPeerFull = errors.New("this peer has uploaded as many unused programs as it may")

	// ErrBacklog says that programs arrive faster than they can be written, or
	// cannot be written at all. Try again later.
	ErrBacklog = errors.New("too many programs are waiting to be written")
)

// Options bound what is kept. For every field zero stands for the default that is
// named beside it. A size counts a program's bytes and programOverhead for what
// surrounds them.
type Options struct {
	Bytes         int64            // 256 MiB: all programs; the least recently used go first, strangers' before any
	Count         int              // 65,536: how many programs
	StrangerBytes int64            // 16 MiB: those that no root-signed message has used
	PeerBytes     int64            // 2 MiB: those of them that one peer sent
	StrangerAge   time.Duration    // 10 min: how long they count against their peer when it sends more
	MemoryBytes   int64            // 64 MiB: used ones that are kept at hand
	BacklogBytes  int64            // 32 MiB: those that are not written yet
	Now           func() time.Time // time.Now
}

func (o Options) withDefaults() Options {
	orDefault(&o.Bytes, 256<<20)
	orDefault(&o.Count, 65_536)
	orDefault(&o.StrangerBytes, 16<<20)
	orDefault(&o.PeerBytes, 2<<20)
	orDefault(&o.StrangerAge, 10*time.Minute)
	orDefault(&o.MemoryBytes, 64<<20)
	orDefault(&o.BacklogBytes, 32<<20)
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Library is the index of all programs, in the order of their use, and the texts
// at hand. Its methods may be called from any goroutine.
type Library struct {
	o    Options
	rows store.Programs

	// mu guards what follows, and every program's fields. It is never held during
	// I/O, and no other lock is taken under it.
	mu            sync.Mutex
	byHash        map[chains.Hash]*program
	main          *list.List // *program, the most recently used first
	strangers     *list.List
	memory        *list.List // those loaded and on the disk
	peers         map[string]int64
	bytes         int64 // all of them
	strangerBytes int64
	memoryBytes   int64
	backlog       int64 // not on the disk
	nextID        int64
	closed        bool
	unwritten
}

// Open reads the index of the programs in a store, evicts what is above bounds
// that are lower than they were, and has the store write what is to be written.
func Open(ctx context.Context, rows store.Programs, o Options) (*Library, error) {
	l := &Library{
		o: o.withDefaults(), rows: rows,
		byHash: map[chains.Hash]*program{}, main: list.New(), strangers: list.New(), memory: list.New(), peers: map[string]int64{},
	}
	err := rows.ProgramIndex(ctx, func(r store.ProgramRow) {
		l.insert(&program{ProgramRow: r, since: r.Used, saved: r.Used, state: onDisk})
		l.nextID = max(l.nextID, r.ID)
	})
	if err != nil {
		return nil, fmt.Errorf("read the index of programs: %w", err)
	}
	for l.strangerBytes > l.o.StrangerBytes {
		l.evictFrom(l.strangers)
	}
	for l.bytes > l.o.Bytes || len(l.byHash) > l.o.Count {
		if !l.evictFrom(l.strangers) {
			l.evictFrom(l.main)
		}
	}
	rows.WriteInBackground(l)
	return l, nil
}

// Put keeps a program, and tells whether it was not there before. It is there for
// others at once, and on the disk some milliseconds later.
//
// What a stranger sends fails with a [*store.LimitError] when it is larger than a
// peer may send at all, and with [ErrPeerFull] when it is too much for now.
// [ErrBacklog] says that there is no room, in the store or before it, that is not
// in use; [store.ErrClosed] that the library is closed.
func (l *Library) Put(ctx context.Context, p chains.Program, owner Owner) (created bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.put(p, owner)
}

// Program gives a program's text. ok is false when it is not kept. It counts as
// used for the order of eviction, but not as used by a root-signed message.
func (l *Library) Program(ctx context.Context, hash chains.Hash) (p chains.Program, ok bool, err error) {
	lease := l.Lease()
	defer lease.Release()
	return lease.Program(ctx, hash)
}

// Missing gives those of the hashes whose programs are not kept, in their order.
func (l *Library) Missing(ctx context.Context, hashes []chains.Hash) ([]chains.Hash, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	missing := []chains.Hash{}
	for _, h := range hashes {
		if l.byHash[h] == nil {
			missing = append(missing, h)
		}
	}
	return missing, nil
}

// Stats are sizes now.
type Stats struct {
	Programs      int   // kept
	Bytes         int64 // their size
	StrangerBytes int64 // of those that no root-signed message has used
	LoadedBytes   int64 // of those at hand
	BacklogBytes  int64 // of those that are not on the disk
}

// Stats gives the library's numbers.
func (l *Library) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Stats{len(l.byHash), l.bytes, l.strangerBytes, l.memoryBytes, l.backlog}
}

// Close refuses programs from now on, and leaves to the store's Close, which comes
// next, what it does not know yet of when programs were used.
func (l *Library) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for _, programs := range []*list.List{l.strangers, l.main} {
		for e := programs.Back(); e != nil; e = e.Prev() {
			if p := e.Value.(*program); p.Used != p.saved {
				l.noteUse(p)
			}
		}
	}
}
