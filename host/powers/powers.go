// Package powers is the qvat:* modules: what root-power.js may require, and so
// all that a vat's programs can ever be given. Each has a Go half and a guest
// half, a file each beside the other (store.go, store.js).
//
// It promises that a module which qvat.toml does not grant does not exist; that
// a grant reaches what it names and nothing beside it (one directory, the listed
// origins); that what has an effect outside the database is staged in the
// invocation's transaction and happens after the commit, or not at all, unless the
// owner has asked for requests at once; and that what the clock, chance and the
// network told an invocation is recorded, so that it can be run again.
//
// Guest halves run beside hostile programs. The Go halves check every call as
// if it came from one. What a program may see of an error is a
// [runtime.Refusal], which holds nothing of the host; every other error ends the
// invocation.
//
// docs/POWERS.md is the reference for those who write root-power.js.
package powers

import (
	"errors"
	"fmt"
	"time"

	"qvat/chains"
	"qvat/host/mail"
	"qvat/host/store"
	"qvat/runtime"
)

// Kinds of rows that powers stage in the outbox.
const (
	// OutboxFiles rows are for [Set.Apply].
	OutboxFiles = "files"
	// OutboxHTTP rows are for [Set.Send].
	OutboxHTTP = "http"
)

// Set is the modules that one vat grants. Its methods may be called from any
// goroutine.
type Set struct {
	grants  Grants
	modules []runtime.Module
	files   *directory // nil when it is not granted
	http    *client    // nil when it is not granted
}

// New checks grants, and opens what they name. The error says which setting is
// wrong and how; it is for the vat's owner, and may hold paths.
func New(g Grants) (*Set, error) {
	s := &Set{grants: g}
	add := func(granted bool, name, source string) {
		if granted {
			s.modules = append(s.modules, runtime.Module{Name: name, Source: source})
		}
	}
	add(g.Store, "qvat:store", storeSource)
	add(g.Log, "qvat:log", logSource)
	add(g.Message, "qvat:message", messageSource)
	add(g.Clock, "qvat:clock", clockSource)
	add(g.Random, "qvat:random", randomSource)
	if g.Mail {
		s.modules = append(s.modules, runtime.Module{Name: "qvat:mail", Source: mailSource, Slots: true})
	}
	add(g.Files.Dir != "", "qvat:files", filesSource)
	add(len(g.HTTP.Origins) > 0, "qvat:http", httpSource)
	var err error
	if s.http, err = newClient(g.HTTP); err != nil {
		return nil, fmt.Errorf("http: %w", err)
	}
	if s.files, err = openDirectory(g.Files); err != nil {
		return nil, fmt.Errorf("files: %w", errors.Join(err, s.Close()))
	}
	return s, nil
}

// Close lets go of the granted directory, and of idle connections. No invocation
// may be under way.
func (s *Set) Close() error {
	if s.http != nil {
		s.http.http.CloseIdleConnections()
	}
	if s.files != nil {
		return s.files.root.Close()
	}
	return nil
}

// Modules gives the granted modules, for [runtime.Options].
func (s *Set) Modules() []runtime.Module { return append([]runtime.Module(nil), s.modules...) }

// Scope is what the powers of one attempt at an invocation act on. One that is
// run again after a conflict gets another transaction, other Lines, and the
// Recorder that [Recorder.Again] gives.
type Scope struct {
	Tx      store.Tx
	ID      chains.Hash
	Chain   chains.Verified
	Arrived time.Time
	// Recorder collects what the invocation is told, for [store.Record]'s
	// Recorded. nil: one that nobody reads.
	Recorder *Recorder
	// Lines collects what it logs. nil drops it.
	Lines *Lines
	// Post is the vat's agents, within Tx. nil: there are none.
	Post *mail.Inside
	// Slots are the capabilities in the invocation's data. nil: it is no call.
	Slots *mail.Slots
}

// Open gives the granted modules for one attempt at an invocation, by name, for
// [runtime.Invocation].
func (s *Set) Open(m Scope) map[string]runtime.Power {
	if m.Recorder == nil {
		m.Recorder = &Recorder{}
	}
	if m.Lines == nil {
		m.Lines = &Lines{}
	}
	powers := make(map[string]runtime.Power, len(s.modules))
	g := &s.grants
	if g.Store {
		powers["qvat:store"] = &storePower{m.Tx}
	}
	if g.Log {
		powers["qvat:log"] = &logPower{m.Lines}
	}
	if g.Message {
		powers["qvat:message"] = &messagePower{m.ID, m.Chain, m.Arrived}
	}
	if g.Clock {
		powers["qvat:clock"] = &clockPower{m.Recorder, m.Arrived.UnixMilli()}
	}
	if g.Random {
		powers["qvat:random"] = &randomPower{m.Recorder}
	}
	if g.Mail {
		powers["qvat:mail"] = &mailPower{post: m.Post, slots: m.Slots, agents: map[string]*mail.Agent{}}
	}
	if s.files != nil {
		powers["qvat:files"] = &filesPower{view: view{dir: s.files}, tx: m.Tx, chance: m.Recorder.Chance("qvat:files")}
	}
	if s.http != nil {
		powers["qvat:http"] = &httpPower{client: s.http, tx: m.Tx, recorder: m.Recorder}
	}
	return powers
}
