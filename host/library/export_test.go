package library

import "fmt"

// Check checks the sums that the bounds go by.
func (l *Library) Check() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var bytes, strangers, loaded int64
	peers := map[string]int64{}
	for _, p := range l.byHash {
		bytes += p.Size
		if p.Stranger {
			strangers += p.Size
			peers[p.Peer] += p.Size
		}
		if p.memory != nil {
			loaded += p.Size
		}
		if p.pins < 0 {
			return fmt.Errorf("program %s is held %d times", p.Hash, p.pins)
		}
	}
	if bytes != l.bytes || strangers != l.strangerBytes || loaded != l.memoryBytes || len(peers) != len(l.peers) {
		return fmt.Errorf("programs count %d bytes, %d of strangers, %d at hand; there are %d, %d, %d",
			l.bytes, l.strangerBytes, l.memoryBytes, bytes, strangers, loaded)
	}
	for peer, n := range peers {
		if l.peers[peer] != n {
			return fmt.Errorf("a peer's programs count %d bytes; there are %d", l.peers[peer], n)
		}
	}
	if l.bytes > l.o.Bytes || l.strangerBytes > l.o.StrangerBytes || len(l.byHash) > l.o.Count {
		return fmt.Errorf("programs are above their bounds: %d bytes, %d of strangers, %d programs", l.bytes, l.strangerBytes, len(l.byHash))
	}
	return nil
}
