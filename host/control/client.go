package control

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"syscall"

	"qvat/host/actions"
)

// ErrNotRunning is wrapped by the errors of a [Client] whose vat does not run.
var ErrNotRunning = errors.New("the vat does not run")

// ErrNotVat is wrapped by the errors for answers that no vat gives.
var ErrNotVat = errors.New("what answers at the vat's socket is no vat of this version")

func notVat(what string) error { return fmt.Errorf("%w: it gave %s", ErrNotVat, what) }

// maxAnswer bounds an answer, and a line of a stream, in bytes.
const maxAnswer = 256 << 20

// Client asks the running vat of one base directory. What the vat refuses is a
// *mail.Error or a *fault.Error. Safe for concurrent use; Close it when done.
type Client struct {
	dir  string
	http *http.Client
}

// NewClient makes a client of the vat in dir. It connects when it is asked.
func NewClient(dir string) *Client {
	return &Client{dir: dir, http: &http.Client{Transport: &http.Transport{
		DialContext:            func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, dir) },
		MaxResponseHeaderBytes: 16 << 10,
		DisableCompression:     true,
	}}}
}

// Close closes connections that are idle.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Agents lists the vat's agents.
func (c *Client) Agents(ctx context.Context) ([]actions.Agent, error) {
	return ask[[]actions.Agent](ctx, c, "/v1/agents", struct{}{})
}

// Login asks for a link to log in to the page with.
func (c *Client) Login(ctx context.Context) (string, error) {
	l, err := ask[link](ctx, c, "/v1/login", struct{}{})
	return l.URL, err
}

// Do has an agent do what a request of package actions asks, and gives the answer,
// with the names that the agent has for what is in it. It waits as long as the
// action takes, or until ctx ends.
func Do[Answer any](ctx context.Context, c *Client, agent string, q actions.Request[Answer]) (Answer, error) {
	return ask[Answer](ctx, c, agentPath(agent)+"/"+actions.NameOf(q), q)
}

func agentPath(agent string) string { return "/v1/agents/" + url.PathEscape(agent) }

func ask[Answer any](ctx context.Context, c *Client, path string, with any) (answer Answer, err error) {
	body, err := json.Marshal(with)
	if err != nil {
		return answer, err
	}
	res, err := c.send(ctx, http.MethodPost, path, bytes.NewReader(body))
	if err != nil {
		return answer, err
	}
	defer res.Body.Close() //nolint:errcheck // only read
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return answer, fmt.Errorf("reading the vat's answer: %w", err)
	case len(b) > maxAnswer:
		return answer, notVat(fmt.Sprintf("an answer of more than %d bytes", maxAnswer))
	}
	return answer, open(b, &answer)
}

// open takes an answer, or the error in its place, out of what is around it.
func open(b []byte, into any) error {
	var outer struct {
		Result json.RawMessage `json:"result"`
		Error  json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(b, &outer); err != nil {
		return notVat("no JSON")
	}
	if outer.Error != nil {
		return errorOf(outer.Error)
	}
	if err := json.Unmarshal(outer.Result, into); err != nil {
		return notVat("another answer than was asked for")
	}
	return nil
}

// Follow gives the letters of an agent after a number, then those that come,
// until ctx ends, which is its last error.
func (c *Client) Follow(ctx context.Context, agent string, after uint64) iter.Seq2[actions.Letter, error] {
	return lines[actions.Letter](ctx, c, fmt.Sprintf("%s/follow?after=%d", agentPath(agent), after))
}

// FollowNames gives the names in an agent's directory, then their changes, as
// Follow gives letters.
func (c *Client) FollowNames(ctx context.Context, agent, path string) iter.Seq2[actions.NameChange, error] {
	return lines[actions.NameChange](ctx, c, agentPath(agent)+"/follownames?path="+url.QueryEscape(path))
}

// lines gives what each line of a stream holds. A stream that ends without an
// error is a vat that has stopped.
func lines[Line any](ctx context.Context, c *Client, path string) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		var none Line
		res, err := c.send(ctx, http.MethodGet, path, http.NoBody)
		if err != nil {
			yield(none, err)
			return
		}
		defer res.Body.Close() //nolint:errcheck // only read
		in := bufio.NewScanner(res.Body)
		in.Buffer(nil, maxAnswer)
		for in.Scan() {
			var line Line
			err := open(in.Bytes(), &line)
			if !yield(line, err) || err != nil {
				return
			}
		}
		switch err := in.Err(); {
		case ctx.Err() != nil:
			yield(none, ctx.Err())
		case err != nil:
			yield(none, fmt.Errorf("reading from the vat: %w", err))
		default:
			yield(none, fmt.Errorf("%s: %w any more", c.dir, ErrNotRunning))
		}
	}
}

// send asks, and gives the answer's beginning: JSON, or lines of it.
func (c *Client) send(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://vat"+path, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", jsonType)
	res, err := c.http.Do(r)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("%s: %w", c.dir, ErrNotRunning)
	case err != nil:
		return nil, fmt.Errorf("asking the vat at %s: %w", filepath.Join(c.dir, Socket), inner(err))
	}
	if kind := res.Header.Get("Content-Type"); kind != jsonType && kind != linesType {
		return nil, errors.Join(notVat(fmt.Sprintf("status %d and no JSON", res.StatusCode)), res.Body.Close())
	}
	return res, nil
}

// inner is an error of HTTP's without the URL, which names nothing here.
func inner(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return cause(err)
}
