package web

import (
	"net/http"
	"strings"

	"qvat/host/actions"
	"qvat/host/caps"
)

// draft is a letter that is being written.
type draft struct {
	To, Text string
	What     string // of a request
	Under    string // the name that the answer comes to
	Handles  []string
}

// showWrite shows the forms of a letter and of a request.
func (v *visit) showWrite() error {
	return v.showDraft(http.StatusOK, draft{To: v.r.URL.Query().Get("to"), Text: v.r.URL.Query().Get("text")}, nil)
}

// showDraft shows a draft again, with what is wrong with it: nothing that was
// written is lost.
func (v *visit) showDraft(status int, d draft, n *notice) error {
	entries, err := do(v, actions.List{})
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Type == caps.TypeHandle && len(d.Handles) < maxHandles {
			d.Handles = append(d.Handles, e.Name)
		}
	}
	return v.showAs(status, "write.html", frame{Title: "Write", Section: "write", Notice: n, Body: d})
}

// maxHandles is how many names are offered to write to.
const maxHandles = 200

// parseText takes apart a text of a form, whose lines end as HTML has it.
func parseText(text string) (actions.Text, error) {
	return actions.ParseText(strings.ReplaceAll(text, "\r\n", "\n"))
}

// send sends a letter, in which @name attaches.
func (v *visit) send() error {
	d := draft{To: v.r.PostForm.Get("to"), Text: v.r.PostForm.Get("text")}
	text, err := parseText(d.Text)
	if err == nil {
		_, err = do(v, actions.Send{To: d.To, Text: text})
	}
	return v.sent(err, d, "Sent to "+cut(d.To, 80)+".")
}

// request asks somebody for a thing.
func (v *visit) request() error {
	d := draft{To: v.r.PostForm.Get("to"), What: v.r.PostForm.Get("what"), Under: v.r.PostForm.Get("name")}
	_, err := do(v, actions.Ask{To: d.To, What: d.What, Name: d.Under})
	return v.sent(err, d, "Asked "+cut(d.To, 80)+".")
}

func (v *visit) sent(err error, d draft, text string) error {
	if n := noticeOf(err); n != nil {
		return v.showDraft(statusOf(err), d, n)
	}
	return v.done(err, "", text)
}
