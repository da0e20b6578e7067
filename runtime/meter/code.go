package meter

import "fmt"

// Opcodes that the rewriter writes or looks at (core specification 5.4).
const (
	opUnreachable = 0x00
	opLoop        = 0x03
	opIf          = 0x04
	opEnd         = 0x0b
	opCall        = 0x10
	opDrop        = 0x1a
	opLocalGet    = 0x20
	opLocalSet    = 0x21
	opLocalTee    = 0x22
	opGlobalGet   = 0x23
	opGlobalSet   = 0x24
	opMemoryGrow  = 0x40
	opI32Const    = 0x41
	opI64Const    = 0x42
	opI32Eq       = 0x46
	opI64LtS      = 0x53
	opI64Sub      = 0x7d
	opI64ShrU     = 0x88
	opI64ExtendU  = 0xad
	opBulk        = 0xfc

	blockEmpty = 0x40
)

func (m *module) codeSection() ([]byte, error) {
	r := reader{b: m.code}
	n := r.u32()
	if int(n) != len(m.types) {
		return nil, fmt.Errorf("%d functions, %d bodies", len(m.types), n)
	}
	bodies := make([][]byte, n)
	for i := range bodies {
		bodies[i] = r.take(int(r.u32()))
	}
	if r.err != nil {
		return nil, r.err
	}
	pays, err := payers(bodies, uint32(len(m.imports)), m.table)
	if err != nil {
		return nil, err
	}
	out := appendU32(nil, n)
	for i, body := range bodies {
		t := m.types[i]
		if int(t) >= len(m.params) {
			return nil, fmt.Errorf("function %d has no type", i)
		}
		f := function{fuel: m.fuel(), refill: m.refill, params: m.params[t], pays: pays[i]}
		metered, err := f.rewrite(body)
		if err != nil {
			return nil, fmt.Errorf("function %d: %w", i, err)
		}
		out = appendU32(out, uint32(len(metered)))
		out = append(out, metered...)
	}
	return out, nil
}

// function rewrites one body. Instructions are copied as they stand; charges
// are put between them, and leave the stack as they found it.
type function struct {
	fuel    uint32
	refill  uint32
	params  int
	pays    bool   // entering it costs fuel
	scratch uint32 // the i32 local that charges may use
	left    uint32 // the i64 local likewise
	out     []byte
}

func (f *function) rewrite(body []byte) ([]byte, error) {
	r := reader{b: body}
	groups, start, declared := r.skipLocals()
	locals := uint64(f.params) + declared
	if r.err != nil || locals > 50_000 {
		return nil, fmt.Errorf("locals: %d, %v", locals, r.err)
	}
	f.scratch = uint32(locals)
	f.left = f.scratch + 1
	f.out = appendU32(nil, groups+2)
	f.out = append(f.out, body[start:r.i]...)
	f.out = append(f.out, 1, 0x7f, 1, 0x7e) // two more locals: i32, i64

	if f.pays {
		f.charge()
	}
	for !r.done() && r.err == nil {
		f.instruction(&r)
	}
	return f.out, r.err
}

// instruction copies one instruction and adds what it has to pay.
func (f *function) instruction(r *reader) {
	at := r.i
	op := r.byte()
	sub := r.immediates(op)
	text := r.b[at:r.i]
	switch {
	case op == opLoop:
		f.out = append(f.out, text...)
		f.charge()
	case op == opMemoryGrow:
		f.out = append(f.out, text...)
		f.trapIfRefused()
	case op == opBulk && (sub == bulkCopy || sub == bulkFill):
		f.chargeLength()
		f.out = append(f.out, text...)
	default:
		f.out = append(f.out, text...)
	}
}

// charge: fuel -= 1; call refill if fuel < 0.
func (f *function) charge() {
	f.global(opGlobalGet)
	f.emit(opI64Const, 1)
	f.pay()
}

// chargeLength: the length, an i32, is on top of the stack and is put back.
func (f *function) chargeLength() {
	f.local(opLocalSet)
	f.global(opGlobalGet)
	f.local(opLocalGet)
	f.emit(opI64ExtendU, opI64Const, 6, opI64ShrU)
	f.pay()
	f.local(opLocalGet)
}

// pay: the fuel and the price are on top of the stack.
func (f *function) pay() {
	f.emit(opI64Sub, opLocalTee)
	f.out = appendU32(f.out, f.left)
	f.global(opGlobalSet)
	f.emit(opLocalGet)
	f.out = appendU32(f.out, f.left)
	f.emit(opI64Const, 0, opI64LtS, opIf, blockEmpty, opCall)
	f.out = appendU32(f.out, f.refill)
	f.emit(opDrop, opEnd)
}

// trapIfRefused: the answer of memory.grow is on top of the stack.
func (f *function) trapIfRefused() {
	f.local(opLocalTee)
	f.emit(opI32Const, 0x7f, opI32Eq, opIf, blockEmpty, opUnreachable, opEnd)
	f.local(opLocalGet)
}

func (f *function) emit(b ...byte) { f.out = append(f.out, b...) }

func (f *function) global(op byte) { f.out = appendU32(append(f.out, op), f.fuel) }

func (f *function) local(op byte) { f.out = appendU32(append(f.out, op), f.scratch) }
