package powers

import (
	"context"
	_ "embed"
	"strconv"
	"time"

	"qvat/chains"
	"qvat/runtime"
)

//go:embed message.js
var messageSource string

// messagePower is qvat:message: what is known of the invocation that runs.
type messagePower struct {
	id      chains.Hash
	chain   chains.Verified
	arrived time.Time
}

func (p *messagePower) Call(_ context.Context, method string, args []byte) (runtime.Reply, error) {
	var a arguments
	if err := a.parse(method, args); err != nil {
		return runtime.Reply{}, err
	}
	if err := a.count(0, 0); err != nil {
		return runtime.Reply{}, err
	}
	switch method {
	case "id":
		return answer(p.id.String())
	case "arrived":
		return runtime.Reply{JSON: strconv.AppendInt(nil, p.arrived.UnixMilli(), 10)}, nil
	case "signers":
		// It is here that signatures are verified which nobody has asked about
		// yet; the chain remembers the outcome.
		links := make([][]string, p.chain.Len())
		for i := range links {
			links[i] = []string{}
			for _, key := range p.chain.Signers(i) {
				links[i] = append(links[i], key.String())
			}
		}
		return answer(links)
	}
	return runtime.Reply{}, unknownMethod("qvat:message", method)
}
