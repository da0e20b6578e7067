package chains

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bundle is a project that was made into programs that require each other: the
// content of a .bundle file. It is whole, and holds nothing else: every module
// is main, or is reached from main by require, and every module that one
// requires is there.
type Bundle struct {
	// Main is the hash of the module that is to become a link of a chain.
	Main Hash
	// Modules are all programs, main among them, in ascending order of hash;
	// none is there twice.
	Modules []BundleModule
}

// BundleModule is one program of a bundle.
type BundleModule struct {
	// Name is what people call it, such as "lib/rates.ts": UTF-8 from 1 to
	// [MaxModuleName] bytes, with no control characters. Nothing rests on it: no
	// hash covers it, and two modules may have the same.
	Name    string
	Program Program
}

// IsBundle says whether b begins as a bundle does. [DecodeBundle] may refuse it
// all the same.
func IsBundle(b []byte) bool { return bytes.HasPrefix(b, []byte(bundleMagic)) }

// DecodeBundle reads a bundle, which must be the whole of b; nothing of b is
// kept. What it gives is encoded again to the same bytes.
//
// More bytes than a limit are a [*TooLargeError], for [BundleBytes] or
// [ProgramBytes]; the size of the whole is asked first. Anything else that is
// wrong is a [*MalformedError].
func DecodeBundle(b []byte, lim Limits) (Bundle, error) {
	lim = lim.orDefaults()
	if len(b) > lim.Bundle {
		return Bundle{}, &TooLargeError{Limit: BundleBytes, Max: lim.Bundle}
	}
	r := &reader{b: b}
	if err := r.magic(bundleMagic, "bundle"); err != nil {
		return Bundle{}, err
	}
	main, err := r.take(len(Hash{}), "main's hash")
	if err != nil {
		return Bundle{}, err
	}
	bundle := Bundle{Main: Hash(main)}
	if bundle.Modules, err = decodeModules(r, lim.Program); err != nil {
		return Bundle{}, err
	}
	if err := r.end("bundle"); err != nil {
		return Bundle{}, err
	}
	if i, why := bundle.misfit(); why != "" {
		return Bundle{}, malformed(bundle.offset(i), "%s", why)
	}
	return bundle, nil
}

func decodeModules(r *reader, maxBytes int) ([]BundleModule, error) {
	head, err := r.take(2, "the count of modules")
	if err != nil {
		return nil, err
	}
	count := int(binary.BigEndian.Uint16(head))
	if count == 0 {
		return nil, malformed(r.at-2, "a bundle of no modules: it has from 1 to %d", MaxBodies)
	}
	if least := count * (nameHead + 1 + bodyHead); r.left() < least {
		return nil, malformed(r.at-2, "cut short: %d modules need at least %d bytes and %d are left", count, least, r.left())
	}
	modules := make([]BundleModule, 0, count)
	for range count {
		start := r.at
		name, err := decodeName(r)
		if err != nil {
			return nil, err
		}
		size, err := r.length("a body's length")
		if err != nil {
			return nil, err
		}
		at := r.at
		r.at += size
		p, err := NewProgram(r.b[at:r.at], maxBytes)
		if err != nil {
			return nil, shift(err, at)
		}
		if n := len(modules); n > 0 && !before(modules[n-1].Program.hash, p.hash) {
			return nil, malformed(start, "module %d does not come after the one before it: they stand in ascending order of hash, each once", n+1)
		}
		modules = append(modules, BundleModule{Name: name, Program: p})
	}
	return modules, nil
}

func decodeName(r *reader) (string, error) {
	head, err := r.take(nameHead, "the length of a module's name")
	if err != nil {
		return "", err
	}
	size := int(binary.BigEndian.Uint16(head))
	if size == 0 || size > MaxModuleName {
		return "", malformed(r.at-nameHead, "a module's name of %d bytes: it has from 1 to %d", size, MaxModuleName)
	}
	at := r.at
	raw, err := r.take(size, "a module's name")
	if err != nil {
		return "", err
	}
	name := string(raw)
	if err := checkModuleName(name); err != nil {
		return "", shift(err, at)
	}
	return name, nil
}

func checkModuleName(name string) error {
	if name == "" || len(name) > MaxModuleName {
		return malformed(-1, "a module's name of %d bytes: it has from 1 to %d", len(name), MaxModuleName)
	}
	if !utf8.ValidString(name) {
		return malformed(firstInvalid([]byte(name)), "a module's name is not valid UTF-8")
	}
	if i := strings.IndexFunc(name, unicode.IsControl); i >= 0 {
		return malformed(i, "a module's name holds a control character")
	}
	return nil
}

// before says whether a comes before b in a bundle.
func before(a, b Hash) bool { return bytes.Compare(a[:], b[:]) < 0 }

// misfit finds what keeps the modules from being one whole: a main that is not
// there, a module that one requires and that is not there, or one that nothing
// leads to. It says why, and which module it is about; -1 is main's hash. Where
// all is well, why is empty.
func (b Bundle) misfit() (i int, why string) {
	at := make(map[Hash]int, len(b.Modules))
	for i, m := range b.Modules {
		at[m.Program.hash] = i
	}
	main, here := at[b.Main]
	if !here {
		return -1, "main is none of the bundle's modules"
	}
	reached := make([]bool, len(b.Modules))
	reached[main] = true
	for todo := []int{main}; len(todo) > 0; {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, h := range b.Modules[i].Program.requires {
			j, here := at[h]
			switch {
			case !here:
				return i, "module " + b.Modules[i].Name + " requires " + h.String() + ", which is not in the bundle"
			case !reached[j]:
				reached[j] = true
				todo = append(todo, j)
			}
		}
	}
	for i := range b.Modules {
		if !reached[i] {
			return i, "nothing leads from main to module " + b.Modules[i].Name
		}
	}
	return 0, ""
}

// offset gives the byte at which module i begins; for -1, main's hash.
func (b Bundle) offset(i int) int {
	if i < 0 {
		return len(bundleMagic)
	}
	return Bundle{Modules: b.Modules[:i]}.size()
}

// size gives the length of the encoding.
func (b Bundle) size() int {
	size := bundleHead
	for _, m := range b.Modules {
		size += nameHead + len(m.Name) + bodyHead + len(m.Program.text)
	}
	return size
}

// Encode gives the bundle's one encoding. A bundle that [DecodeBundle] would
// refuse whatever its limits is a [*MalformedError], with no byte to point at
// except in a name. Sizes are the reader's to judge; up to 2 GiB they are not
// checked here.
func (b Bundle) Encode() ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	out := make([]byte, 0, b.size())
	out = append(out, bundleMagic...)
	out = append(out, b.Main[:]...)
	out = binary.BigEndian.AppendUint16(out, uint16(len(b.Modules)))
	for _, m := range b.Modules {
		out = binary.BigEndian.AppendUint16(out, uint16(len(m.Name)))
		out = append(out, m.Name...)
		out = binary.BigEndian.AppendUint32(out, uint32(len(m.Program.text)))
		out = append(out, m.Program.text...)
	}
	return out, nil
}

// check is what a bundle that was put together by hand must be, but for limits.
func (b Bundle) check() error {
	if n := len(b.Modules); n == 0 || n > MaxBodies {
		return malformed(-1, "a bundle of %d modules: it has from 1 to %d", n, MaxBodies)
	}
	for i, m := range b.Modules {
		if m.Program.hash == (Hash{}) {
			return malformed(-1, "module %d is no program", i+1)
		}
		if err := checkModuleName(m.Name); err != nil {
			return err
		}
		if i > 0 && !before(b.Modules[i-1].Program.hash, m.Program.hash) {
			return malformed(-1, "module %d does not come after the one before it: they stand in ascending order of hash, each once", i+1)
		}
	}
	if _, why := b.misfit(); why != "" {
		return malformed(-1, "%s", why)
	}
	if b.size() > math.MaxInt32 { // so that each length fits into a u32
		return malformed(-1, "the bundle is larger than any reader takes")
	}
	return nil
}
