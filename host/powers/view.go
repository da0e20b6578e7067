package powers

import (
	"context"
	"path"
	"slices"
)

// view is the granted directory as one invocation sees it: what lies on the disk,
// and over it what the invocation has staged.
type view struct {
	dir     *directory
	changes map[string]*change
}

// change is what an invocation made of a path.
type change struct {
	kind kind   // "" when it was removed
	data []byte // of a file
	more bool   // data goes after what the file has on the disk
}

// look gives what stands at a path.
func (v *view) look(p string) (found, error) {
	if c, ok := v.changes[p]; ok {
		at := found{kind: c.kind, size: int64(len(c.data))}
		if c.more {
			below, err := v.dir.look(p)
			if err != nil {
				return found{}, err
			}
			at.size += below.size
		}
		return at, nil
	}
	if p == "." {
		return found{kind: isDir}, nil
	}
	if up, err := v.look(path.Dir(p)); err != nil || up.kind != isDir {
		return found{}, err
	}
	return v.dir.look(p)
}

// read gives a file's bytes.
func (v *view) read(p string) ([]byte, error) {
	at, err := v.look(p)
	switch {
	case err != nil:
		return nil, err
	case at.kind == "":
		return nil, refusal("there is no file %q", p)
	case at.kind != isFile:
		return nil, refusal("%q is not a file", p)
	}
	most := v.dir.grant.FileBytes
	c, staged := v.changes[p]
	if at.size > int64(most) {
		return nil, tooLarge(p, at.size, most)
	}
	if !staged {
		return v.dir.read(p, most)
	}
	if !c.more {
		return c.data, nil
	}
	below, err := v.dir.read(p, most-len(c.data))
	return append(below, c.data...), err
}

// item is an entry of a directory.
type item struct {
	Name string `json:"name"`
	statJSON
}

// list gives a directory's entries by the bytes of their names. Those with names
// that programs cannot use are left out, and hides tells that there are some.
func (v *view) list(ctx context.Context, p string) (items []item, hides bool, err error) {
	at, err := v.look(p)
	switch {
	case err != nil:
		return nil, false, err
	case at.kind == "":
		return nil, false, refusal("there is no directory %q", p)
	case at.kind != isDir:
		return nil, false, refusal("%q is not a directory", p)
	}
	names, hides, err := v.dir.names(p)
	if err != nil {
		return nil, false, err
	}
	for c := range v.changes {
		if path.Dir(c) == p && c != "." && !slices.Contains(names, path.Base(c)) {
			names = append(names, path.Base(c))
		}
	}
	// Sorted before they are looked at: which of two fails first is for all to see.
	slices.Sort(names)
	items = []item{}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		at, err := v.look(path.Join(p, name))
		if err != nil {
			return nil, false, err
		}
		if at.kind != "" {
			items = append(items, item{name, statOf(at)})
		}
	}
	return items, hides, nil
}

// statJSON is what programs see of what stands at a path.
type statJSON struct {
	Kind kind   `json:"kind"`
	Size *int64 `json:"size,omitempty"` // of a file
}

func statOf(at found) statJSON {
	s := statJSON{Kind: at.kind}
	if at.kind == isFile {
		s.Size = &at.size
	}
	return s
}

// note keeps what the invocation made of a path, which is staged.
func (v *view) note(p string, c *change) {
	if v.changes == nil {
		v.changes = map[string]*change{}
	}
	v.changes[p] = c
}

// noteAppended keeps that data was added to a file, or was put into a new one.
func (v *view) noteAppended(p string, data []byte, before found) {
	if c, staged := v.changes[p]; staged && c.kind == isFile {
		c.data = append(c.data, data...)
		return
	}
	v.note(p, &change{kind: isFile, data: data, more: before.kind == isFile})
}
