package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"

	"qvat/host/actions"
	"qvat/host/caps"
)

//go:embed templates
var templates embed.FS

// views are the templates, by the name of their file.
type views map[string]*template.Template

// newViews reads them: layout.html is around each, and parts.html are for all.
func newViews() views {
	base := template.Must(template.New("").Funcs(template.FuncMap{
		"num": func(n any) string { return Number(whole(n)) }, "bytes": func(n any) string { return Size(whole(n)) },
		"count": count, "visible": visible, "when": when, "agentPath": agentPath, "hex": hexStart, "micros": micros,
		"fuel": amount, "before": func(n int) int { return n - 1 },
	}).ParseFS(templates, "templates/layout.html", "templates/parts.html"))
	names, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		panic(err) // the pattern is right
	}
	all := views{}
	for _, name := range names {
		name = strings.TrimPrefix(name, "templates/")
		if name != "layout.html" && name != "parts.html" {
			all[name] = template.Must(template.Must(base.Clone()).ParseFS(templates, "templates/"+name))
		}
	}
	return all
}

// version names the files of static by what is in them.
var version = sync.OnceValue(func() string {
	h := sha256.New()
	err := fs.WalkDir(static, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := static.ReadFile(path)
		fmt.Fprintf(h, "%s %d\n", path, len(b))
		h.Write(b)
		return err
	})
	if err != nil {
		panic(err) // they are in the program
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
})

// frame is what is around a page's own part.
type frame struct {
	Title   string
	Section string // which part of the navigation one is in
	Vat     About
	Static  string // where the stylesheet and scripts lie
	In      bool   // somebody is logged in
	CSRF    string
	Agent   *actions.Agent // whose page it is; nil: the vat's
	Notice  *notice
	Events  string // where a script hears of what is new; "" for nothing
	Every   int    // seconds after which a script looks again; 0: never
	Body    any
}

// show writes a page.
func (v *visit) show(view string, f frame) error { return v.showAs(http.StatusOK, view, f) }

// showAs writes a page with a status that is not OK.
func (v *visit) showAs(status int, view string, f frame) error {
	f.In, f.CSRF = true, v.session.csrf
	if v.agent != nil {
		f.Agent = &v.info
	}
	// A script that looks again is not who the notice is for.
	if f.Notice == nil && v.r.Header.Get("X-Qvat-Live") == "" {
		f.Notice = v.door.noted(v.session)
	}
	return v.write(v.w, status, view, f)
}

// write writes a page whole, or nothing of it.
func (p *Page) write(w http.ResponseWriter, status int, view string, f frame) error {
	f.Vat, f.Static = p.vat.About(), "/app/static/"+version()+"/"
	var b bytes.Buffer
	if err := p.views[view].ExecuteTemplate(&b, "layout.html", f); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	// Who left needs no answer.
	_, _ = w.Write(b.Bytes())
	return nil
}

// fail answers with what is wrong, in a page that needs nobody to be in.
func (p *Page) fail(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	err := p.write(w, status, "fail.html", frame{Title: title, Body: text})
	if err != nil {
		p.log.Error("the page failed", "path", r.URL.Path, "err", err)
		http.Error(w, title, status)
	}
}

// moment is a time as it is shown.
type moment struct{ ISO, Short, Full string }

// when shows a time: today's by the clock, others by the day.
func when(t time.Time) moment {
	if t.IsZero() {
		return moment{}
	}
	t = t.Local()
	now := time.Now()
	m := moment{ISO: t.Format(time.RFC3339), Full: t.Format("Monday, 2 January 2006, 15:04:05")}
	y, month, d := t.Date()
	ny, nmonth, nd := now.Date()
	switch {
	case y == ny && month == nmonth && d == nd:
		m.Short = t.Format("15:04")
	case y == ny:
		m.Short = t.Format("2 Jan")
	default:
		m.Short = t.Format("2 Jan 2006")
	}
	return m
}

// count is a number of things.
func count(n int, one string) string {
	switch {
	case n == 1:
		return "1 " + one
	case strings.HasSuffix(one, "y"):
		return Number(int64(n)) + " " + strings.TrimSuffix(one, "y") + "ies"
	}
	return Number(int64(n)) + " " + one + "s"
}

// micros is a time for people.
func micros(n int64) string {
	d := time.Duration(n) * time.Microsecond
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", n)
	case d < time.Second:
		return fmt.Sprintf("%.3g ms", float64(n)/1000)
	}
	return fmt.Sprintf("%.3g s", d.Seconds())
}

// agentPath is the address of an agent's pages.
func agentPath(name string) string { return "/app/agent/" + name + "/" }

// whole reads the numbers of several types that templates have; what is none
// counts as 0.
func whole(n any) int64 {
	switch v := reflect.ValueOf(n); {
	case v.CanInt():
		return v.Int()
	case v.CanUint():
		return int64(v.Uint())
	}
	return 0
}

func hexStart(k caps.Key) string { return brief(k[:]) }
