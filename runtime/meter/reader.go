package meter

import (
	"errors"
	"fmt"
)

var errShort = errors.New("the module ends too early")

// reader walks a module's bytes. The first error sticks.
type reader struct {
	b   []byte
	i   int
	err error
}

func (r *reader) done() bool { return r.i >= len(r.b) || r.err != nil }

func (r *reader) rest() []byte { return r.b[r.i:] }

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func (r *reader) byte() byte {
	if r.err != nil || r.i >= len(r.b) {
		r.short()
		return 0
	}
	r.i++
	return r.b[r.i-1]
}

func (r *reader) take(n int) []byte {
	if r.err != nil || n < 0 || n > len(r.b)-r.i {
		r.short()
		return nil
	}
	r.i += n
	return r.b[r.i-n : r.i]
}

func (r *reader) short() {
	if r.err == nil {
		r.err = errShort
	}
}

// u32 reads an unsigned LEB128 of at most 32 bits.
func (r *reader) u32() uint32 {
	var v uint64
	for shift := uint(0); shift < 35; shift += 7 {
		b := r.byte()
		v |= uint64(b&0x7f) << shift
		if b&0x80 == 0 {
			return uint32(v)
		}
	}
	r.fail("a number is too long")
	return 0
}

// skipLEB passes over a LEB128 of any kind, at most 10 bytes.
func (r *reader) skipLEB() {
	for range 10 {
		if r.byte()&0x80 == 0 {
			return
		}
	}
	r.fail("a number is too long")
}

// skipLocals passes over a body's declarations of locals: how many groups there
// are, where the first begins, and how many locals they declare.
func (r *reader) skipLocals() (groups uint32, start int, locals uint64) {
	groups = r.u32()
	start = r.i
	for range groups {
		if r.err != nil {
			break
		}
		locals += uint64(r.u32())
		r.byte()
	}
	return groups, start, locals
}

func appendU32(b []byte, v uint32) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

// Instructions behind the 0xfc prefix.
const (
	bulkCopy = 10
	bulkFill = 11
)

// immediates passes over what follows an opcode and returns the sub-opcode of
// a prefixed one. What could keep state outside memory is refused here.
func (r *reader) immediates(op byte) uint32 {
	switch {
	case op >= 0x02 && op <= 0x04: // block, loop, if: a block type
		r.skipLEB()
	case op == 0x0c, op == 0x0d, op == 0x10, op >= 0x20 && op <= 0x25, op == 0xd2:
		r.u32()
	case op == 0x0e: // br_table
		for n := uint64(r.u32()) + 1; n > 0 && r.err == nil; n-- {
			r.u32()
		}
	case op == 0x11: // call_indirect
		r.u32()
		r.u32()
	case op == 0x1c: // select with types
		r.take(int(r.u32()))
	case op >= 0x28 && op <= 0x3e: // loads and stores
		r.u32()
		r.u32()
	case op == 0x3f, op == 0x40, op == 0xd0:
		r.byte()
	case op == 0x41, op == 0x42:
		r.skipLEB()
	case op == 0x43:
		r.take(4)
	case op == 0x44:
		r.take(8)
	case op == opBulk:
		return r.prefixed()
	case op == 0x00, op == 0x01, op == 0x05, op == opEnd, op == 0x0f, op == 0x1a, op == 0x1b, op == 0xd1:
	case op >= 0x45 && op <= 0xc4: // comparisons, arithmetic, conversions
	default:
		r.fail("instruction %#x at %d is not one that can be metered", op, r.i-1)
	}
	return 0
}

func (r *reader) prefixed() uint32 {
	sub := r.u32()
	switch {
	case sub <= 7: // saturating truncation
	case sub == bulkCopy:
		r.take(2)
	case sub == bulkFill:
		r.take(1)
	case sub == 16: // table.size
		r.u32()
	default:
		r.fail("instruction 0xfc %d at %d changes a table or a segment, or is unknown", sub, r.i)
	}
	return sub
}

// constExpr passes over a constant expression.
func (r *reader) constExpr() {
	for r.err == nil {
		op := r.byte()
		r.immediates(op)
		if op == opEnd {
			return
		}
	}
}
