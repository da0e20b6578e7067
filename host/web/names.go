package web

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"qvat/chains"
	"qvat/host/actions"
	"qvat/host/caps"
)

type namesBody struct {
	Path    string
	Parents []crumb
	Entries []actions.Entry
	Query   string
	More    int // entries that are not shown
}

// crumb is a directory on the way to this one.
type crumb struct{ Name, Path string }

// showNames lists a directory.
func (v *visit) showNames() error {
	q := v.r.URL.Query()
	b := namesBody{Path: q.Get("path"), Query: q.Get("q")}
	if b.Path != "" {
		parts := strings.Split(b.Path, ".")
		for i, part := range parts {
			b.Parents = append(b.Parents, crumb{part, strings.Join(parts[:i+1], ".")})
		}
	}
	entries, err := do(v, actions.List{Path: b.Path})
	if err != nil {
		return err
	}
	b.Entries = slices.DeleteFunc(entries, func(e actions.Entry) bool { return !strings.Contains(e.Name, b.Query) })
	if b.More = max(len(b.Entries)-maxShown, 0); b.More > 0 {
		b.Entries = b.Entries[:maxShown]
	}
	return v.show("names.html", frame{
		Title: "Names of " + v.info.Name, Section: "names", Body: b,
		Events: v.path("events?" + url.Values{"names": {b.Path}}.Encode()),
	})
}

// Full is the name with its directory's path.
func (b namesBody) Full(name string) string { return join(b.Path, name) }

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

type nameBody struct {
	Name    string
	Parent  string
	Thing   actions.Thing
	ID      string
	Value   string // of a value: JSON, made readable
	Cut     bool   // the value is longer
	Locator string
	Others  []string // names that lead here too
	Why     []string // what holds it
	Target  *party   // what a promise was resolved to
	By      *party   // whose invitation it is
	Chain   *chainView
}

// maxValue is how many bytes of a value are shown.
const maxValue = 64 << 10

// showName shows what a name leads to.
func (v *visit) showName() error {
	b := nameBody{Name: v.r.URL.Query().Get("name")}
	if i := strings.LastIndexByte(b.Name, '.'); i >= 0 {
		b.Parent = b.Name[:i]
	}
	var err error
	if b.Thing, err = do(v, actions.Lookup{Name: b.Name}); err != nil {
		return err
	}
	b.ID = b.Thing.ID.String()
	if l, err := do(v, actions.Locate{Name: b.Name}); err == nil {
		b.Locator = l.String()
	}
	names, err := v.names.Names(v.r.Context(), b.Thing.ID)
	if err != nil {
		return err
	}
	b.Others = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == b.Name })
	// Of what lives elsewhere nobody here can say what holds it.
	if b.Why, err = do(v, actions.Why{ID: b.ID}); err != nil && noticeOf(err) == nil {
		return err
	}
	if err := v.describe(&b); err != nil {
		return err
	}
	return v.show("name.html", frame{Title: b.Name, Section: "names", Body: b})
}

// describe adds what is only so for things of its type.
func (v *visit) describe(b *nameBody) error {
	t := b.Thing
	if t.Value != nil {
		b.Value, b.Cut = pretty(t.Value)
	}
	if t.Promise != nil && t.Promise.State == caps.StateResolved {
		p, err := v.names.of(t.Promise.ID)
		if err != nil {
			return err
		}
		b.Target = &p
	}
	if t.Invitation != nil {
		p, err := v.names.of(t.Invitation.From)
		if err != nil {
			return err
		}
		b.By = &p
	}
	if len(t.Capsule) > 0 {
		c, err := chains.DecodeCapsule(t.Capsule, v.vat.About().Limits)
		if err != nil {
			return nil // it is kept, but is no capsule within today's limits
		}
		b.Chain, err = v.viewCapsule(c)
		return err
	}
	return nil
}

// pretty makes JSON readable, and shows the start of it where it is long.
func pretty(value json.RawMessage) (text string, isCut bool) {
	var b bytes.Buffer
	if err := json.Indent(&b, value, "", "  "); err != nil {
		b.Reset()
		b.Write(value)
	}
	text = b.String()
	if len(text) > maxValue {
		return visible(strings.ToValidUTF8(text[:maxValue], "")), true
	}
	return visible(text), false
}

// suggestion is a name that completes what is being written.
type suggestion struct {
	Name string    `json:"name"`
	Type caps.Type `json:"type"`
	Like string    `json:"like,omitempty"`
}

// maxSuggestions is how many are given.
const maxSuggestions = 8

// completeNames gives names that begin as asked, as JSON; a dot leads into a
// directory.
func (v *visit) completeNames() error {
	prefix := v.r.URL.Query().Get("prefix")
	path := ""
	if i := strings.LastIndexByte(prefix, '.'); i >= 0 {
		path, prefix = prefix[:i], prefix[i+1:]
	}
	found := []suggestion{}
	entries, err := do(v, actions.List{Path: path})
	if err != nil && noticeOf(err) == nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name, prefix) && len(found) < maxSuggestions {
			found = append(found, suggestion{join(path, e.Name), e.Type, e.Like})
		}
	}
	v.w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(v.w).Encode(found)
}

// toNames answers a form that changed names.
func (v *visit) toNames(err error, text string) error {
	path := "names"
	if p := v.r.PostForm.Get("path"); p != "" {
		path += "?" + url.Values{"path": {p}}.Encode()
	}
	return v.done(err, path, text)
}

// name is the name that a form gives, in the directory that it is of.
func (v *visit) name() string { return join(v.r.PostForm.Get("path"), v.r.PostForm.Get("name")) }

// onNames does something with names, and shows their directory again.
func onNames(form func(v *visit) (q actions.Order, text string)) handler {
	return func(v *visit) error {
		q, text := form(v)
		_, err := do(v, q)
		return v.toNames(err, text)
	}
}

func move(v *visit) (actions.Order, string) {
	q := actions.Move{From: v.r.PostForm.Get("from"), To: v.r.PostForm.Get("to")}
	return q, cut(q.From, 80) + " is now " + cut(q.To, 80) + "."
}

func copyName(v *visit) (actions.Order, string) {
	q := actions.Copy{From: v.r.PostForm.Get("from"), To: v.r.PostForm.Get("to")}
	return q, cut(q.To, 80) + " is the same as " + cut(q.From, 80) + "."
}

func remove(v *visit) (actions.Order, string) {
	q := actions.Remove{Name: v.r.PostForm.Get("from")}
	return q, "Removed the name " + cut(q.Name, 80) + "."
}

func makeFolder(v *visit) (actions.Order, string) {
	return actions.MakeDirectory{Name: v.name()}, "Made the directory " + cut(v.name(), 80) + "."
}

func accept(v *visit) (actions.Order, string) {
	return actions.Accept{Locator: strings.TrimSpace(v.r.PostForm.Get("locator")), Name: v.name()}, "You know each other now."
}

func (v *visit) storeValue() error {
	value := json.RawMessage(strings.TrimSpace(v.r.PostForm.Get("value")))
	if !json.Valid(value) {
		return v.toNames(&caps.Error{Code: caps.Wrong, Message: "the value is not JSON", Hint: "a text stands in double quotes"}, "")
	}
	_, err := do(v, actions.StoreValue{Name: v.name(), Value: value})
	return v.toNames(err, "Stored "+cut(v.name(), 80)+".")
}

func (v *visit) publish() error {
	b, err := v.file("capsule")
	if err == nil {
		_, err = do(v, actions.Publish{Name: v.name(), Capsule: b})
	}
	return v.toNames(err, "Published "+cut(v.name(), 80)+".")
}

// file reads a file of the form. It is in memory already, and bounded.
func (v *visit) file(field string) ([]byte, error) {
	f, _, err := v.r.FormFile(field)
	if err == http.ErrMissingFile || err == http.ErrNotMultipart {
		return nil, &caps.Error{Code: caps.Wrong, Message: "no file was chosen"}
	}
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	return io.ReadAll(f)
}

func (v *visit) invite() error {
	var expires time.Duration
	if days := v.r.PostForm.Get("days"); days != "" {
		d, err := time.ParseDuration(days + "h")
		if err != nil || d <= 0 {
			return v.toNames(&caps.Error{Code: caps.Wrong, Message: "the days are no number above 0"}, "")
		}
		expires = 24 * d
	}
	l, err := do(v, actions.Invite{Name: v.name(), Lasts: actions.Lifetime(expires)})
	if err != nil {
		return v.toNames(err, "")
	}
	v.door.note(v.session, &notice{
		Text: "Give this invitation to whom you mean to know as " + cut(v.name(), 80) + ". It can be accepted once.", Copy: l.String(),
	})
	return v.toNames(nil, "")
}
