package caps

import "sync"

// Subscribers are those within this process who want to hear that something has
// changed. They are only woken: what has changed they read from the database, so
// one that is slow, or was away, misses nothing.
type Subscribers struct {
	mu     sync.Mutex // guards topics
	topics map[string]map[chan struct{}]struct{}
}

// TopicNames is the topic of a directory's names.
func TopicNames(directory Number) string { return "names/" + directory.String() }

// topicSuspects is the topic of what has lost a holder.
const topicSuspects = "suspects"

// Subscribe gives a channel that receives something after a topic has been
// notified, and a function to stop that.
func (s *Subscribers) Subscribe(topic string) (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.topics == nil {
		s.topics = map[string]map[chan struct{}]struct{}{}
	}
	if s.topics[topic] == nil {
		s.topics[topic] = map[chan struct{}]struct{}{}
	}
	s.topics[topic][c] = struct{}{}
	return c, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.topics[topic], c)
		if len(s.topics[topic]) == 0 {
			delete(s.topics, topic)
		}
	}
}

// Notify wakes who has subscribed to a topic.
func (s *Subscribers) Notify(topic string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// order: each of them is woken, and reads by itself
	for c := range s.topics[topic] {
		select {
		case c <- struct{}{}:
		default: // it has not looked since it was last woken
		}
	}
}
