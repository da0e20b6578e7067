package control

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"qvat/host/caps"
	"qvat/host/fault"
)

// refusal is an error as it travels.
type refusal struct {
	*fault.Error
	Hint string `json:"hint,omitempty"`
}

// refusalOf makes err fit to travel: what has no code is written to the log,
// and told by a reference to it.
func (s *Server) refusalOf(ctx context.Context, err error) refusal {
	var m *caps.Error
	var f *fault.Error
	switch {
	case errors.As(err, &m):
		return refusal{Error: fault.New(fault.Code(m.Code), "%s", m.Message), Hint: m.Hint}
	case errors.As(err, &f) && f.Code != fault.Internal:
		return refusal{Error: f}
	case ctx.Err() != nil:
		return refusal{Error: fault.New(fault.Busy, "the vat is stopping"), Hint: "try again when it runs"}
	}
	f = fault.New(fault.Internal, "the vat failed to do this")
	f.Reference = rand.Text()[:12]
	s.o.Logger.LogAttrs(ctx, slog.LevelError, "a call of the control socket failed",
		slog.String("reference", f.Reference), slog.Any("err", err))
	return refusal{Error: f}
}

// status is the HTTP status of a code: that of docs/ERRORS.md, or what comes
// nearest to one of package mail's.
func status(c fault.Code) int {
	switch {
	case c == fault.Code(caps.NotFound):
		return http.StatusNotFound
	case isFault(c):
		return fault.Lookup(c).Status
	}
	return http.StatusUnprocessableEntity
}

func isFault(c fault.Code) bool { return fault.Lookup(c).Code == c }

// errorOf is what a refusal was made of: a *fault.Error or a *caps.Error.
func errorOf(b json.RawMessage) error {
	var r refusal
	if err := json.Unmarshal(b, &r); err != nil || r.Error == nil || r.Code == "" {
		return notVat("an error with no code")
	}
	if isFault(r.Code) {
		return r.Error
	}
	return &caps.Error{Code: caps.Code(r.Code), Message: r.Message, Hint: r.Hint}
}
