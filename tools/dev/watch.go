package dev

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"qvat/chains"
	"qvat/tools/bundle"
	"qvat/tools/project"
)

const (
	// pollEvery is how often the sources are looked at.
	pollEvery = 500 * time.Millisecond
	// retryAfter is how soon sources that did not bundle are tried again, though no
	// known file has changed: one that was missing may be there.
	retryAfter = 2 * time.Second
)

// watch bundles whenever a source has changed, until ctx ends.
func (s *server) watch(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var w sources
	for {
		if w.due() {
			s.rebundle(&w)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// sources are the files that were bundled last, as they were then.
type sources struct {
	tried  time.Time // when they were bundled last
	files  map[string]stamp
	failed string // why that did not work; "" where it did
}

func (w *sources) due() bool {
	if w.tried.IsZero() || w.failed != "" && time.Since(w.tried) >= retryAfter {
		return true
	}
	for path, was := range w.files {
		if stampOf(path) != was {
			return true
		}
	}
	return false
}

// rebundle bundles, and tells what came of it where that is news.
func (s *server) rebundle(w *sources) {
	w.tried = time.Now()
	b, files, err := s.bundle()
	if err == nil || w.files == nil {
		w.files = map[string]stamp{}
	}
	for _, path := range files {
		w.files[path] = stamp{}
	}
	for path := range w.files {
		w.files[path] = stampBefore(path, w.tried)
	}
	before := w.failed
	w.failed = ""
	switch {
	case err != nil:
		if w.failed = err.Error(); w.failed != before && s.o.Failed != nil {
			s.tell(func() { s.o.Failed(err) })
		}
	case s.o.Bundled != nil:
		s.tell(func() { s.o.Bundled(b) })
	}
}

// bundle bundles the project and writes the chain. It gives the files that it
// was made of; where it failed, those that are to blame.
func (s *server) bundle() (*bundle.Bundled, []string, error) {
	files := []string{filepath.Join(s.project.Dir, "package.json")}
	b, err := bundle.Build(bundle.Options{Path: s.project.Dir, Cache: filepath.Join(s.dir, "bundled")})
	if err != nil {
		var wrong *bundle.Problems
		if errors.As(err, &wrong) {
			for _, one := range wrong.List {
				files = append(files, filepath.Join(s.project.Dir, filepath.FromSlash(one.File)))
			}
		}
		return nil, files, err
	}
	return b, append(files, b.Inputs...), s.write(b)
}

// write writes the chain: main, signed by the vat's root key, with all that it
// requires, and the map beside it.
func (s *server) write(b *bundle.Bundled) error {
	sig, err := chains.Sign(s.root, chains.Plain, chains.PublicKey{}, nil, b.Bundle.Main)
	if err != nil {
		return err
	}
	c := chains.Capsule{Chain: chains.Chain{Links: []chains.Link{{Program: b.Bundle.Main, Signatures: []chains.Signature{sig}}}}}
	s.mu.Lock()
	s.maps.Add(b.Map)
	for _, m := range b.Bundle.Modules {
		c.Programs = append(c.Programs, m.Program)
		s.texts[m.Program.Hash()] = m.Program
	}
	s.mu.Unlock()
	text, err := c.Encode()
	if err != nil {
		return err
	}
	known, err := b.Map.Encode()
	if err != nil {
		return err
	}
	chain := filepath.Join(s.dir, chainFile)
	if err := project.Write(chain+".map", known); err != nil {
		return err
	}
	return project.Write(chain, text)
}

// stamp is what changes when a file is written; the zero one is that of a file
// that is not there.
type stamp struct {
	size     int64
	modified int64 // in ns since 1970
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}
	}
	return stamp{info.Size(), info.ModTime().UnixNano()}
}

// stampBefore gives a file's stamp, and one that it never has where it was
// written at that time or later: who began to read it then may have read less.
func stampBefore(path string, read time.Time) stamp {
	now := stampOf(path)
	if now.modified >= read.UnixNano() {
		return stamp{size: -1}
	}
	return now
}
