package web

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"sync"
	"time"
)

// How long what lets one in lasts, and how much of it there is at most.
const (
	tokenLife   = 10 * time.Minute
	sessionLife = 12 * time.Hour
	sessionIdle = time.Hour
	maxTokens   = 16 // the oldest goes first
	maxSessions = 64 // the one that was used longest ago goes first

	sessionStreams = 16 // windows of one session that hear of what is new
)

// secret is the hash of a token or of a session's id. The thing itself is with
// the browser alone.
type secret [sha256.Size]byte

// door lets in who has a token, and knows who is in. Everything lies in memory:
// a vat that starts again lets in nobody.
type door struct {
	now func() time.Time

	mu       sync.Mutex
	tokens   map[secret]time.Time // when they end
	sessions map[secret]*session
}

// session is somebody who is in. Its fields belong to the door's lock, but csrf
// and the channel, which stay as they are.
type session struct {
	csrf       string        // in every form
	ended      chan struct{} // closed when it is over
	made, used time.Time
	notice     *notice
	streams    int // that are open
}

// notice is what the next page says of what was just done.
type notice struct {
	Bad  bool
	Text string
	Hint string
	Copy string // to be copied from the page, such as a locator
}

func newDoor(now func() time.Time) *door {
	return &door{now: now, tokens: map[secret]time.Time{}, sessions: map[secret]*session{}}
}

// random is 32 random bytes, as text that can stand in a link.
func random() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // it never fails: see crypto/rand
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// newToken makes a token for one login.
func (d *door) newToken() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	for s, end := range d.tokens {
		if !now.Before(end) {
			delete(d.tokens, s)
		}
	}
	for len(d.tokens) >= maxTokens {
		var oldest secret
		var first time.Time
		for s, end := range d.tokens {
			if first.IsZero() || end.Before(first) {
				oldest, first = s, end
			}
		}
		delete(d.tokens, oldest)
	}
	t := random()
	d.tokens[sha256.Sum256([]byte(t))] = now.Add(tokenLife)
	return t
}

// enter takes a token, which works no more then, and gives a session's id.
func (d *door) enter(token string) (id string, ok bool) {
	given := secret(sha256.Sum256([]byte(token)))
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	for s, end := range d.tokens {
		// All are looked at, so that the time tells nothing.
		if subtle.ConstantTimeCompare(s[:], given[:]) == 1 {
			delete(d.tokens, s)
			ok = now.Before(end)
		}
	}
	if !ok {
		return "", false
	}
	d.forget(now)
	id = random()
	d.sessions[sha256.Sum256([]byte(id))] = &session{csrf: random(), ended: make(chan struct{}), made: now, used: now}
	return id, true
}

// forget drops the sessions that have ended, and makes room for one.
func (d *door) forget(now time.Time) {
	for s, one := range d.sessions {
		if one.over(now) {
			d.drop(s)
		}
	}
	for len(d.sessions) >= maxSessions {
		var oldest secret
		var first time.Time
		for s, one := range d.sessions {
			if first.IsZero() || one.used.Before(first) {
				oldest, first = s, one.used
			}
		}
		d.drop(oldest)
	}
}

// drop ends a session, and its streams at once. It is called with the lock held.
func (d *door) drop(key secret) {
	if s := d.sessions[key]; s != nil {
		delete(d.sessions, key)
		close(s.ended)
	}
}

func (s *session) over(now time.Time) bool {
	return now.Sub(s.made) >= sessionLife || now.Sub(s.used) >= sessionIdle
}

// find gives the session of an id, or nil. use says that somebody uses it now,
// and not a script of an open page by itself.
func (d *door) find(id string, use bool) *session {
	key := secret(sha256.Sum256([]byte(id)))
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.sessions[key]
	if s == nil {
		return nil
	}
	now := d.now()
	if s.over(now) {
		d.drop(key)
		return nil
	}
	if use {
		s.used = now
	}
	return s
}

// leave ends a session.
func (d *door) leave(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.drop(sha256.Sum256([]byte(id)))
}

// open makes room for one more stream of a session, unless it has as many as it
// may.
func (d *door) open(s *session) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.streams >= sessionStreams {
		return false
	}
	s.streams++
	return true
}

// shut gives the room back.
func (d *door) shut(s *session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s.streams--
}

// note leaves a notice for the session's next page.
func (d *door) note(s *session, n *notice) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s.notice = n
}

// noted takes the notice, or nil.
func (d *door) noted(s *session) *notice {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := s.notice
	s.notice = nil
	return n
}

// same compares a form's token with the session's.
func (s *session) same(csrf string) bool {
	return subtle.ConstantTimeCompare([]byte(s.csrf), []byte(csrf)) == 1
}
