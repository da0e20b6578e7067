package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"qvat/chains"
	"qvat/cmd/qvat/cli"
	"qvat/host/fault"
	"qvat/tools/bundle"
)

// mapExt is what a bundle's or a capsule's file has after its name when it is
// the file's map: names of programs, and where their texts came from.
const mapExt = ".map"

// readMap reads the map beside a file; nil where there is none. Nothing that is
// run depends on a map, so one that cannot be read is worth a warning and no
// more.
func (a *app) readMap(beside string) *bundle.Map {
	path := beside + mapExt
	m, err := loadMap(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		a.Warn(fmt.Sprintf("%s is not used: %v", path, err), "'qvat bundle' writes such a map beside the bundle")
		return nil
	}
	return m
}

func loadMap(path string) (*bundle.Map, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not an ordinary file")
	case info.Size() > bundle.MapBytes:
		return nil, fmt.Errorf("it has more than %d bytes", bundle.MapBytes)
	}
	b, err := cli.ReadLimited(path, "map_bytes", bundle.MapBytes)
	if err != nil {
		return nil, err
	}
	return bundle.DecodeMap(b)
}

// readMaps joins the maps beside these files. What was given last knows best.
func (a *app) readMaps(beside []string) *bundle.Map {
	all := bundle.NewMap()
	for _, path := range slices.Backward(beside) {
		all.Add(a.readMap(path))
	}
	return all
}

// writeMap writes what is known of the capsule's programs beside it. Where
// nothing is known, nothing is written.
func (a *app) writeMap(beside string, known *bundle.Map, d *draft) {
	known = known.Only(d.needs()...)
	if len(known.Modules) == 0 {
		return
	}
	b, err := known.Encode()
	if err == nil {
		err = writeFile(beside+mapExt, b, 0o666)
	}
	if err != nil {
		a.Warn(fmt.Sprintf("there is no map beside %s: %v", beside, err), "errors will be shown at their places in the programs, not in their sources")
	}
}

// saveChain saves a capsule under a checked name, with its map. A map of the
// chain that had the name before goes.
func (a *app) saveChain(h home, name string, c held) error {
	d := a.extend(c)
	known := d.origin().Only(d.needs()...)
	if err := h.save(chainsDir, name, chainExt, c.bytes); err != nil {
		return err
	}
	if len(known.Modules) == 0 {
		return h.forgetMap(name)
	}
	b, err := known.Encode()
	if err != nil {
		return err
	}
	return h.save(chainsDir, name, chainExt+mapExt, b)
}

// forgetMap removes the map of a saved chain, if there is one.
func (h home) forgetMap(name string) error {
	err := os.Remove(h.path(chainsDir, name, chainExt+mapExt))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cli.FileError("", "%w", err)
	}
	return nil
}

// nameOf is what people call a program, or "". It is as long as a bundle allows
// at most, wherever it comes from.
func (d *draft) nameOf(h chains.Hash) string {
	if name := d.names[h]; name != "" {
		return name
	}
	return brief(d.origin().Name(h))
}

// source finds the author's place of a fault, if a map knows it.
func (d *draft) source(f *fault.Error) (bundle.Place, bool) {
	h, err := chains.ParseHash(f.Program)
	if err != nil || f.Line < 1 {
		return bundle.Place{}, false
	}
	column := f.Column
	if p, here := d.have[h]; here {
		if line, ok := textLine(p.Text(), f.Line); ok {
			column = unitColumn(line, f.Column)
		}
	}
	at, ok := d.origin().Position(h, f.Line, column)
	at.File = brief(at.File)
	return at, ok && at.File != ""
}

// textLine gives a line of a program's text, counted from 1.
func textLine(text string, number int) (string, bool) {
	for ; number > 1; number-- {
		_, rest, more := strings.Cut(text, "\n")
		if !more {
			return "", false
		}
		text = rest
	}
	line, _, _ := strings.Cut(text, "\n")
	return line, number == 1
}

// unitColumn makes a column that counts bytes into one that counts UTF-16 units,
// as maps of sources do. 0, for one that is not known, stays.
func unitColumn(line string, column int) int {
	if column < 1 {
		return column
	}
	units := 1
	for _, r := range line[:min(column-1, len(line))] {
		units += max(utf16.RuneLen(r), 1)
	}
	return units
}

// brief keeps of a name from a map as much as a bundle would allow.
func brief(name string) string {
	if len(name) <= chains.MaxModuleName {
		return name
	}
	end := chains.MaxModuleName
	for end > 0 && !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end] + "…"
}
