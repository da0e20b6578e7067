package chains

import "sync"

// recent is a bounded set of 32-byte values, safe for concurrent use, that
// forgets what has not been asked for lately. The zero recent holds nothing and
// takes nothing.
//
// It has two generations of half its bound each. A value enters the young one,
// and enters it again when it is asked for; when the young one is full it
// becomes the old one, and what was old is forgotten. So a value stays as long
// as it is asked for once per half a bound of newcomers. To drive out what is
// in use, somebody must make tens of thousands of newcomers between two uses, and
// each of them is paid for: only what was found good is remembered, and to find
// out costs what the cache saves. What is forgotten is worked out again.
type recent struct {
	mu         sync.Mutex
	half       int
	young, old map[[32]byte]struct{}
}

// newRecent makes a set of at most bound values, which is 2 or more.
func newRecent(bound int) *recent {
	return &recent{
		half:  bound / 2,
		young: make(map[[32]byte]struct{}),
		old:   make(map[[32]byte]struct{}),
	}
}

// has reports whether the set holds k, and keeps it from being forgotten soon.
func (r *recent) has(k [32]byte) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.young[k]; ok {
		return true
	}
	if _, ok := r.old[k]; !ok {
		return false
	}
	r.put(k)
	return true
}

// add puts k into the set.
func (r *recent) add(k [32]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.put(k)
}

// put is add under the lock.
func (r *recent) put(k [32]byte) {
	if r.half == 0 {
		return
	}
	if _, ok := r.young[k]; !ok && len(r.young) >= r.half {
		clear(r.old)
		r.young, r.old = r.old, r.young
	}
	r.young[k] = struct{}{}
}
