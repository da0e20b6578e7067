package meter

import "fmt"

// Which functions pay when they are entered: those that could be part of a
// recursion. That is each that calls through a table or calls an import, since
// anything may come of that, and each that lies on a cycle of direct calls.
// The others call one another along lines that end, and each loop on the way
// is paid for, so between two payments there is only so much code.

// callsOf finds what a body calls: the functions by index, and whether it calls
// what is not known.
func callsOf(body []byte, imports uint32) (direct []uint32, unknown bool, err error) {
	r := reader{b: body}
	r.skipLocals()
	for !r.done() {
		op := r.byte()
		at := r.i
		r.immediates(op)
		switch op {
		case opCallIndirect:
			unknown = true
		case opCall:
			callee := reader{b: r.b, i: at}
			if i := callee.u32(); i < imports {
				unknown = true
			} else {
				direct = append(direct, i-imports)
			}
		}
	}
	return direct, unknown, r.err
}

// payers tells for each function that the module defines whether entering it
// costs fuel.
func payers(bodies [][]byte, imports uint32) ([]bool, error) {
	pays := make([]bool, len(bodies))
	calls := make([][]uint32, len(bodies))
	for i, body := range bodies {
		var err error
		if calls[i], pays[i], err = callsOf(body, imports); err != nil {
			return nil, fmt.Errorf("function %d: %w", i, err)
		}
		for _, c := range calls[i] {
			if int(c) >= len(bodies) {
				return nil, fmt.Errorf("function %d calls function %d, which is not there", i, c)
			}
		}
	}
	g := graph{calls: calls, pays: pays, index: make([]int, len(bodies)), low: make([]int, len(bodies)), on: make([]bool, len(bodies))}
	for i := range bodies {
		if g.index[i] == 0 {
			g.visit(uint32(i))
		}
	}
	return pays, nil
}

// graph finds cycles by Tarjan's algorithm (Depth-first search and linear graph
// algorithms, 1972): the functions of a strongly connected component of more
// than one pay, and each that calls itself.
type graph struct {
	calls      [][]uint32
	pays       []bool
	index, low []int
	on         []bool
	stack      []uint32
	next       int
}

func (g *graph) visit(f uint32) {
	g.next++
	g.index[f], g.low[f] = g.next, g.next
	g.stack = append(g.stack, f)
	g.on[f] = true
	for _, c := range g.calls[f] {
		switch {
		case c == f:
			g.pays[f] = true
		case g.index[c] == 0:
			g.visit(c)
			g.low[f] = min(g.low[f], g.low[c])
		case g.on[c]:
			g.low[f] = min(g.low[f], g.index[c])
		}
	}
	if g.low[f] != g.index[f] {
		return
	}
	many := g.stack[len(g.stack)-1] != f
	for {
		c := g.stack[len(g.stack)-1]
		g.stack = g.stack[:len(g.stack)-1]
		g.on[c] = false
		g.pays[c] = g.pays[c] || many
		if c == f {
			return
		}
	}
}
