package dev

import (
	"context"
	"log/slog"
	"time"

	"qvat/chains"
	"qvat/host"
	"qvat/host/fault"
	"qvat/host/powers"
	"qvat/runtime"
	"qvat/tools/project"
)

// Message is what became of a message. All texts in it come from programs.
type Message struct {
	At time.Time
	// Outcome is "ok", "abandoned", or a code of docs/ERRORS.md.
	Outcome string
	// Programs are the programs of its links: names where they are known, and
	// otherwise hashes.
	Programs []string
	// Fuel and Micros are what its last run used.
	Fuel, Micros int64
	Console      []runtime.LogLine
	Log          []powers.Logged
	// Error says what went wrong, "" where nothing did; Place is where, in the
	// sources, nil where that is not known.
	Error string
	Place *project.Place
}

// observe is told of each message by the vat.
func (s *server) observe(o host.Observed) {
	if s.o.Message == nil {
		return
	}
	m := Message{
		At: time.Now(), Outcome: o.Outcome, Fuel: o.Fuel, Micros: o.Micros, Console: o.Console, Log: o.Log,
	}
	s.mu.Lock()
	for _, h := range o.Programs {
		name := s.maps.Modules[h.String()].Name
		if name == "" {
			name = h.String()
		}
		m.Programs = append(m.Programs, name)
	}
	if o.Err != nil {
		f := fault.Of(o.Err)
		m.Error = project.Explain(f)
		m.Place = s.place(f)
	}
	s.mu.Unlock()
	s.tell(func() { s.o.Message(m) })
}

// place finds where a fault arose, in the sources. The caller holds s.mu.
func (s *server) place(f *fault.Error) *project.Place {
	hash, err := chains.ParseHash(f.Program)
	if err != nil {
		return nil
	}
	at, ok := s.project.Place(s.maps, s.project.Dir, s.texts[hash], f.Line, f.Column)
	if !ok {
		return nil
	}
	return &at
}

// tell calls one of the options' functions, while no other runs.
func (s *server) tell(f func()) {
	s.telling.Lock()
	defer s.telling.Unlock()
	f()
}

// handler passes on what the vat logs of itself. What messages log comes with
// them.
type handler struct {
	server *server
	attrs  []slog.Attr
}

// Enabled is slog.Handler's.
func (h *handler) Enabled(context.Context, slog.Level) bool { return h.server.o.Note != nil }

// Handle is slog.Handler's.
func (h *handler) Handle(_ context.Context, r slog.Record) error {
	text, message := r.Message, false
	note := func(a slog.Attr) bool {
		message = message || a.Key == "message"
		text += " " + a.Key + "=" + a.Value.String()
		return true
	}
	for _, a := range h.attrs {
		note(a)
	}
	r.Attrs(note)
	if !message {
		h.server.tell(func() { h.server.o.Note(r.Level, text) })
	}
	return nil
}

// WithAttrs is slog.Handler's.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &handler{h.server, append(append([]slog.Attr{}, h.attrs...), attrs...)}
}

// WithGroup is slog.Handler's. The vat's log has no groups.
func (h *handler) WithGroup(string) slog.Handler { return h }
