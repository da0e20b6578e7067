// Package control is how the owner of a vat reaches its agents while it runs:
// HTTP over a Unix socket in the vat's base directory, and the client for it.
// What an agent can be told to do is the table of package actions; here it is
// decoded, done and encoded, and nothing is decided.
//
// There is nothing to type in: who may open the socket is the vat's owner (the
// file's mode is 0600, and where the system tells who connects, that must be
// the vat's own user or root). So nothing here is hidden from a caller but what
// an agent's secrets are, and errors that have no code are told by a reference
// to the vat's log alone.
//
// The calls, all with JSON:
//
//	POST /v1/agents                      the vat's agents
//	POST /v1/agents/{name}/{action}      an action of the table: "send", "makehost"
//	GET  /v1/agents/{name}/follow        messages, a JSON object a line, until the caller leaves
//	GET  /v1/agents/{name}/follownames   changes of a directory or a locator's names, likewise
//	POST /v1/login                       a link to log in to the page with
//
// An answer is {"result": ...} or {"error": {"code", "message", "hint", …}}.
// A code is one of package mail's or of docs/ERRORS.md.
package control
