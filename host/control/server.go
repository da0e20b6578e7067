package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"qvat/host/actions"
	"qvat/host/caps"
	"qvat/host/fault"
	"qvat/host/mail"
)

// Options say what a server is for. Post must be set.
type Options struct {
	Post *mail.Post
	// Login makes a link to log in to the page with, usable once. nil: there is
	// no page.
	// It gives "" where the page answers to no name that a link could have.
	Login func(ctx context.Context) (url string, err error)
	// Logger gets what fails here; nil discards it.
	Logger *slog.Logger
	// BodyBytes bounds what a caller sends at once. 0: 64 MiB.
	BodyBytes int64
}

// How long a caller may take, and how long what is under way when the server
// stops.
const (
	headerTime = 5 * time.Second
	bodyTime   = 30 * time.Second
	idleTime   = time.Minute
	stopTime   = time.Second
)

// defaultBody is Options.BodyBytes where that is 0.
const defaultBody = 64 << 20

// Server answers the owner's calls. It is made by New.
type Server struct{ o Options }

// New makes a server.
func New(o Options) *Server {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.BodyBytes <= 0 {
		o.BodyBytes = defaultBody
	}
	return &Server{o}
}

// Serve answers on l until ctx ends, and closes it. Then calls under way are
// ended, and after a second their connections are closed. That is no error;
// what stops l from accepting is.
func (s *Server) Serve(ctx context.Context, l *Listener) error {
	srv := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.o.Logger.Handler(), slog.LevelWarn),
	}
	// The contexts of calls end with ctx: streams and waits would not by themselves.
	base, cancel := context.WithCancel(ctx)
	defer cancel()
	srv.BaseContext = func(_ net.Listener) context.Context { return base }
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }()
	select {
	case err := <-ended:
		return errors.Join(fmt.Errorf("control: accepting connections: %w", err), srv.Close())
	case <-ctx.Done():
	}
	limit, done := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer done()
	err := srv.Shutdown(limit)
	if errors.Is(err, context.DeadlineExceeded) {
		err = srv.Close()
	}
	<-ended
	return errors.Join(err, l.Close())
}

// Handler is the calls alone, for tests and for another listener; who may call
// is the listener's matter.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/agents", s.answer(s.agents))
	mux.HandleFunc("POST /v1/login", s.answer(s.login))
	mux.HandleFunc("POST /v1/agents/{name}/{action}", s.answer(s.act))
	mux.HandleFunc("GET /v1/agents/{name}/{stream}", s.follow)
	mux.HandleFunc("/", s.answer(func(*http.Request, []byte) (any, error) {
		return nil, fault.New(fault.Malformed, "there is no such call")
	}))
	return mux
}

// answer makes a call of what does the work.
func (s *Server) answer(do func(r *http.Request, body []byte) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := s.readBody(w, r)
		var result any
		if err == nil {
			result, err = do(r, body)
		}
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		s.write(w, r, http.StatusOK, map[string]any{"result": result})
	}
}

// agents lists the vat's agents.
func (s *Server) agents(r *http.Request, body []byte) (any, error) {
	if err := actions.Decode(body, &struct{}{}); err != nil {
		return nil, err
	}
	return actions.Agents(r.Context(), s.o.Post)
}

// link is where to log in to the page.
type link struct {
	URL string `json:"url"`
}

func (s *Server) login(r *http.Request, body []byte) (any, error) {
	if err := actions.Decode(body, &struct{}{}); err != nil {
		return nil, err
	}
	if s.o.Login == nil {
		return nil, &caps.Error{
			Code: caps.NotFound, Message: "this vat has no page",
			Hint: "qvat.toml can say [web] enabled = true",
		}
	}
	url, err := s.o.Login(r.Context())
	if err == nil && url == "" {
		err = &caps.Error{
			Code: caps.NotFound, Message: "the vat's page does not answer to the address that the vat listens at",
			Hint: "name what the vat is called in hosts, under [web] in qvat.toml, or listen at a loopback address",
		}
	}
	return link{url}, err
}

// act does an action of the table as an agent.
func (s *Server) act(r *http.Request, body []byte) (any, error) {
	ctx, name := r.Context(), r.PathValue("action")
	action, ok := actions.ByName(name)
	if !ok {
		return nil, fault.New(fault.Malformed, "agents have no action %q", name)
	}
	a, err := s.o.Post.Agent(ctx, r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	request := action.Request()
	if err := actions.Decode(body, request); err != nil {
		return nil, err
	}
	answer, err := action.Do(ctx, a, request)
	if err != nil {
		return nil, err
	}
	return actions.Dub(ctx, a, answer)
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e := s.refusalOf(r.Context(), err)
	s.write(w, r, status(e.Code), map[string]any{"error": e})
}

func (s *Server) write(w http.ResponseWriter, r *http.Request, status int, v any) {
	var b bytes.Buffer
	if err := encoder(&b).Encode(v); err != nil {
		b.Reset()
		status = http.StatusInternalServerError
		_ = encoder(&b).Encode(map[string]any{"error": s.refusalOf(r.Context(), err)}) // texts and numbers alone
	}
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a caller that has left needs no answer
}

// encoder writes JSON as it is: escapes for HTML, which is nowhere near, would
// make some texts six times as long.
func encoder(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}

// jsonType is the type of all that travels.
const jsonType = "application/json"

// readBody reads what a caller sends, at most Options.BodyBytes, in bodyTime.
// The call itself may take longer: a wait has no end of its own.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	c := http.NewResponseController(w)
	if err := c.SetReadDeadline(time.Now().Add(bodyTime)); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.o.BodyBytes))
	if err == nil {
		err = c.SetReadDeadline(time.Time{})
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, fault.New(fault.TooLarge, "the call has more than %d bytes", large.Limit)
	case err != nil:
		return nil, fault.New(fault.Malformed, "the call broke off")
	}
	return b, nil
}
