package sqlite

import (
	"container/list"
	"context"
	"errors"
	"sync"

	"qvat/chains"
	"qvat/host/store"
)

// Owner says who brings a program.
type Owner struct {
	// Peer sent it, as the network knows it.
	Peer string
	// Used tells that a root-signed message uses it. Otherwise it goes to the
	// strangers' space: small, bounded for each peer, and evicted first.
	Used bool
}

// programOverhead is about what a program costs beside its text.
const programOverhead = 256

// program is what is known of a program that is kept. programs.mu guards it.
type program struct {
	id   int64
	hash chains.Hash
	size int64  // of its text, and programOverhead
	peer string // who sent it, while it is a stranger's

	stranger bool
	since    int64         // when it was put, in seconds since 1970
	used     int64         // when it was last used
	saved    int64         // what the database has for used
	place    *list.Element // in programs.main or programs.strangers

	pins   int // leases that hold it
	state  programState
	value  chains.Program // while loaded
	loaded bool
	memory *list.Element // in programs.memory; nil while it is not written
	stale  bool          // it is among programs.touched
}

// programState tells how far a program has come to the disk.
type programState int

const (
	waiting programState = iota // to be taken by the committer
	writing
	onDisk
	evicted
)

// programs are the vat's programs: the index of all of them, in the order of
// their use, and the texts at hand. Its lock is never held during I/O, and no
// other is taken under it.
type programs struct {
	o   *ProgramOptions
	now func() int64
	// changed asks the committer to write before long.
	changed func()

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
	puts          []*program
	drops         []int64 // ids
	touched       []*program
	stopped       bool
}

// load reads the index from the database.
func (ps *programs) load(s *Store) (err error) {
	*ps = programs{
		o: &s.o.Programs, now: func() int64 { return s.o.Now().Unix() }, changed: s.flushLater,
		byHash: map[chains.Hash]*program{}, main: list.New(), strangers: list.New(), memory: list.New(), peers: map[string]int64{},
	}
	all, err := s.w.c.Prepare("SELECT id, hash, size, peer, peer IS NOT NULL, used FROM qvat_programs ORDER BY used, id")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, all.Close()) }()
	for {
		more, err := all.Step()
		if err != nil {
			return err
		}
		if !more {
			ps.shrink()
			return nil
		}
		p := &program{
			id: all.ColumnInt(0), hash: chains.Hash(all.ColumnBytes(1)), size: all.ColumnInt(2), peer: all.ColumnText(3),
			stranger: all.ColumnInt(4) != 0, used: all.ColumnInt(5), saved: all.ColumnInt(5), state: onDisk,
		}
		p.since = p.used
		ps.insert(p)
		ps.nextID = max(ps.nextID, p.id)
	}
}

// shrink evicts what is above bounds that are lower than they were.
func (ps *programs) shrink() {
	for ps.strangerBytes > ps.o.StrangerBytes {
		ps.evictFrom(ps.strangers)
	}
	for ps.bytes > ps.o.Bytes || len(ps.byHash) > ps.o.Count {
		if !ps.evictFrom(ps.strangers) {
			ps.evictFrom(ps.main)
		}
	}
}

// insert adds a program as the most recently used one.
func (ps *programs) insert(p *program) {
	ps.byHash[p.hash] = p
	ps.bytes += p.size
	if p.stranger {
		p.place = ps.strangers.PushFront(p)
		ps.strangerBytes += p.size
		ps.peers[p.peer] += p.size
	} else {
		p.place = ps.main.PushFront(p)
	}
}

// PutProgram keeps a program, and tells whether it was not there before. It is
// there for others at once, and on the disk some milliseconds later: a program
// that is lost when the process is killed is sent again.
//
// What a stranger sends fails with a [*LimitError] when it is larger than a
// peer may send at all, and with [ErrPeerFull] when it is too much for now.
// [ErrBacklog] says that there is no room, in the database or before it, that
// is not in use.
func (s *Store) PutProgram(ctx context.Context, p chains.Program, owner Owner) (created bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	ps := &s.programs
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return ps.put(p, owner)
}

func (ps *programs) put(value chains.Program, owner Owner) (bool, error) {
	if ps.stopped {
		return false, store.ErrClosed
	}
	if p := ps.byHash[value.Hash()]; p != nil {
		ps.touch(p, owner.Used)
		return false, nil
	}
	now := ps.now()
	p := &program{
		hash: value.Hash(), size: int64(len(value.Text())) + programOverhead, since: now, used: now, saved: now,
		stranger: !owner.Used, value: value, loaded: true,
	}
	if p.stranger {
		p.peer = owner.Peer
	}
	if err := ps.makeRoom(p); err != nil {
		return false, err
	}
	ps.nextID++
	p.id = ps.nextID
	ps.insert(p)
	ps.backlog += p.size
	ps.puts = append(ps.puts, p)
	ps.changed()
	return true, nil
}

// makeRoom evicts what must go so that p can be inserted.
func (ps *programs) makeRoom(p *program) error {
	if ps.backlog+p.size > ps.o.BacklogBytes && ps.backlog > 0 {
		return store.ErrBacklog
	}
	if p.stranger {
		if most := min(ps.o.PeerBytes, ps.o.StrangerBytes); p.size > most {
			return &store.LimitError{Limit: "a program that no root-signed message has used", Max: most}
		}
		if err := ps.makePeerRoom(p); err != nil {
			return err
		}
		for ps.strangerBytes+p.size > ps.o.StrangerBytes {
			if !ps.evictFrom(ps.strangers) {
				return store.ErrBacklog
			}
		}
	}
	for ps.bytes+p.size > ps.o.Bytes || len(ps.byHash) >= ps.o.Count {
		if !ps.evictFrom(ps.strangers) && !ps.evictFrom(ps.main) {
			return store.ErrBacklog
		}
	}
	return nil
}

// makePeerRoom evicts what a peer sent long ago, if it needs that to send p.
func (ps *programs) makePeerRoom(p *program) error {
	old := p.since - int64(ps.o.StrangerAge.Seconds())
	for e := ps.strangers.Back(); e != nil && ps.peers[p.peer]+p.size > ps.o.PeerBytes; {
		candidate := e.Value.(*program)
		e = e.Prev()
		if candidate.peer == p.peer && candidate.since <= old && candidate.pins == 0 {
			ps.evict(candidate)
		}
	}
	if ps.peers[p.peer]+p.size > ps.o.PeerBytes {
		return store.ErrPeerFull
	}
	return nil
}

// evictFrom evicts the least recently used program of a list that is not in
// use, and tells whether there was one.
func (ps *programs) evictFrom(l *list.List) bool {
	for e := l.Back(); e != nil; e = e.Prev() {
		if p := e.Value.(*program); p.pins == 0 {
			ps.evict(p)
			return true
		}
	}
	return false
}

func (ps *programs) evict(p *program) {
	delete(ps.byHash, p.hash)
	ps.bytes -= p.size
	ps.leaveStrangers(p)
	if !p.stranger {
		ps.main.Remove(p.place)
	}
	ps.unload(p)
	if p.state == waiting {
		ps.backlog -= p.size
	} else {
		ps.drops = append(ps.drops, p.id)
		ps.changed()
	}
	if p.state != writing {
		p.state = evicted
	}
	p.place = nil
}

// leaveStrangers takes a program off the strangers' books.
func (ps *programs) leaveStrangers(p *program) {
	if !p.stranger {
		return
	}
	ps.strangers.Remove(p.place)
	ps.strangerBytes -= p.size
	if ps.peers[p.peer] -= p.size; ps.peers[p.peer] == 0 {
		delete(ps.peers, p.peer)
	}
}

// saveAfter is how many seconds the database may lie behind on when a program
// was last used.
const saveAfter = 600

// touch marks a program as used now, and by a root-signed message if used.
func (ps *programs) touch(p *program, used bool) {
	now := ps.now()
	promoted := used && p.stranger
	if promoted {
		ps.leaveStrangers(p)
		p.stranger, p.peer = false, ""
		p.place = ps.main.PushFront(p)
	} else if p.stranger {
		ps.strangers.MoveToFront(p.place)
	} else {
		ps.main.MoveToFront(p.place)
	}
	p.used = now
	if p.memory != nil {
		ps.memory.MoveToFront(p.memory)
	}
	if (promoted || p.used-p.saved > saveAfter) && !p.stale {
		p.stale = true
		ps.touched = append(ps.touched, p)
		ps.changed()
	}
}
