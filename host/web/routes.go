package web

import (
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"qvat/host/actions"
	"qvat/host/caps"
	"qvat/host/mail"
)

//go:embed static
var static embed.FS

// maxForm is how many bytes a form may have; a capsule beside it is bounded by
// the vat's own limits.
const maxForm = 1 << 20

// formTime is how long a form's bytes may take to arrive.
const formTime = 30 * time.Second

// visit is one request of somebody who is in.
type visit struct {
	*Page
	w       http.ResponseWriter
	r       *http.Request
	session *session
	agent   *mail.Agent   // nil where the page is not an agent's
	info    actions.Agent // of the agent
	names   *namer        // of the agent
}

// handler does what a request asks.
type handler func(*visit) error

// do has the agent of the page do what a request asks.
func do[Answer any](v *visit, q actions.Request[Answer]) (Answer, error) {
	return q.Do(v.r.Context(), v.agent)
}

// routes lists what there is. A form is posted to an address of its own, and
// answered with where to look then; one that cannot be done is shown again.
func (p *Page) routes() *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("GET /app/login", p.login)
	m.Handle("GET /app", http.RedirectHandler(Root, http.StatusSeeOther))
	m.Handle("GET /app/static/"+version()+"/", p.files())
	m.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		p.fail(w, r, http.StatusNotFound, "Nothing here", "There is no such page.")
	})

	get := func(path string, h handler) { m.Handle("GET "+path, p.inside(h, true)) }
	post := func(path string, h handler) { m.Handle("POST "+path, p.inside(form(h), true)) }
	get("/app/{$}", (*visit).showAgents)
	post("/app/logout", (*visit).logout)
	get("/app/help", (*visit).showHelp)
	get("/app/vat", (*visit).showVat)
	get("/app/runs", (*visit).showRuns)
	get("/app/runs/{number}", (*visit).showRun)
	get("/app/capsule", (*visit).showCapsule)
	post("/app/capsule", (*visit).openCapsule)

	const agent = "/app/agent/{agent}/"
	look := func(path string, h handler) { get(agent+path, ofAgent(h)) }
	look("{$}", (*visit).showInbox)
	look("message/{number}", (*visit).showMessage)
	look("write", (*visit).showWrite)
	look("names", (*visit).showNames)
	look("name", (*visit).showName)
	look("names.json", (*visit).completeNames)
	look("outbox", (*visit).showOutbox)
	look("peers", (*visit).showPeers)
	look("log", (*visit).showLog)
	m.Handle("GET "+agent+"events", p.inside(ofAgent((*visit).events), false))
	change := func(path string, h handler) { post(agent+path, ofAgent(h)) }
	change("make", (*visit).makeAgent)
	change("send", (*visit).send)
	change("request", (*visit).request)
	change("cancel", (*visit).cancel)
	change("message/{number}/reply", (*visit).reply)
	change("message/{number}/adopt", onLetter(adopt))
	change("message/{number}/grant", onLetter(grant))
	change("message/{number}/refuse", onLetter(refuse))
	change("message/{number}/dismiss", (*visit).dismiss)
	change("names/move", onNames(move))
	change("names/copy", onNames(copyName))
	change("names/remove", onNames(remove))
	change("names/folder", onNames(makeFolder))
	change("names/value", (*visit).storeValue)
	change("names/publish", (*visit).publish)
	change("names/invite", (*visit).invite)
	change("names/accept", onNames(accept))
	return m
}

// files serves the stylesheet and the scripts, which nobody needs to be in for.
// Their address changes when they do.
func (p *Page) files() http.Handler {
	sub, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // the name is the directive's above
	}
	inner := http.StripPrefix("/app/static/"+version()+"/", http.FileServerFS(sub))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") {
			p.fail(w, r, http.StatusNotFound, "Nothing here", "There is no such page.")
			return
		}
		w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
		inner.ServeHTTP(w, r)
	})
}

// cookie is the session cookie's name. Cookies are shared by all ports of a
// host, so two vats on one machine have one each.
func cookie(host string) string {
	port := "80"
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		port = host[i+1:]
	}
	return "qvat-" + port
}

// login lets in who has a token that was not used.
func (p *Page) login(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.WriteHeader(http.StatusNoContent) // HEAD looks, and uses nothing up
		return
	}
	id, ok := p.door.enter(r.URL.Query().Get("token"))
	if !ok {
		p.fail(w, r, http.StatusForbidden, "This link does not work",
			"It was used before, or is older than ten minutes. “qvat open” makes a new one.")
		return
	}
	http.SetCookie(w, p.cookieOf(r, id, int(sessionLife/time.Second)))
	http.Redirect(w, r, Root, http.StatusSeeOther)
}

// cookieOf is the session's cookie. Beyond this machine it goes over TLS alone.
func (p *Page) cookieOf(r *http.Request, id string, age int) *http.Cookie {
	return &http.Cookie{
		Name: cookie(r.Host), Value: id, Path: Root, MaxAge: age, HttpOnly: true,
		SameSite: http.SameSiteStrictMode, Secure: !isLocal(strings.ToLower(hostname(r.Host))),
	}
}

func (v *visit) logout() error {
	if c, err := v.r.Cookie(cookie(v.r.Host)); err == nil {
		v.door.leave(c.Value)
	}
	http.SetCookie(v.w, v.cookieOf(v.r, "", -1))
	v.fail(v.w, v.r, http.StatusOK, "You are logged out", "“qvat open” makes a link to log in again.")
	return nil
}

// inside serves those who are in. use says that who asks does use the page:
// that keeps the session.
func (p *Page) inside(h handler, use bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var s *session
		if c, err := r.Cookie(cookie(r.Host)); err == nil {
			// What an open page asks for by itself, or another one, does not.
			s = p.door.find(c.Value, use && r.Header.Get("X-Qvat-Live") == "" && ownSite(r))
		}
		if s == nil {
			p.fail(w, r, http.StatusUnauthorized, "You are not logged in",
				"“qvat open” prints a link that logs you in. So does “qvat run” when it starts.")
			return
		}
		// Browsers say where a form was by the referrer's rules. Nothing links
		// elsewhere from these pages, and no token is in their addresses.
		w.Header().Set("Referrer-Policy", "same-origin")
		v := &visit{Page: p, w: w, r: r, session: s}
		if err := h(v); err != nil {
			v.failed(err)
		}
	})
}

// form has a form's fields read, and its token compared, before h does what it
// says.
func form(h handler) handler {
	return func(v *visit) error {
		limits := v.vat.About().Limits
		c := http.NewResponseController(v.w)
		// Where there is no connection, there is nothing to wait for.
		_ = c.SetReadDeadline(time.Now().Add(formTime))
		v.r.Body = http.MaxBytesReader(v.w, v.r.Body, int64(maxForm+limits.Capsule))
		var err error
		if strings.HasPrefix(v.r.Header.Get("Content-Type"), "multipart/form-data") {
			err = v.r.ParseMultipartForm(int64(maxForm + limits.Capsule))
		} else {
			v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxForm)
			err = v.r.ParseForm()
		}
		_ = c.SetReadDeadline(time.Time{})
		if err != nil {
			v.fail(v.w, v.r, http.StatusBadRequest, "The form did not arrive whole", "It may have been too large. Nothing was done.")
			return nil
		}
		if !v.session.same(v.r.PostForm.Get("csrf")) {
			v.fail(v.w, v.r, http.StatusForbidden, "This form is not of this session", "Nothing was done. Go back, load the page again, and repeat it.")
			return nil
		}
		return h(v)
	}
}

// ofAgent finds the agent that a page is of.
func ofAgent(h handler) handler {
	return func(v *visit) (err error) {
		ctx := v.r.Context()
		if v.agent, err = v.post.Agent(ctx, v.r.PathValue("agent")); err != nil {
			return err
		}
		if v.info, err = do(v, actions.Info{}); err != nil {
			return err
		}
		v.names = &namer{actions.NewDubber(v.agent), ctx}
		return h(v)
	}
}

// failed shows an error: mail's in its own words, any other as the vat's, which
// its log explains.
func (v *visit) failed(err error) {
	if v.r.Context().Err() != nil {
		return // nobody is there to be told
	}
	if n := noticeOf(err); n != nil {
		v.fail(v.w, v.r, statusOf(err), n.Text, n.Hint)
		return
	}
	v.log.Error("the page failed", "path", v.r.URL.Path, "err", err)
	v.fail(v.w, v.r, http.StatusInternalServerError, "The vat failed", "Its log says why.")
}

// statusOf is the status of an error of mail.
func statusOf(err error) int {
	var m *caps.Error
	if !errors.As(err, &m) {
		return http.StatusInternalServerError
	}
	switch m.Code {
	case caps.NotFound:
		return http.StatusNotFound
	case caps.Full:
		return http.StatusInsufficientStorage
	case caps.Refused, caps.Used, caps.Expired:
		return http.StatusConflict
	}
	return http.StatusUnprocessableEntity
}

// noticeOf is what is shown of an error of mail, or nil.
func noticeOf(err error) *notice {
	var m *caps.Error
	if !errors.As(err, &m) {
		return nil
	}
	return &notice{Bad: true, Text: sentence(m.Message), Hint: sentence(m.Hint)}
}

// done answers a form: what became of it is shown at path, under the agent.
func (v *visit) done(err error, path, text string) error { return v.back(err, v.path(path), text) }

// back is done with a whole address.
func (v *visit) back(err error, path, text string) error {
	if err != nil {
		n := noticeOf(err)
		if n == nil {
			return err
		}
		v.door.note(v.session, n)
	} else if text != "" {
		v.door.note(v.session, &notice{Text: text})
	}
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}

// path is an address under the agent.
func (v *visit) path(rest string) string { return agentPath(v.info.Name) + rest }
