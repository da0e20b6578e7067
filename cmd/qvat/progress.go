package main

import (
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progressAfter is how long something may take before anything is shown.
const progressAfter = time.Second

// progress says on a terminal what is being waited for, when it takes long. It
// leaves nothing behind. On what is no terminal it says nothing.
type progress struct {
	start *time.Timer

	mu   sync.Mutex
	what string
	bar  *progressbar.ProgressBar // nil until progressAfter
	over bool
}

// progress begins to wait; end it with done.
func (a *app) progress(what string) *progress {
	p := &progress{what: what}
	if a.Terminal {
		p.start = time.AfterFunc(progressAfter, func() { p.show(a) })
	}
	return p
}

func (p *progress) show(a *app) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	// With no length it is a spinner, which turns by itself.
	p.bar = progressbar.NewOptions(-1,
		progressbar.OptionSetWriter(a.Stderr),
		progressbar.OptionSetDescription(p.what),
		progressbar.OptionSpinnerType(14),
		progressbar.OptionSetRenderBlankState(true),
		progressbar.OptionSetElapsedTime(false), // it would count from here
		progressbar.OptionClearOnFinish(),
	)
}

// now says what is being waited for from here on.
func (p *progress) now(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	changed := what != p.what
	p.what = what
	if p.bar != nil && changed {
		p.bar.Describe(what)
	}
}

// done ends the waiting and clears what was shown. Once is enough; more does
// no harm.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	if p.start != nil {
		p.start.Stop()
	}
	if p.bar != nil {
		// A terminal that takes no more has nothing to be cleared of.
		_ = p.bar.Finish()
		p.bar = nil
	}
}
