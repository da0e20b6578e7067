package library

import (
	"container/list"

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

// program is what is known of a program that is kept. Library.mu guards it; its
// id, hash and size never change.
type program struct {
	store.ProgramRow
	since int64         // when it was put, in seconds since 1970
	saved int64         // what the store has for Used
	place *list.Element // in Library.main or Library.strangers; nil when it was evicted

	pins   int // leases that hold it
	state  programState
	value  chains.Program // while loaded
	loaded bool
	memory *list.Element // in Library.memory; nil while it is not written
	stale  bool          // it is among Library.touched
}

// programState tells how far a program has come to the disk.
type programState int

const (
	waiting programState = iota // to be taken by the store
	writing
	onDisk
	evicted
)

// insert adds a program as the most recently used one.
func (l *Library) insert(p *program) {
	l.byHash[p.Hash] = p
	l.bytes += p.Size
	if p.Stranger {
		p.place = l.strangers.PushFront(p)
		l.strangerBytes += p.Size
		l.peers[p.Peer] += p.Size
	} else {
		p.place = l.main.PushFront(p)
	}
}

// put keeps a program. Library.mu is held.
func (l *Library) put(value chains.Program, owner Owner) (bool, error) {
	if l.closed {
		return false, store.ErrClosed
	}
	if p := l.byHash[value.Hash()]; p != nil {
		l.touch(p, owner.Used)
		return false, nil
	}
	now := l.o.Now().Unix()
	p := &program{
		ProgramRow: store.ProgramRow{
			Hash: value.Hash(), Size: int64(len(value.Text())) + programOverhead, Used: now, Stranger: !owner.Used,
		},
		since: now, saved: now, value: value, loaded: true,
	}
	if p.Stranger {
		p.Peer = owner.Peer
	}
	if err := l.makeRoom(p); err != nil {
		return false, err
	}
	l.nextID++
	p.ID = l.nextID
	l.insert(p)
	l.backlog += p.Size
	l.puts = append(l.puts, p)
	l.rows.ProgramsWait()
	return true, nil
}

// makeRoom evicts what must go so that p can be inserted.
func (l *Library) makeRoom(p *program) error {
	if l.backlog+p.Size > l.o.BacklogBytes && l.backlog > 0 {
		return ErrBacklog
	}
	if p.Stranger {
		if most := min(l.o.PeerBytes, l.o.StrangerBytes); p.Size > most {
			return &store.LimitError{Limit: "a program that no root-signed message has used", Max: most}
		}
		if err := l.makePeerRoom(p); err != nil {
			return err
		}
		for l.strangerBytes+p.Size > l.o.StrangerBytes {
			if !l.evictFrom(l.strangers) {
				return ErrBacklog
			}
		}
	}
	for l.bytes+p.Size > l.o.Bytes || len(l.byHash) >= l.o.Count {
		if !l.evictFrom(l.strangers) && !l.evictFrom(l.main) {
			return ErrBacklog
		}
	}
	return nil
}

// makePeerRoom evicts what a peer sent long ago, if it needs that to send p.
func (l *Library) makePeerRoom(p *program) error {
	old := p.since - int64(l.o.StrangerAge.Seconds())
	for e := l.strangers.Back(); e != nil && l.peers[p.Peer]+p.Size > l.o.PeerBytes; {
		candidate := e.Value.(*program)
		e = e.Prev()
		if candidate.Peer == p.Peer && candidate.since <= old && candidate.pins == 0 {
			l.evict(candidate)
		}
	}
	if l.peers[p.Peer]+p.Size > l.o.PeerBytes {
		return ErrPeerFull
	}
	return nil
}

// evictFrom evicts the least recently used program of a list that is not in
// use, and tells whether there was one.
func (l *Library) evictFrom(programs *list.List) bool {
	for e := programs.Back(); e != nil; e = e.Prev() {
		if p := e.Value.(*program); p.pins == 0 {
			l.evict(p)
			return true
		}
	}
	return false
}

func (l *Library) evict(p *program) {
	delete(l.byHash, p.Hash)
	l.bytes -= p.Size
	l.leaveStrangers(p)
	if !p.Stranger {
		l.main.Remove(p.place)
	}
	l.unload(p)
	if p.state == waiting {
		l.backlog -= p.Size
	} else {
		l.drops = append(l.drops, p.ID)
		l.rows.ProgramsWait()
	}
	if p.state != writing {
		p.state = evicted
	}
	p.place = nil
}

// leaveStrangers takes a program off the strangers' books.
func (l *Library) leaveStrangers(p *program) {
	if !p.Stranger {
		return
	}
	l.strangers.Remove(p.place)
	l.strangerBytes -= p.Size
	if l.peers[p.Peer] -= p.Size; l.peers[p.Peer] == 0 {
		delete(l.peers, p.Peer)
	}
}

// saveAfter is how many seconds the store may lie behind on when a program
// was last used.
const saveAfter = 600

// touch marks a program as used now, and by a root-signed message if used.
func (l *Library) touch(p *program, used bool) {
	now := l.o.Now().Unix()
	promoted := used && p.Stranger
	if promoted {
		l.leaveStrangers(p)
		p.Stranger, p.Peer = false, ""
		p.place = l.main.PushFront(p)
	} else if p.Stranger {
		l.strangers.MoveToFront(p.place)
	} else {
		l.main.MoveToFront(p.place)
	}
	p.Used = now
	if p.memory != nil {
		l.memory.MoveToFront(p.memory)
	}
	if (promoted || p.Used-p.saved > saveAfter) && !p.stale {
		l.noteUse(p)
		l.rows.ProgramsWait()
	}
}
