package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"unicode/utf8"

	"qvat/chains"
	"qvat/host/fault"
)

// How much of a vat's text a client keeps, in bytes.
const (
	maxMessage = 4096 // an error's message
	maxWord    = 256  // a name
)

// decodeInfo reads the answer to GET /v1/vat.
func decodeInfo(b []byte) (Info, error) {
	var i Info
	if err := json.Unmarshal(b, &i); err != nil {
		return Info{}, notVat("its description of itself", err)
	}
	for _, key := range []string{i.RootKey, i.NodeKey} {
		if _, err := chains.ParsePublicKeyHex(key); err != nil {
			return Info{}, notVat("a key in its description of itself", err)
		}
	}
	i.Name = shorten(i.Name, maxWord)
	i.Version = shorten(i.Version, maxWord)
	engine := make(map[string]string, len(i.Engine))
	for name, version := range i.Engine {
		engine[shorten(name, maxWord)] = shorten(version, maxWord)
	}
	limits := make(map[string]int64, len(i.Limits))
	for name, n := range i.Limits {
		limits[shorten(name, maxWord)] = n
	}
	i.Engine, i.Limits = engine, limits
	return i, nil
}

// decodeMissingAnswer reads which of the hashes asked are missing: some of
// them, in the order asked.
func decodeMissingAnswer(b []byte, asked []chains.Hash) ([]chains.Hash, error) {
	var m struct {
		Missing []chains.Hash `json:"missing"`
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, notVat("its list of missing programs", err)
	}
	rest := asked
	for _, h := range m.Missing {
		i := slices.Index(rest, h)
		if i < 0 {
			return nil, fmt.Errorf("%w: it says that it lacks what it was not asked about", ErrNotVat)
		}
		rest = rest[i+1:]
	}
	return m.Missing, nil
}

// decodeAnswer reads the answer to a message.
func decodeAnswer(b []byte) (Answer, error) {
	var a Answer
	if err := json.Unmarshal(b, &a); err != nil {
		return Answer{}, notVat("its answer", err)
	}
	if _, err := chains.ParseHash(a.Message.ID); err != nil {
		return Answer{}, notVat("the message's id in its answer", err)
	}
	return a, nil
}

// decodeFault reads an error answer: a *fault.Error with a code of the table,
// under a status that goes with it.
func decodeFault(status int, b []byte) error {
	var e struct {
		Error *fault.Error `json:"error"`
	}
	if err := json.Unmarshal(b, &e); err != nil {
		return notVat(fmt.Sprintf("its error with status %d", status), err)
	}
	if e.Error == nil || !knownFault(e.Error.Code, status) {
		return fmt.Errorf("%w: it answered with status %d and no error that goes with it", ErrNotVat, status)
	}
	f := e.Error
	f.Message = shorten(f.Message, maxMessage)
	f.Name = shorten(f.Name, maxWord)
	f.Limit = shorten(f.Limit, maxWord)
	f.Reference = shorten(f.Reference, maxWord)
	f.Line, f.Column = max(f.Line, 0), max(f.Column, 0)
	f.RetryAfter = min(max(f.RetryAfter, 0), 3600)
	if f.Offset != nil && *f.Offset < 0 {
		f.Offset = nil
	}
	hashes := f.Missing
	if f.Program != "" {
		hashes = append(slices.Clip(hashes), f.Program)
	}
	for _, h := range hashes {
		if _, err := chains.ParseHash(h); err != nil {
			return notVat("a hash in its error", err)
		}
	}
	return f
}

// knownFault says whether a code is of the table and comes with its status, or
// one of those that the package comment adds.
func knownFault(code fault.Code, status int) bool {
	row := fault.Lookup(code)
	if row.Code != code {
		return false
	}
	if code == fault.Malformed {
		switch status {
		case http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusRequestTimeout:
			return true
		}
	}
	return row.Status == status
}

func notVat(what string, err error) error {
	return fmt.Errorf("%w: %s: %s", ErrNotVat, what, shorten(err.Error(), maxWord))
}

// shorten cleans text and keeps at most n bytes of what came.
func shorten(s string, n int) string {
	if len(s) <= n {
		return Clean(s)
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return Clean(s[:n]) + "…"
}
