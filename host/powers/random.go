package powers

import (
	"context"
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"

	"qvat/runtime"
)

//go:embed random.js
var randomSource string

// maxDraw is how many bytes one call draws at most.
const maxDraw = 4096

// randomPower is qvat:random: chance, recorded. It is fit for secrets, as far as
// the vat's records are kept from others.
type randomPower struct{ recorder *Recorder }

func (p *randomPower) Call(_ context.Context, method string, args []byte) (runtime.Reply, error) {
	var a arguments
	if err := a.parse(method, args); err != nil {
		return runtime.Reply{}, err
	}
	n, err := drawn(&a)
	if err != nil {
		return runtime.Reply{}, err
	}
	b := make([]byte, n)
	if err := p.recorder.draw(b); err != nil {
		return runtime.Reply{}, err
	}
	switch method {
	case "bytes":
		// An array of numbers: a []byte would come out as base64.
		out := append(make([]byte, 0, 4*n+1), '[')
		for i, v := range b {
			if i > 0 {
				out = append(out, ',')
			}
			out = strconv.AppendUint(out, uint64(v), 10)
		}
		return runtime.Reply{JSON: append(out, ']')}, nil
	case "hex":
		return answer(hex.EncodeToString(b))
	case "uint32":
		return answer(binary.BigEndian.Uint32(b))
	default:
		// Version 4, variant 10 (RFC 9562, section 5.4).
		b[6] = b[6]&0x0f | 0x40
		b[8] = b[8]&0x3f | 0x80
		return answer(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]))
	}
}

// drawn gives how many bytes a call draws, and refuses one that is unknown.
func drawn(a *arguments) (int, error) {
	switch a.method {
	case "bytes", "hex":
		if err := a.count(1, 1); err != nil {
			return 0, err
		}
		return a.integer(0, "the number of bytes", 1, maxDraw)
	case "uint32":
		return 4, a.count(0, 0)
	case "uuid":
		return 16, a.count(0, 0)
	}
	return 0, unknownMethod("qvat:random", a.method)
}
