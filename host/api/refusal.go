package api

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"

	"qvat/chains"
	"qvat/host/fault"
)

// refusal is a fault with what HTTP says of it beyond the table.
type refusal struct {
	fault  *fault.Error
	status int    // 0: the table's
	reason string // for the metrics; empty: the fault's code
	allow  string // the Allow header of a 405
	hangUp bool   // close the connection after the answer
}

func (r *refusal) Error() string { return r.fault.Error() }

func (r *refusal) Unwrap() error { return r.fault }

// refusalOf finds the refusal in err, or makes one of the fault it holds.
func refusalOf(err error) *refusal {
	var r *refusal
	if !errors.As(err, &r) {
		r = &refusal{fault: faultOf(err)}
	}
	out := *r
	if out.status == 0 {
		out.status = fault.Lookup(out.fault.Code).Status
	}
	if out.reason == "" {
		out.reason = string(out.fault.Code)
	}
	return &out
}

// faultOf turns the errors of package chains into faults; others may hold one.
func faultOf(err error) *fault.Error {
	var bad *chains.MalformedError
	if errors.As(err, &bad) {
		if bad.Offset < 0 {
			return fault.New(fault.Malformed, "%s", bad.What)
		}
		return malformed(bad.Offset, "%s", bad.What)
	}
	var large *chains.TooLargeError
	if errors.As(err, &large) {
		return tooLarge(large.Limit, int64(large.Max))
	}
	return fault.Of(err)
}

func tooLarge(limit string, most int64) *fault.Error {
	f := fault.New(fault.TooLarge, "more than %s allows, which is %d", limit, most)
	f.Limit = limit
	return f
}

func busyPeer(reason, message string) error {
	f := fault.New(fault.BusyPeer, "%s", message)
	f.RetryAfter = 1
	return &refusal{fault: f, reason: reason}
}

func busy(reason, message string) error {
	f := fault.New(fault.Busy, "%s", message)
	f.RetryAfter = 1
	return &refusal{fault: f, reason: reason}
}

// refused is a refusal that the table has no code for.
func refused(status int, reason, message string) *refusal {
	return &refusal{fault: fault.New(fault.Malformed, "%s", message), status: status, reason: reason}
}

// wrongMethod is the answer to a method that a call does not have.
func wrongMethod(allow string) error {
	r := refused(http.StatusMethodNotAllowed, "method", "this call takes "+allow)
	r.allow = allow
	return r
}

// outward is the fault as it may leave: an internal one says only which line
// of the log has its cause.
func outward(f *fault.Error) *fault.Error {
	if fault.Lookup(f.Code).Code != fault.Internal {
		return f
	}
	out := &fault.Error{Code: fault.Internal, Reference: f.Reference}
	if out.Reference == "" {
		out.Reference = newReference()
	}
	out.Message = "the vat failed; its owner finds why in the log by this reference"
	return out
}

// newReference makes the word that joins an answer to a line of the log.
func newReference() string {
	var b [8]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the process rather
	return hex.EncodeToString(b[:])
}
