package powers

import (
	"context"
	_ "embed"
	"strconv"

	"qvat/runtime"
)

//go:embed clock.js
var clockSource string

// clockPower is qvat:clock: the time, recorded.
type clockPower struct {
	recorder *Recorder
	arrived  int64 // ms since 1970: no time is earlier
}

func (p *clockPower) Call(_ context.Context, method string, args []byte) (runtime.Reply, error) {
	var a arguments
	if err := a.parse(method, args); err != nil {
		return runtime.Reply{}, err
	}
	if method != "now" {
		return runtime.Reply{}, unknownMethod("qvat:clock", method)
	}
	if err := a.count(0, 0); err != nil {
		return runtime.Reply{}, err
	}
	at, err := p.recorder.tick(p.arrived)
	return runtime.Reply{JSON: strconv.AppendInt(nil, at, 10)}, err
}
