package sqlite

import (
	"qvat/chains"
	"qvat/host/store/sqlite/lite"
)

// This file is how programs come to the disk and leave memory: the committer
// takes what there is to do along with a batch of commits, or by itself when
// there is none for a while.

// programWork is what of the programs there is to write.
type programWork struct {
	puts    []put
	drops   []int64
	touched []usage
}

// put is a program as it is to be written.
type put struct {
	usage
	value chains.Program
}

// usage is when a program was last used, as it is to be written.
type usage struct {
	p        *program
	used     int64
	stranger bool
	peer     string
}

func (p *program) usage() usage { return usage{p, p.used, p.stranger, p.peer} }

func (work programWork) empty() bool {
	return len(work.puts) == 0 && len(work.drops) == 0 && len(work.touched) == 0
}

// Bounds of what is taken along with one batch.
const (
	workBytes = 2 << 20
	workItems = 512
)

// take gives the committer something to write.
func (ps *programs) take() (work programWork) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	var bytes int64
	n := 0
	for ; n < len(ps.puts) && len(work.puts) < workItems && bytes < workBytes; n++ {
		if p := ps.puts[n]; p.state == waiting {
			p.state = writing
			bytes += p.size
			work.puts = append(work.puts, put{p.usage(), p.value})
		}
	}
	ps.puts = ps.puts[n:]
	n = min(len(ps.drops), workItems)
	work.drops, ps.drops = ps.drops[:n:n], ps.drops[n:]
	n = min(len(ps.touched), workItems)
	for _, p := range ps.touched[:n] {
		p.stale = false
		if p.place != nil {
			work.touched = append(work.touched, p.usage())
		}
	}
	ps.touched = ps.touched[n:]
	return work
}

// done takes note of what became of the work. What could not be written is
// tried again.
func (ps *programs) done(work programWork, err error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, put := range work.puts {
		p := put.p
		switch {
		case err != nil && p.place != nil:
			p.state = waiting
			ps.puts = append(ps.puts, p)
		case err != nil:
			p.state = evicted
			ps.backlog -= p.size
		case p.place == nil:
			p.state = evicted // meanwhile; its row is among the drops
			ps.backlog -= p.size
		default:
			p.state = onDisk
			ps.backlog -= p.size
			if p.stranger {
				p.value, p.loaded = chains.Program{}, false
			} else {
				ps.remember(p)
			}
		}
	}
	if err != nil {
		ps.drops = append(ps.drops, work.drops...)
	}
	for _, u := range work.touched {
		if u.p.place == nil {
			continue
		}
		if err == nil {
			u.p.saved = u.used
		} else if !u.p.stale {
			u.p.stale = true
			ps.touched = append(ps.touched, u.p)
		}
	}
}

// remember counts a program that is loaded and on the disk, and unloads the
// least recently used ones when there are too many.
func (ps *programs) remember(p *program) {
	if p.memory != nil {
		return
	}
	p.memory = ps.memory.PushFront(p)
	ps.memoryBytes += p.size
	for ps.memoryBytes > ps.o.MemoryBytes {
		ps.unload(ps.memory.Back().Value.(*program))
	}
}

// unload lets go of a program's text, if it is loaded.
func (ps *programs) unload(p *program) {
	if p.memory != nil {
		ps.memory.Remove(p.memory)
		p.memory = nil
		ps.memoryBytes -= p.size
	}
	p.value, p.loaded = chains.Program{}, false
}

// stop refuses what would have to be written from now on, and adds what the
// database does not know yet of when programs were used.
func (ps *programs) stop() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.stopped = true
	for _, p := range ps.byHash {
		if p.used != p.saved && !p.stale {
			p.stale = true
			ps.touched = append(ps.touched, p)
		}
	}
}

// programs writes what there is to write of programs.
func (w *writer) programs(work programWork) error {
	for _, put := range work.puts {
		p := put.p // its id, hash and size never change
		err := bindAll(peerOr(w.addProgram, 4, put.usage),
			w.addProgram.Int(1, p.id), w.addProgram.Blob(2, p.hash[:]), w.addProgram.Int(3, p.size), w.addProgram.Int(5, put.used),
			w.addText.Int(1, p.id), w.addText.Text(2, put.value.Text()))
		if err != nil {
			return err
		}
		if err := runAll(w.addProgram, w.addText); err != nil {
			return err
		}
	}
	for _, u := range work.touched {
		if err := bindAll(peerOr(w.useProgram, 1, u), w.useProgram.Int(2, u.used), w.useProgram.Int(3, u.p.id)); err != nil {
			return err
		}
		if err := w.useProgram.Run(); err != nil {
			return err
		}
	}
	for _, id := range work.drops {
		if err := bindAll(w.dropProgram.Int(1, id), w.dropText.Int(1, id)); err != nil {
			return err
		}
		if err := runAll(w.dropProgram, w.dropText); err != nil {
			return err
		}
	}
	return nil
}

// peerOr binds the peer that a stranger's program counts against, or NULL.
func peerOr(s *lite.Stmt, i int, u usage) error {
	if u.stranger {
		return s.Text(i, u.peer)
	}
	return s.Null(i)
}
