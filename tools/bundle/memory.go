package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"qvat/chains"
)

// memory is the record of an earlier run: what was read, as it was, and what
// came of it. A run is spared where all of that still is so.
type memory struct {
	file    string // "" where nothing is remembered
	started time.Time
}

// record is the content of a memory's file.
type record struct {
	Files   map[string]stamp  `json:"files"`
	Folders map[string]string `json:"folders"` // the names in them that a resolver may look for
	Started time.Time         `json:"started"`
	Main    string            `json:"main"`
	Modules []Module          `json:"modules"`
	Inputs  []string          `json:"inputs"`
	Warned  []Problem         `json:"warned"`
	Bundle  string            `json:"bundle"` // SHA-256 of the file
	Map     string            `json:"map"`
}

// stamp is what changes when a file is written; Size is -1 for none.
type stamp struct {
	Size int64     `json:"size"`
	Time time.Time `json:"time"`
	Sum  string    `json:"sum,omitempty"` // of the content, where the time says too little
}

// maxRecords is how many runs are remembered.
const maxRecords = 256

// memory names the record of this project with these settings, made by this
// program.
func (p *project) memory(dir string) *memory {
	m := &memory{started: time.Now()}
	if dir == "" {
		return m
	}
	h := sha256.New()
	e := json.NewEncoder(h)
	self, err := os.Executable()
	if err != nil {
		return m
	}
	// A map is encoded in the order of its keys; none of this fails.
	_ = e.Encode([]any{self, stampOf(self), p.root, p.main, p.shims, p.define, p.merge, p.limit})
	m.file = filepath.Join(dir, hex.EncodeToString(h.Sum(nil)[:16])+".json")
	return m
}

// Written tells whether out and out.map are what [Build] and [Bundled.Encode]
// would give, without doing it: from the memory of an earlier run in o.Cache,
// where nothing has changed since. What it gives has Modules and Inputs, the
// hash of main, and no more.
func Written(o Options, out string) (*Bundled, bool) {
	p, err := open(o)
	if err != nil {
		return nil, false
	}
	m := p.memory(o.Cache)
	r, ok := m.read()
	if !ok || fileSum(out) != r.Bundle || fileSum(out+".map") != r.Map || !r.upToDate() {
		return nil, false
	}
	b := &Bundled{Modules: r.Modules, Inputs: r.Inputs, Warnings: r.Warned}
	if b.Bundle.Main, err = chains.ParseHash(r.Main); err != nil {
		return nil, false
	}
	return b, true
}

func (m *memory) read() (r record, ok bool) {
	if m.file == "" {
		return r, false
	}
	b, err := os.ReadFile(m.file)
	return r, err == nil && json.Unmarshal(b, &r) == nil && r.Bundle != ""
}

// upToDate tells whether all that was read is as it was.
func (r record) upToDate() bool {
	for path, was := range r.Files {
		now := stampOf(path)
		if now.Size != was.Size || !now.Time.Equal(was.Time) {
			return false
		}
		if was.Size >= 0 && was.tooRecent(r.Started) && (was.Sum == "" || fileSum(path) != was.Sum) {
			return false
		}
	}
	for dir, was := range r.Folders {
		if namesIn(dir) != was {
			return false
		}
	}
	return true
}

// tooRecent tells whether a file may have been written again, since it was read,
// without its time having moved: the clock of a file system has a grain.
func (s stamp) tooRecent(started time.Time) bool {
	grain := 20 * time.Millisecond
	if s.Time.Nanosecond() == 0 {
		grain = 2 * time.Second
	}
	return s.Time.After(started.Add(-grain))
}

// keep remembers a run. What cannot be remembered is not: the next run does it
// all again.
func (m *memory) keep(p *project, g *graph, b *Bundled) {
	if m.file == "" {
		return
	}
	bundle, side, err := b.Encode()
	if err != nil {
		return
	}
	r := record{
		Files: map[string]stamp{}, Folders: map[string]string{}, Started: m.started,
		Main: b.Bundle.Main.String(), Modules: b.Modules, Inputs: b.Inputs, Warned: b.Warnings, Bundle: sum(bundle), Map: sum(side),
	}
	if !r.noteInputs(p, g, m.started) {
		return
	}
	text, err := json.Marshal(r)
	if err != nil || os.MkdirAll(filepath.Dir(m.file), 0o700) != nil {
		return
	}
	temp, err := os.CreateTemp(filepath.Dir(m.file), "*.tmp")
	if err != nil {
		return
	}
	_, err = temp.Write(text)
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), m.file)
	}
	if err != nil {
		_ = os.Remove(temp.Name())
		return
	}
	removeOldest(filepath.Dir(m.file))
}

// noteInputs takes down the state of all that a run rests on. It is false where that
// cannot be said: where a file was written during the run, or nobody knows what
// a tsconfig.json extends.
func (r *record) noteInputs(p *project, g *graph, started time.Time) bool {
	reads := g.resolverReads(p)
	dirs := map[string]bool{}
	for _, path := range r.Inputs {
		for dir := filepath.Dir(path); !dirs[dir]; dir = filepath.Dir(dir) {
			dirs[dir] = true
		}
	}
	for dir := range dirs {
		reads.files[filepath.Join(dir, packageJSON)] = true
		if !reads.addTSConfig(filepath.Join(dir, tsconfig), p.root) {
			return false
		}
	}
	for path := range reads.files {
		now := stampOf(path)
		if now.Size >= 0 && now.tooRecent(started) {
			now.Sum = fileSum(path)
		}
		r.Files[path] = now
	}
	for path, was := range g.read {
		if now := stampOf(path); now.Size != was.Size || !now.Time.Equal(was.Time) || was.Sum != "" && was.Sum != fileSum(path) {
			return false
		}
		r.Files[path] = was
	}
	for dir := range reads.folders {
		r.Folders[dir] = namesIn(dir)
	}
	return true
}

const tsconfig = "tsconfig.json"

// namesIn sums up where a folder is, and the names in it that a resolver may
// look for, and where links lead.
func namesIn(dir string) string {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return ""
	}
	list, err := os.ReadDir(real)
	if err != nil {
		return ""
	}
	var b strings.Builder
	b.WriteString(real + "\x00")
	for _, e := range list {
		ext := filepath.Ext(e.Name())
		_, source := loaders[ext]
		_, data := dataLoaders[ext]
		if source || data || ext == "" || !e.Type().IsRegular() {
			b.WriteString(e.Name() + "\x00")
		}
		if e.Type()&fs.ModeSymlink != 0 {
			target, _ := os.Readlink(filepath.Join(real, e.Name())) // "" is as good as any
			b.WriteString(target + "\x00")
		}
	}
	return sum([]byte(b.String()))
}

// isRecordName tells whether a file's name is that of a record.
func isRecordName(name string) bool {
	key, ok := strings.CutSuffix(name, ".json")
	return ok && len(key) == 32 && strings.Trim(key, "0123456789abcdef") == ""
}

// removeOldest removes the oldest records beyond the number that is kept.
func removeOldest(dir string) {
	list, err := os.ReadDir(dir)
	if err != nil || len(list) <= maxRecords {
		return
	}
	type aged struct {
		name string
		time time.Time
	}
	var all []aged
	for _, e := range list {
		if info, err := e.Info(); err == nil && isRecordName(e.Name()) {
			all = append(all, aged{e.Name(), info.ModTime()})
		}
	}
	slices.SortFunc(all, func(a, b aged) int { return b.time.Compare(a.time) })
	for _, one := range all[min(len(all), maxRecords*3/4):] {
		_ = os.Remove(filepath.Join(dir, one.name)) // somebody else may have
	}
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err != nil {
		return stamp{Size: -1}
	}
	return stamp{Size: info.Size(), Time: info.ModTime()}
}

func fileSum(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return sum(b)
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}
