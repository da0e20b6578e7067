package agent

import (
	"context"
	"errors"
	"fmt"

	"qvat/cmd/qvat/cli"
	"qvat/host/caps"
	"qvat/host/control"
	"qvat/host/fault"
)

// failure gives what went wrong with a call a row of the tables.
func (t *talk) failure(ctx context.Context, err error) *cli.Failure {
	var known *cli.Failure
	var m *caps.Error
	var f *fault.Error
	var deaf *cli.Unwritten
	switch {
	case errors.As(err, &deaf):
		return &cli.Failure{Name: cli.ExitFailed, Err: err, Hint: "it was done; only the answer could not be written"}
	case errors.As(err, &known):
		return known
	case errors.As(err, &m):
		return &cli.Failure{Name: mailExit(m.Code), Err: fmt.Errorf("%s: %w", m.Code, m), Hint: m.Hint}
	case errors.As(err, &f):
		return cli.FaultFailure(f)
	case errors.Is(err, control.ErrNotRunning) && !cli.IsVat(t.vat):
		return cli.FileError("name a vat's base directory with --vat, or make one with 'qvat init "+t.vat+"'", "there is no vat in %s", t.vat)
	case errors.Is(err, control.ErrNotRunning):
		return &cli.Failure{Name: cli.ExitUnreachable, Err: err, Hint: "'qvat run " + t.vat + "' starts it"}
	case ctx.Err() != nil:
		return &cli.Failure{Name: cli.ExitInterrupted, Err: errors.New("interrupted before the vat answered"), Hint: "it may have been done all the same"}
	case errors.Is(err, control.ErrNotVat):
		return &cli.Failure{Name: cli.ExitUnreachable, Err: err, Hint: "stop the vat, and run it with this version"}
	}
	return &cli.Failure{Name: cli.ExitUnreachable, Err: err, Hint: "only the vat's own user, and root, may open its socket"}
}

// errorJSON is a failure as --json shows it. Its code is the vat's own word,
// where the vat has refused.
func errorJSON(f *cli.Failure) any {
	if f.Fault != nil {
		return f.Fault
	}
	out := struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Hint    string `json:"hint,omitempty"`
	}{f.Name, f.Error(), f.Hint}
	if m := (*caps.Error)(nil); errors.As(f.Err, &m) {
		out.Code, out.Message = string(m.Code), m.Message
	}
	return out
}

// mailExit gives the row of cli.ExitTable for a code of package mail. Some share one: what was
// sent in no way that the other side can take is all refused.
func mailExit(c caps.Code) string {
	switch c {
	case caps.NotFound, caps.BadName, caps.Full, caps.Elsewhere:
		return string(c)
	case caps.Used, caps.Expired:
		return cli.ExitUsed
	case caps.Refused, caps.Wrong, caps.BadSeal, caps.Replayed:
		return cli.ExitRefused
	case caps.Failed:
		return cli.ExitChainFailed
	}
	return cli.ExitFailed
}
