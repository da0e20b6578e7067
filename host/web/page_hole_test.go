package web

import (
	"net/http"
	"strings"
	"testing"

	"qvat/chains"
)

// One program of control characters, in each link of a chain that anybody can
// send, makes the page of that run some 190 MB, and several times that in the
// vat's memory.
func TestHolePageOfManyLinks(t *testing.T) {
	h := newHouse(t)
	p, err := chains.NewProgram([]byte(strings.Repeat("\x01", 256<<10)), 1<<20)
	must(t, err)
	h.vat.programs[p.Hash()] = p
	var c chains.Chain
	for range chains.MaxLinks {
		c.Links = append(c.Links, chains.Link{Program: p.Hash()})
	}
	h.vat.ran = []Ran{{Number: 1, Chain: c, Outcome: "not_signed"}}
	if a := h.in().get("/app/runs/1"); len(a.body) > 16<<20 {
		t.Errorf("the page has %d bytes", len(a.body))
	}
}

// Cookies are the same for all ports of a host, and SameSite too: a page of
// another port can open streams, which keep the session from ending and take
// all the room that there is for them.
func TestHoleStreamFromAnotherPort(t *testing.T) {
	h := newHouse(t)
	v := h.in()
	r := v.request(http.MethodGet, "/app/agent/self/events?after=0", nil)
	r.Header.Set("Sec-Fetch-Site", "same-site")
	r.Header.Set("Origin", "http://127.0.0.1:3000")
	res, err := v.http.Do(r)
	must(t, err)
	defer res.Body.Close() //nolint:errcheck // only read
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("a page of another port was given a stream: %d", res.StatusCode)
	}
}

// What a browser asks for on behalf of another page is refused, but a link that
// somebody follows.
func TestFromOtherPages(t *testing.T) {
	h := newHouse(t)
	v := h.in()
	for _, one := range []struct {
		site, mode, dest, origin string
		want                     int
	}{
		{"", "", "", "", http.StatusOK},
		{"none", "navigate", "document", "", http.StatusOK},
		{"same-origin", "cors", "empty", "", http.StatusOK},
		{"same-site", "navigate", "document", "", http.StatusOK},
		{"cross-site", "navigate", "document", "", http.StatusOK},
		{"same-site", "navigate", "iframe", "", http.StatusForbidden},
		{"same-site", "cors", "empty", "", http.StatusForbidden},
		{"same-site", "no-cors", "image", "", http.StatusForbidden},
		{"cross-site", "no-cors", "script", "", http.StatusForbidden},
		{"", "", "", "http://127.0.0.1:1", http.StatusForbidden},
		{"", "", "", "null", http.StatusForbidden},
	} {
		r := v.request(http.MethodGet, "/app/help", nil)
		for name, value := range map[string]string{"Sec-Fetch-Site": one.site, "Sec-Fetch-Mode": one.mode, "Sec-Fetch-Dest": one.dest, "Origin": one.origin} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		if a := v.do(r); a.status != one.want {
			t.Errorf("%+v: %d", one, a.status)
		}
	}
}

// A program that stands in a chain twice is shown once, and a text that is cut
// says so.
func TestProgramsOnce(t *testing.T) {
	h := newHouse(t)
	p, err := chains.NewProgram([]byte("// needle\n"+strings.Repeat("x", maxText)), 1<<20)
	must(t, err)
	h.vat.programs[p.Hash()] = p
	link := chains.Link{Program: p.Hash()}
	h.vat.ran = []Ran{{Number: 1, Chain: chains.Chain{Links: []chains.Link{link, link}}, Outcome: "not_signed"}}
	a := h.in().get("/app/runs/1")
	if strings.Count(a.body, "// needle") != 1 || !strings.Contains(a.body, `href="#link-1"`) || !strings.Contains(a.body, "There is more of it") {
		t.Errorf("it is shown %d times", strings.Count(a.body, "// needle"))
	}
}
