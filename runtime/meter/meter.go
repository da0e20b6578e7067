// Package meter rewrites a WebAssembly module so that running it costs fuel.
//
// The rewritten module exports one more mutable global, [Fuel]: an i64 that
// each turn of a loop lowers by one, and each entry of one of the functions
// that every recursion passes (graph.go), and each bulk memory instruction by its
// length. Below zero the module calls an import of
// the caller's choice, which puts more in or ends the instance. So the host
// hands out fuel in slices and gets a word in between them: compiled code is
// otherwise deaf to the Go scheduler and the collector for as long as it runs.
// The count depends on the instructions alone, so the same run costs the same
// everywhere and no built-in, however long it works, escapes it.
//
// Memory growth that is refused traps as well, instead of answering -1: code
// that is half-way through an allocation never goes on without it.
//
// The rewriter also refuses a module that could keep state anywhere but in its
// memory and its known globals (tables that change, data segments that are
// dropped): an instance whose memory and globals are set back is then as new.
//
// It knows the instructions of WebAssembly 2.0 (core specification, section
// 5.4, binary format of instructions) without vectors, and fails on any other.
package meter

import (
	"errors"
	"fmt"
)

// Fuel is the name of the exported global that holds the fuel that is left.
const Fuel = "qvat_fuel"

// BulkBytesPerFuel is how many bytes of memory.copy or memory.fill cost one
// unit of fuel: about as long as one turn of a small loop takes.
const BulkBytesPerFuel = 64

// Section ids of the binary format (core specification 5.5.2).
const (
	sectionType   = 1
	sectionImport = 2
	sectionFunc   = 3
	sectionGlobal = 6
	sectionExport = 7
	sectionElem   = 9
	sectionCode   = 10
)

var header = [8]byte{0, 'a', 's', 'm', 1, 0, 0, 0}

// Options tell the rewriter about the module.
type Options struct {
	// Refill is the import that is called when the fuel is below zero, as
	// "module.name". It takes nothing and returns one i32, which is dropped.
	Refill string
	// Globals names the exported mutable globals that the caller sets back
	// itself. A mutable global beyond those is an error.
	Globals []string
}

// Rewrite returns a metered copy of module, a valid module in the binary
// format. An instruction or a construct that the package does not know is an
// error.
func Rewrite(module []byte, o Options) ([]byte, error) {
	m, err := parse(module)
	if err != nil {
		return nil, fmt.Errorf("meter: %w", err)
	}
	if err := m.findRefill(o.Refill); err != nil {
		return nil, fmt.Errorf("meter: %w", err)
	}
	if err := m.checkGlobals(o.Globals); err != nil {
		return nil, fmt.Errorf("meter: %w", err)
	}
	out := append([]byte(nil), header[:]...)
	for _, s := range m.sections {
		body := s.body
		switch s.id {
		case sectionGlobal:
			body = m.globalSection()
		case sectionExport:
			body = m.exportSection()
		case sectionCode:
			if body, err = m.codeSection(); err != nil {
				return nil, fmt.Errorf("meter: %w", err)
			}
		}
		out = append(out, s.id)
		out = appendU32(out, uint32(len(body)))
		out = append(out, body...)
	}
	return out, nil
}

type section struct {
	id   byte
	body []byte
}

type importedFunc struct {
	name string
	typ  uint32
}

// module is what the rewriter needs to know of one.
type module struct {
	sections []section
	params   []int // number of parameters, by type
	results  []int // number of results, by type
	imports  []importedFunc
	refill   uint32   // index of the function that puts fuel in
	types    []uint32 // type of each function that the module defines
	mutable  []uint32 // indices of mutable globals
	nGlobals uint32   // globals, imported and defined
	exports  map[string]uint32
	table    []uint32 // functions that the table holds
	code     []byte
}

// fuel is the index of the new global: one past the last.
func (m *module) fuel() uint32 { return m.nGlobals }

func parse(b []byte) (*module, error) {
	r := reader{b: b}
	if string(r.take(8)) != string(header[:]) {
		return nil, errors.New("not a WebAssembly module of version 1")
	}
	m := &module{exports: map[string]uint32{}}
	seen := map[byte]bool{}
	for !r.done() {
		id := r.byte()
		body := r.take(int(r.u32()))
		if r.err != nil {
			return nil, r.err
		}
		if id != 0 {
			m.sections = append(m.sections, section{id, body})
		}
		seen[id] = true
		s := reader{b: body}
		switch id {
		case sectionType:
			m.readTypes(&s)
		case sectionImport:
			m.readImports(&s)
		case sectionFunc:
			for n := s.u32(); n > 0 && s.err == nil; n-- {
				m.types = append(m.types, s.u32())
			}
		case sectionGlobal:
			m.readGlobals(&s)
		case sectionExport:
			m.readExports(&s)
		case sectionElem:
			m.readElements(&s)
		case sectionCode:
			m.code = body
		}
		if s.err != nil {
			return nil, fmt.Errorf("section %d: %w", id, s.err)
		}
	}
	if !seen[sectionGlobal] || !seen[sectionExport] || !seen[sectionCode] {
		return nil, errors.New("the module has no globals, exports or code")
	}
	return m, nil
}

func (m *module) readTypes(r *reader) {
	for n := r.u32(); n > 0 && r.err == nil; n-- {
		if form := r.byte(); form != 0x60 {
			r.fail("type form %#x is not a function", form)
		}
		params := int(r.u32())
		r.take(params)
		results := int(r.u32())
		r.take(results)
		m.params = append(m.params, params)
		m.results = append(m.results, results)
	}
}

func (m *module) readImports(r *reader) {
	for n := r.u32(); n > 0 && r.err == nil; n-- {
		from := string(r.take(int(r.u32())))
		name := string(r.take(int(r.u32())))
		switch kind := r.byte(); kind {
		case 0:
			m.imports = append(m.imports, importedFunc{from + "." + name, r.u32()})
		case 3:
			r.byte()
			if r.byte() == 1 {
				m.mutable = append(m.mutable, m.nGlobals)
			}
			m.nGlobals++
		default:
			r.fail("import of kind %d", kind)
		}
	}
}

func (m *module) readGlobals(r *reader) {
	for n := r.u32(); n > 0 && r.err == nil; n-- {
		r.byte()
		if r.byte() == 1 {
			m.mutable = append(m.mutable, m.nGlobals)
		}
		m.nGlobals++
		r.constExpr()
	}
}

func (m *module) readExports(r *reader) {
	for n := r.u32(); n > 0 && r.err == nil; n-- {
		name := string(r.take(int(r.u32())))
		kind, index := r.byte(), r.u32()
		if name == Fuel {
			r.fail("the module exports %s already", Fuel)
		}
		if kind == 3 {
			m.exports[name] = index
		}
	}
}

// readElements reads what the table is filled with: in the one way that a C
// compiler writes it.
func (m *module) readElements(r *reader) {
	for n := r.u32(); n > 0 && r.err == nil; n-- {
		if kind := r.u32(); kind != 0 {
			r.fail("element segment of kind %d", kind)
			return
		}
		r.constExpr()
		for k := r.u32(); k > 0 && r.err == nil; k-- {
			m.table = append(m.table, r.u32())
		}
	}
}

func (m *module) findRefill(name string) error {
	for i, f := range m.imports {
		if f.name != name {
			continue
		}
		if int(f.typ) >= len(m.params) || m.params[f.typ] != 0 || m.results[f.typ] != 1 {
			return fmt.Errorf("import %q does not take nothing and return one value", name)
		}
		m.refill = uint32(i)
		return nil
	}
	return fmt.Errorf("the module imports no function %q", name)
}

// checkGlobals refuses a module with state that the caller would not set back.
func (m *module) checkGlobals(known []string) error {
	ok := map[uint32]bool{}
	for _, name := range known {
		i, found := m.exports[name]
		if !found {
			return fmt.Errorf("the module exports no global %q", name)
		}
		ok[i] = true
	}
	for _, i := range m.mutable {
		if !ok[i] {
			return fmt.Errorf("mutable global %d would keep state between messages", i)
		}
	}
	return nil
}

// globalSection is the module's own with the fuel appended: i64, mutable, 0.
func (m *module) globalSection() []byte {
	body := m.section(sectionGlobal)
	r := reader{b: body}
	n := r.u32()
	out := appendU32(nil, n+1)
	out = append(out, r.rest()...)
	return append(out, 0x7e, 0x01, opI64Const, 0x00, opEnd)
}

func (m *module) exportSection() []byte {
	r := reader{b: m.section(sectionExport)}
	n := r.u32()
	out := appendU32(nil, n+1)
	out = append(out, r.rest()...)
	out = appendU32(out, uint32(len(Fuel)))
	out = append(out, Fuel...)
	out = append(out, 0x03)
	return appendU32(out, m.fuel())
}

func (m *module) section(id byte) []byte {
	for _, s := range m.sections {
		if s.id == id {
			return s.body
		}
	}
	return nil
}
