package web

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"qvat/host/caps"
)

type vatBody struct {
	State    State
	Chart    chart
	Outcomes []share
	Refusals []share // of mail
	Total    int64
	PerMin   string // messages in the last whole minute
}

// share is a part of a sum.
type share struct {
	Name    string
	Count   int64
	Percent string
	Good    bool
}

// chart is a drawing of the last hour's minutes: bars in a box of Width by
// Height units.
type chart struct {
	Width, Height int
	Bars          []bar
	Top           int // messages that the box's height stands for
	Text          string
}

type bar struct{ X, OKY, OKH, BadY, BadH, W int }

func (v *visit) showVat() error {
	s := v.vat.State()
	b := vatBody{State: s, Chart: newChart(s.Minutes)}
	for _, n := range s.Outcomes {
		b.Total += n
	}
	b.Outcomes = shares(s.Outcomes, b.Total)
	refusals := map[string]int64{}
	for code, n := range v.post.Refusals() {
		refusals[string(code)] = n
	}
	b.Refusals = shares(refusals, 0)
	if n := len(s.Minutes); n > 1 {
		last := s.Minutes[n-2]
		b.PerMin = Number(int64(last.OK + last.Failed))
	}
	return v.show("vat.html", frame{Title: "The vat", Section: "vat", Every: 5, Body: b})
}

// shares are counts, the largest first.
func shares(counts map[string]int64, total int64) []share {
	var list []share
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		s := share{Name: name, Count: counts[name], Good: name == "ok"}
		if total > 0 {
			s.Percent = strconv.FormatFloat(100*float64(s.Count)/float64(total), 'f', 1, 64) + " %"
		}
		list = append(list, s)
	}
	slices.SortStableFunc(list, func(a, b share) int { return cmp.Compare(b.Count, a.Count) })
	return list
}

func newChart(minutes []Minute) chart {
	c := chart{Width: 600, Height: 96, Top: 1}
	var all, failed int
	for _, m := range minutes {
		c.Top = max(c.Top, m.OK+m.Failed)
		all, failed = all+m.OK+m.Failed, failed+m.Failed
	}
	step := c.Width / max(len(minutes), 60)
	for i, m := range minutes {
		b := bar{X: i * step, W: step - 2}
		b.OKH = height(m.OK, c)
		b.BadH = height(m.Failed, c)
		b.OKY = c.Height - b.OKH
		b.BadY = b.OKY - b.BadH
		c.Bars = append(c.Bars, b)
	}
	c.Text = count(all, "message") + " in the last hour, " + Number(int64(failed)) + " of them failed; at most " +
		Number(int64(c.Top)) + " in a minute."
	if all == 0 {
		c.Text = "No messages in the last hour."
	}
	return c
}

// height is that of a bar: what is not nothing can be seen.
func height(n int, c chart) int {
	if n == 0 {
		return 0
	}
	return max(2, n*(c.Height-4)/c.Top)
}

type runsBody struct {
	Runs  []run
	Older string
}

// run is a message of programs as a row shows it.
type run struct {
	Ran
	Signers []keyView // of the last link, as far as their signatures are valid
}

func (v *visit) showRuns() error {
	before, _ := strconv.ParseUint(v.r.URL.Query().Get("before"), 10, 64) // what is no number is no bound
	found := v.vat.Ran(before, pageSize+1)
	var b runsBody
	if len(found) > pageSize {
		found = found[:pageSize]
		b.Older = "?" + url.Values{"before": {strconv.FormatUint(found[pageSize-1].Number, 10)}}.Encode()
	}
	whose, err := v.whose()
	if err != nil {
		return err
	}
	look, root := looker{visit: v, whose: whose}, v.vat.About().Root
	for _, r := range found {
		one := run{Ran: r}
		if n := len(r.Chain.Links); n > 0 {
			last := r.Chain.Links[n-1]
			for _, s := range last.Signatures {
				if s.Verifies(root, r.Chain.Prefix(n-1), last.Program) {
					one.Signers = append(one.Signers, look.key(s.Key[:]))
				}
			}
		}
		b.Runs = append(b.Runs, one)
	}
	f := frame{Title: "Runs", Section: "runs", Body: b}
	if before == 0 {
		f.Every = 5
	}
	return v.show("runs.html", f)
}

type runBody struct {
	Ran
	View *chainView
}

func (v *visit) showRun() error {
	gone := &caps.Error{Code: caps.NotFound, Message: "this message is not remembered any more"}
	n, err := v.number()
	if err != nil {
		return gone
	}
	found := v.vat.Ran(n+1, 1)
	if len(found) == 0 || found[0].Number != n {
		return gone
	}
	b := runBody{Ran: found[0]}
	b.Error = visible(b.Error)
	b.Lines = slices.Clone(b.Lines)
	for i, l := range b.Lines {
		b.Lines[i].Text = visible(l.Text)
	}
	if b.View, err = v.viewChain(b.Chain, nil); err != nil {
		return err
	}
	return v.show("run.html", frame{Title: "Run " + strconv.FormatUint(n, 10), Section: "runs", Body: b})
}
