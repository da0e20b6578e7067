package api

import (
	"net/netip"
	"sync"
	"sync/atomic"

	"golang.org/x/time/rate"
)

// peers is the table of who is talking to us. It is bounded: a peer that has
// nothing open may be forgotten when room is needed, those first whose rate
// has recovered in full, since forgetting them changes nothing.
type peers struct {
	limits PeerLimits
	room   int // entries, well above the connections that can be open

	mu sync.Mutex
	of map[string]*peer
}

// peer is what one peer has taken. Its counters outlive a connection, so that
// connecting anew gains nothing.
type peer struct {
	name     string
	loopback bool
	inFlight atomic.Int64
	bytes    atomic.Int64 // of bodies in memory
	rate     *rate.Limiter

	// Guarded by peers.mu.
	connections int
	users       int // connections and requests that hold this entry
}

func newPeers(limits PeerLimits, room int) *peers {
	return &peers{limits: limits, room: room, of: map[string]*peer{}}
}

// connect gives the peer of a new connection, which must be followed by
// disconnect; false when it has too many.
func (t *peers) connect(addr string) (*peer, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.find(addr)
	if p.connections >= t.limits.Connections {
		return nil, false
	}
	p.connections++
	p.users++
	return p, true
}

func (t *peers) disconnect(p *peer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p.connections--
	p.users--
}

// hold gives the peer of a request that came by no connection of ours; let it
// go with release.
func (t *peers) hold(addr string) *peer {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.find(addr)
	p.users++
	return p
}

func (t *peers) release(p *peer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p.users--
}

// find gives the entry of an address, making it if it is not there.
func (t *peers) find(addr string) *peer {
	name, loopback := peerName(addr)
	if p := t.of[name]; p != nil {
		return p
	}
	if len(t.of) >= t.room {
		t.forget()
	}
	p := &peer{
		name:     name,
		loopback: loopback,
		rate:     rate.NewLimiter(rate.Limit(t.limits.Rate), t.limits.Burst),
	}
	t.of[name] = p
	return p
}

// forget drops an entry that nobody holds. It looks at a few for one whose
// rate has recovered; the order of a map's iteration is random enough.
func (t *peers) forget() {
	var unused *peer
	looked := 0
	for _, p := range t.of {
		if p.users > 0 {
			continue
		}
		unused = p
		looked++
		if looked == 16 || p.rate.Tokens() >= float64(t.limits.Burst) {
			break
		}
	}
	if unused != nil {
		delete(t.of, unused.name)
	}
}

// peerName turns a connection's address into the name of its peer. What is
// not an IP address stands for itself.
func peerName(addr string) (name string, loopback bool) {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return addr, false
	}
	a := ap.Addr().Unmap()
	if a.Is4() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return a.String(), a.IsLoopback()
	}
	network := netip.PrefixFrom(a.WithZone(""), 64).Masked()
	return network.String(), false
}

// share is what one request holds of the memory for bodies.
type share struct {
	of    *atomic.Int64 // everybody's
	max   int64
	peer  *peer
	limit int64 // the peer's
	n     int64
}

// grow takes n bytes more before they are allocated.
func (h *share) grow(n int) error {
	d := int64(n)
	if h.peer.bytes.Add(d) > h.limit {
		h.peer.bytes.Add(-d)
		return busyPeer("body_memory", "this peer sends too much at once; wait for an answer first")
	}
	if h.of.Add(d) > h.max {
		h.of.Add(-d)
		h.peer.bytes.Add(-d)
		return busy("body_memory", "the vat is reading as much as it can hold")
	}
	h.n += d
	return nil
}

func (h *share) release() {
	h.of.Add(-h.n)
	h.peer.bytes.Add(-h.n)
	h.n = 0
}
