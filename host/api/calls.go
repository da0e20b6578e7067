package api

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"strings"
	"time"

	"qvat/chains"
	"qvat/host/fault"
)

// CapsuleType is the content type of a capsule.
const CapsuleType = "application/vnd.qvat.capsule"

const jsonType = "application/json"

// MissingHashes is the name in qvat.toml of the limit on the hashes in one
// question, beside the names of package chains.
const MissingHashes = "missing_hashes"

// readyWithin is how long a vat may take to say that it is ready.
const readyWithin = 2 * time.Second

func (s *Server) info(c *call) error {
	b, err := json.Marshal(s.vat.Info())
	if err != nil {
		return err
	}
	s.write(c, http.StatusOK, append(b, '\n'))
	return nil
}

func (s *Server) missing(c *call) error {
	most := s.o.MissingHashes
	b, err := s.readBody(c, MissingHashes, missingBytes(most), 1)
	if err != nil {
		return err
	}
	hashes, err := decodeMissing(b, most)
	if err != nil {
		return err
	}
	missing, err := s.vat.Missing(c.r.Context(), c.peer.name, hashes)
	if err != nil {
		return err
	}
	s.write(c, http.StatusOK, appendHashes(nil, missing))
	return nil
}

// missingBytes is how long a question for n hashes may be: each with quotes, a
// comma and some white space.
func missingBytes(n int) int { return 256 + 80*n }

func (s *Server) putProgram(c *call) error {
	hash, err := chains.ParseHash(strings.TrimPrefix(c.r.URL.Path, programPath))
	if err != nil {
		return err
	}
	text, err := s.readBody(c, chains.ProgramBytes, s.o.Chains.Program, 2)
	if err != nil {
		return err
	}
	p, err := chains.NewProgram(text, s.o.Chains.Program)
	if err != nil {
		return err
	}
	if p.Hash() != hash {
		return fault.New(fault.HashMismatch, "the text has the hash %s, not the one in the path", p.Hash())
	}
	created, err := s.vat.PutProgram(c.r.Context(), c.peer.name, hash, p)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	s.write(c, status, append(appendText([]byte(`{"hash":`), hash.String()), "}\n"...))
	return nil
}

func (s *Server) invoke(c *call) error {
	capsule, err := s.readCapsule(c)
	if err != nil {
		return err
	}
	a, err := s.vat.Invoke(c.r.Context(), c.peer.name, capsule)
	c.message = a.Message.ID
	if err != nil {
		return err
	}
	s.write(c, http.StatusOK, appendAnswer(make([]byte, 0, len(a.Result)+192), a))
	return nil
}

// readCapsule reads a message in either form.
func (s *Server) readCapsule(c *call) (chains.Capsule, error) {
	kind, err := contentType(c.r)
	if err != nil {
		return chains.Capsule{}, err
	}
	shares := 2 // the body, and the capsule decoded from it
	if kind == jsonType {
		shares = jsonShares
	}
	b, err := s.readBody(c, chains.CapsuleBytes, s.o.Chains.Capsule, shares)
	if err != nil {
		return chains.Capsule{}, err
	}
	if kind == jsonType {
		return decodeInvoke(b, s.o.Chains)
	}
	return chains.DecodeCapsule(b, s.o.Chains)
}

// contentType says which form a message has. It must say so itself: a page of
// another site can send a body of no stated type without asking first.
func contentType(r *http.Request) (string, error) {
	header := r.Header.Get("Content-Type")
	if header == CapsuleType || header == jsonType {
		return header, nil
	}
	kind, params, err := mime.ParseMediaType(header)
	charset := params["charset"]
	switch {
	case err != nil, kind != CapsuleType && kind != jsonType:
		return "", fault.New(fault.Malformed, "the Content-Type must be %s or %s", CapsuleType, jsonType)
	case charset != "" && !strings.EqualFold(charset, "utf-8"):
		return "", fault.New(fault.Malformed, "the Content-Type's charset must be utf-8")
	}
	return kind, nil
}

func (s *Server) health(c *call) error {
	s.write(c, http.StatusOK, []byte("{\"status\":\"ok\"}\n"))
	return nil
}

func (s *Server) ready(c *call) error {
	ctx, cancel := context.WithTimeout(c.r.Context(), readyWithin)
	defer cancel()
	if err := s.vat.Ready(ctx); err != nil {
		f := faultOf(err)
		if f.Code == fault.Internal {
			// Not a failure of this request: it is what was asked.
			s.log.Warn("the vat is not ready", "error", err)
			return busy("not_ready", "the vat is not ready; its log says why")
		}
		return err
	}
	s.write(c, http.StatusOK, []byte("{\"status\":\"ready\"}\n"))
	return nil
}

func (s *Server) showMetrics(c *call) error {
	s.guard(c.w.Header())
	s.boundUnread(c)
	c.status = http.StatusOK
	s.prometheus.ServeHTTP(c.w, c.r)
	return nil
}
