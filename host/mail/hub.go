package mail

import "sync"

// hub tells followers within this process that something has changed. It only
// wakes them: what has changed they read from the database, so one that is slow,
// or was away, misses nothing.
type hub struct {
	mu   sync.Mutex
	ears map[string]map[chan struct{}]struct{} // by what they listen to
}

// What followers listen to.
func hearMail(seat string) string       { return "mail/" + seat }
func hearNames(directory number) string { return "names/" + directory.String() }

// listen gives a channel that receives something after what is named has
// changed, and a function to stop.
func (h *hub) listen(what string) (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ears == nil {
		h.ears = map[string]map[chan struct{}]struct{}{}
	}
	if h.ears[what] == nil {
		h.ears[what] = map[chan struct{}]struct{}{}
	}
	h.ears[what][c] = struct{}{}
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.ears[what], c)
		if len(h.ears[what]) == 0 {
			delete(h.ears, what)
		}
	}
}

func (h *hub) tell(what string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.ears[what] {
		signal(c)
	}
}

// signal wakes whoever waits on a channel of one place.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
