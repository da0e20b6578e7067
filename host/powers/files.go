package powers

import (
	"context"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"path"
	"unicode/utf8"

	"qvat/host/store"
	"qvat/runtime"
)

//go:embed files.js
var filesSource string

// filesPower is qvat:files: the granted directory. It changes nothing by
// itself: changes are staged, and made by [Set.Apply] after the commit.
type filesPower struct {
	view
	tx     store.Tx
	chance func() ([32]byte, error) // for the ids of changes
}

func (p *filesPower) Call(ctx context.Context, method string, args []byte) (runtime.Reply, error) {
	var r runtime.Reply
	var a arguments
	if err := a.parse(method, args); err != nil {
		return r, err
	}
	n := 1
	switch method {
	case "read", "readBytes", "list", "stat":
	case "write", "writeBytes", "append":
		n = 2
		fallthrough
	case "mkdir", "remove":
		if !p.dir.grant.Write {
			return r, refusal("the vat grants its directory for reading alone")
		}
	default:
		return r, unknownMethod("qvat:files", method)
	}
	if err := a.count(n, n); err != nil {
		return r, err
	}
	name, err := a.text(0, "the path")
	if err != nil {
		return r, err
	}
	if err := checkPath(name); err != nil {
		return r, err
	}
	switch method {
	case "read", "readBytes":
		return p.content(method, name)
	case "list":
		items, _, err := p.list(ctx, name)
		if err != nil {
			return r, err
		}
		return answer(items)
	case "stat":
		at, err := p.look(name)
		if err != nil || at.kind == "" {
			return r, err
		}
		return answer(statOf(at))
	case "mkdir":
		return r, p.mkdir(name)
	case "remove":
		there, err := p.remove(ctx, name)
		if err != nil {
			return r, err
		}
		return answer(there)
	}
	return r, p.write(&a, name)
}

// content answers read and readBytes.
func (p *filesPower) content(method, name string) (runtime.Reply, error) {
	b, err := p.read(name)
	if err != nil {
		return runtime.Reply{}, err
	}
	if method == "readBytes" {
		return answer(b) // base64
	}
	if !utf8.Valid(b) {
		return runtime.Reply{}, refusal("%q is not UTF-8 text: readBytes gives it as base64", name)
	}
	return answer(string(b))
}

// write stages write, writeBytes and append.
func (p *filesPower) write(a *arguments, name string) error {
	s, err := a.text(1, "the content")
	if err != nil {
		return err
	}
	data := []byte(s)
	if a.method == "writeBytes" {
		if data, err = base64.StdEncoding.Strict().DecodeString(s); err != nil {
			return typeError("writeBytes: the content is not base64")
		}
	}
	if len(data) > p.dir.grant.FileBytes {
		return rangeError("%s: the content is %d bytes, and %d are allowed", a.method, len(data), p.dir.grant.FileBytes)
	}
	at, err := p.look(name)
	if err != nil {
		return err
	}
	if at.kind == isDir || at.kind == isOther {
		return refusal("%q is not a file", name)
	}
	up, err := p.look(path.Dir(name))
	if err != nil {
		return err
	}
	if up.kind != isDir {
		return refusal("there is no directory %q", path.Dir(name))
	}
	if a.method == "append" {
		if err := p.stage(opAppend, name, data); err != nil {
			return err
		}
		p.noteAppended(name, data, at)
		return nil
	}
	if err := p.stage(opWrite, name, data); err != nil {
		return err
	}
	p.note(name, &change{kind: isFile, data: data})
	return nil
}

// mkdir stages a directory, and those above it that are not there.
func (p *filesPower) mkdir(name string) error {
	var missing []string
	for _, d := range append(ancestors(name), name) {
		at, err := p.look(d)
		switch {
		case err != nil:
			return err
		case at.kind == "":
			missing = append(missing, d)
		case at.kind != isDir:
			return refusal("%q is not a directory", d)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if err := p.stage(opMkdir, name, nil); err != nil {
		return err
	}
	for _, d := range missing {
		p.note(d, &change{kind: isDir})
	}
	return nil
}

// remove stages the removal of a file, or of a directory that is empty, and
// tells whether there was one.
func (p *filesPower) remove(ctx context.Context, name string) (bool, error) {
	at, err := p.look(name)
	switch {
	case err != nil || at.kind == "":
		return false, err
	case name == ".":
		return false, refusal("the granted directory itself cannot be removed")
	case at.kind == isOther:
		return false, refusal("%q is neither a file nor a directory", name)
	case at.kind == isDir:
		items, hides, err := p.list(ctx, name)
		if err != nil {
			return false, err
		}
		if len(items) > 0 || hides {
			return false, refusal("the directory %q is not empty", name)
		}
	}
	if err := p.stage(opRemove, name, nil); err != nil {
		return false, err
	}
	p.note(name, &change{})
	return true, nil
}

func (p *filesPower) stage(what, name string, data []byte) error {
	id, err := p.chance()
	if err != nil {
		return err
	}
	payload, err := newOperation(what, name, hex.EncodeToString(id[:16])).encode(data)
	if err != nil {
		return err
	}
	return storeRefusal(p.tx.Stage(OutboxFiles, payload))
}
