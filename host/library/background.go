package library

import (
	"qvat/chains"
	"qvat/host/store"
)

// This file is how programs come to the disk and leave memory: the store takes
// what there is to write along with its commits, or by itself when there is none
// for a while.

// unwritten is what the store has not got yet. Library.mu guards it.
type unwritten struct {
	puts    []*program
	drops   []int64 // ids
	touched []*program
	taken   taken
}

// taken is what the store is writing.
type taken struct {
	puts, touched []*program
	writes        store.ProgramWrites
}

// Bounds of what is taken along with one batch.
const (
	takeBytes = 2 << 20
	takeItems = 512
)

// Take is store.ProgramSource's.
func (l *Library) Take() store.ProgramWrites {
	l.mu.Lock()
	defer l.mu.Unlock()
	var t taken
	var bytes int64
	n := 0
	// No program comes before the row goes that it had when it was there before.
	for ; len(l.drops) <= takeItems && n < len(l.puts) && len(t.puts) < takeItems && bytes < takeBytes; n++ {
		if p := l.puts[n]; p.state == waiting {
			p.state = writing
			bytes += p.Size
			t.puts = append(t.puts, p)
			t.writes.Put = append(t.writes.Put, store.ProgramPut{ProgramRow: p.ProgramRow, Text: p.value.Text()})
		}
	}
	l.puts = l.puts[n:]
	n = min(len(l.drops), takeItems)
	t.writes.Drop, l.drops = l.drops[:n:n], l.drops[n:]
	n = min(len(l.touched), takeItems)
	for _, p := range l.touched[:n] {
		p.stale = false
		if p.place != nil {
			t.touched = append(t.touched, p)
			t.writes.Used = append(t.writes.Used, p.ProgramRow)
		}
	}
	l.touched = l.touched[n:]
	l.taken = t
	return t.writes
}

// Done is store.ProgramSource's. What could not be written is tried again.
func (l *Library) Done(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.taken
	l.taken = taken{}
	for _, p := range t.puts {
		l.putDone(p, err)
	}
	if err != nil {
		l.drops = append(l.drops, t.writes.Drop...)
	}
	for i, p := range t.touched {
		switch {
		case p.place == nil:
		case err != nil:
			l.noteUse(p)
		default:
			p.saved = t.writes.Used[i].Used
		}
	}
}

// putDone takes note of whether a program is on the disk now.
func (l *Library) putDone(p *program, err error) {
	if err != nil && p.place != nil {
		p.state = waiting
		l.puts = append(l.puts, p)
		return
	}
	l.backlog -= p.Size
	switch {
	case p.place == nil:
		p.state = evicted // meanwhile; where it has a row, that is among the drops
	case p.Stranger:
		p.state = onDisk
		p.value, p.loaded = chains.Program{}, false
	default:
		p.state = onDisk
		l.remember(p)
	}
}

// noteUse has the store told when a program was last used, and by whom.
func (l *Library) noteUse(p *program) {
	if !p.stale {
		p.stale = true
		l.touched = append(l.touched, p)
	}
}

// remember counts a program that is loaded and on the disk, and unloads the
// least recently used ones when there are too many.
func (l *Library) remember(p *program) {
	if p.memory != nil {
		return
	}
	p.memory = l.memory.PushFront(p)
	l.memoryBytes += p.Size
	for l.memoryBytes > l.o.MemoryBytes {
		l.unload(l.memory.Back().Value.(*program))
	}
}

// unload lets go of a program's text, if it is loaded.
func (l *Library) unload(p *program) {
	if p.memory != nil {
		l.memory.Remove(p.memory)
		p.memory = nil
		l.memoryBytes -= p.Size
	}
	p.value, p.loaded = chains.Program{}, false
}
