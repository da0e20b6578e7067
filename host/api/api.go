// Package api is the vat's HTTP, version 1, and the client for it: it decodes
// what arrives, hands it to the [Vat], and encodes what comes back. What a
// message may do is decided elsewhere.
//
// What it promises: no memory is spent on what exceeds a limit; a client that
// is slow or silent is dropped; one peer cannot take what is everybody's; what
// leaves holds nothing of the host but a reference to its log; and a browser
// cannot be made to act for the page of a stranger.
//
// Every answer that this package makes is JSON, and every error is
// {"error": {"code", "message", ...}} with a code of host/fault and the status
// of its table, but for these, whose code is malformed: 403 for a request that
// another site's page made, 404 for a call that does not exist (or not for
// this peer), 405 for a method that a call does not have, 408 for a body that
// came too slowly. What is not HTTP at all is answered by net/http, in one
// line of plain text, and the connection is closed.
package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"qvat/chains"
)

// Vat is what this package needs of a vat. Its errors are *fault.Error; any
// other is answered as an internal fault with a reference to the log line that
// holds it. All methods are safe for concurrent use.
//
// A peer is an IPv4 address, or for IPv6 the /64 network of an address, since
// that is what one host can have at no cost.
type Vat interface {
	// Info describes the vat. It is called for each request that asks.
	Info() Info
	// Missing says which of the hashes the vat has no program for, in the
	// order asked. It must not keep hashes.
	Missing(ctx context.Context, peer string, hashes []chains.Hash) ([]chains.Hash, error)
	// PutProgram stores a program, whose hash has been checked, and says
	// whether the vat lacked it.
	PutProgram(ctx context.Context, peer string, hash chains.Hash, p chains.Program) (created bool, err error)
	// Invoke runs a message; it returns when the message's effects are
	// committed or rolled back; an error says that nothing was kept. It must
	// return soon after ctx ends, which it does too when the client leaves.
	// With an error, the Answer may still hold the message's id, for the log.
	Invoke(ctx context.Context, peer string, c chains.Capsule) (Answer, error)
	// Ready says why the vat cannot take messages now, or nil.
	Ready(ctx context.Context) error
}

// Info is the answer to GET /v1/vat.
type Info struct {
	Name    string            `json:"name"`
	RootKey string            `json:"rootKey"` // 64 hex digits
	NodeKey string            `json:"nodeKey"` // 64 hex digits
	Limits  map[string]int64  `json:"limits"`  // by their names in qvat.toml
	Version string            `json:"version"`
	Engine  map[string]string `json:"engine"` // name to version
}

// Answer is what a message that committed gives.
type Answer struct {
	// Result is one JSON text; nil stands for undefined, and is then absent
	// from the answer.
	Result  json.RawMessage `json:"result,omitempty"`
	Message MessageInfo     `json:"message"`
}

// MessageInfo says which message an answer is to, and what it used.
type MessageInfo struct {
	ID     string `json:"id"`     // 64 hex digits
	Fuel   int64  `json:"fuel"`   // units of the meter
	Memory int64  `json:"memory"` // bytes
	Micros int64  `json:"micros"` // wall-clock microseconds
}

// Audience says who is answered.
type Audience string

// The audiences. The empty one stands for the default that its field names;
// any other text counts as Nobody.
const (
	Everybody Audience = "all"
	Loopback  Audience = "loopback" // peers on this machine
	Nobody    Audience = "none"
)

// Options is what a [Server] is made of. Only Vat must be set.
type Options struct {
	Vat Vat
	// Chains bounds capsules, programs and inputs; zero fields are the
	// defaults of package chains.
	Chains chains.Limits
	// Logger gets a line per request at debug, refusals at info (some of
	// them, when there are many), and faults of the vat at error. Nil: none.
	Logger *slog.Logger
	// Registry gets this package's metrics, qvat_http_*, and is what
	// GET /metrics shows. Nil: a registry of the server's own.
	Registry *prometheus.Registry
	// MissingFor says who may ask which programs the vat lacks, which tells
	// what it has. Empty: Everybody. Others are told that there is no such
	// call, and learn it from missing_programs when they invoke.
	MissingFor Audience
	// MetricsFor says who may read /metrics. Empty: Loopback.
	MetricsFor Audience
	// MissingHashes bounds the hashes in one question. 0: 4,096.
	MissingHashes int
	// Hosts are further names that requests may call this server by, without
	// port. Where it is empty, connections to a loopback address must name
	// localhost or a loopback address, and others may use any name; where it
	// is not, these names, localhost and IP addresses are all there is.
	Hosts []string
	// Connections bounds the open connections; more are closed at once.
	// 0: 2,048.
	Connections int
	// BodyBytes bounds the bodies that are in memory at once, counting a JSON
	// one three times for its decoded forms; beyond it the answer is busy.
	// 0: 64 MiB. It is raised to what one largest message needs.
	BodyBytes int64
	Peers     PeerLimits
	Times     Times
	// App answers what lies under /app/, within the limits of peers; who may use
	// it, by which names and methods, is its own affair. Nil: nothing does.
	App http.Handler
}

// PeerLimits bounds what one peer can take. What exceeds Connections is closed
// at once, and the rest answered with busy_peer before the body is read.
type PeerLimits struct {
	Connections int     // open connections. 0: 512
	InFlight    int     // requests being answered. 0: 256
	Rate        float64 // requests a second. 0: 10,000
	Burst       int     // requests at once that Rate does not delay. 0: 10,000
	BodyBytes   int64   // its share of Options.BodyBytes. 0: half
}

// Times bounds how long a client may take.
type Times struct {
	// Header is how long a request's header may take. 0: 5 s.
	Header time.Duration
	// Body is how long a body may pause, and the time that the whole of it is
	// given beside what MinRate allows. 0: 5 s.
	Body time.Duration
	// Write is the same for answers. 0: 10 s.
	Write time.Duration
	// MinRate is the fewest bytes a second that a client must send or take.
	// 0: 16 KiB.
	MinRate int
	// Idle is how long a connection may wait for its next request. 0: 60 s.
	Idle time.Duration
	// Stop is how long [Server.Serve] may take to end. 0: 1.8 s.
	Stop time.Duration
}
