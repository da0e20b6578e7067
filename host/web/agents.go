package web

import (
	"fmt"
	"slices"
	"strings"

	"qvat/host/actions"
)

// maxShown is how many rows a table of agents or names has at most; a filter
// finds the others.
const maxShown = 500

// agentsBody is the list of agents.
type agentsBody struct {
	Agents []actions.Agent
	Hosts  []string
	Query  string
	More   int
}

// showAgents lists the vat's agents.
func (v *visit) showAgents() error {
	all, err := actions.Agents(v.r.Context(), v.post)
	if err != nil {
		return err
	}
	b := agentsBody{Query: v.r.URL.Query().Get("q")}
	for _, a := range all {
		if a.Host() && len(b.Hosts) < maxHandles {
			b.Hosts = append(b.Hosts, a.Name)
		}
	}
	b.Agents = slices.DeleteFunc(all, func(a actions.Agent) bool { return !strings.Contains(a.Name, b.Query) })
	if b.More = max(len(b.Agents)-maxShown, 0); b.More > 0 {
		b.Agents = b.Agents[:maxShown]
	}
	return v.show("agents.html", frame{Title: "Agents", Section: "agents", Every: 10, Body: b})
}

// makeAgent makes a host or guest, for the host that the form names.
func (v *visit) makeAgent() error {
	name, kind := v.r.PostForm.Get("name"), v.r.PostForm.Get("kind")
	by := v.agent
	if as := v.r.PostForm.Get("as"); as != "" && as != v.info.Name {
		var err error
		if by, err = v.post.Agent(v.r.Context(), as); err != nil {
			return v.back(err, Root, "")
		}
	}
	make := actions.Request[actions.Agent](actions.MakeGuest{Name: name})
	if kind == "host" {
		make = actions.MakeHost{Name: name}
	}
	made, err := make.Do(v.r.Context(), by)
	return v.back(err, Root, fmt.Sprintf("The %s %s is there.", made.Kind, made.Name))
}

// showHelp says how the page is used.
func (v *visit) showHelp() error {
	return v.show("help.html", frame{Title: "Help", Section: "help"})
}
