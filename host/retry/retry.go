// Package retry says when something that failed is tried again. It promises that
// the wait doubles with each failure up to a bound, and that nothing of it
// outlives the process: what is to be tried is its caller's to keep.
package retry

import (
	"maps"
	"sync"
	"time"
)

// After is how long to wait after a failure, when failed others came before it:
// first, which doubles with each, and last at most.
func After(failed int, first, last time.Duration) time.Duration {
	for wait := first; ; wait *= 2 {
		if failed <= 0 || wait >= last {
			return min(wait, last)
		}
		failed--
	}
}

// Tries remembers by keys what has failed. After the first failure of a key the
// wait is First; it doubles up to Last. Both must be set before its first use;
// its methods may be called from any goroutine.
type Tries[K comparable] struct {
	First, Last time.Duration

	mu  sync.Mutex
	all map[K]Try
}

// Try is what became of the tries of one key; the zero value has not failed yet.
type Try struct {
	Failed int       // how often, since it was last forgotten
	Due    time.Time // when it may be tried again
	Why    string    // why the last one failed
}

// Wait is how long it is until the next try; 0 is now.
func (t Try) Wait(now time.Time) time.Duration { return max(t.Due.Sub(now), 0) }

// Fail notes that a try failed, and gives what is known of the key with it.
func (t *Tries[K]) Fail(key K, now time.Time, why string) Try {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all == nil {
		t.all = map[K]Try{}
	}
	failed := t.all[key].Failed
	try := Try{Failed: failed + 1, Due: now.Add(After(failed, t.First, t.Last)), Why: why}
	t.all[key] = try
	return try
}

// Of gives what is known of a key.
func (t *Tries[K]) Of(key K) Try {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all[key]
}

// Forget notes that keys have not failed.
func (t *Tries[K]) Forget(keys ...K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, key := range keys {
		delete(t.all, key)
	}
}

// Keep forgets all keys but some.
func (t *Tries[K]) Keep(keys map[K]bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.all, func(key K, _ Try) bool { return !keys[key] })
}
