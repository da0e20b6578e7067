package control

import (
	"net/http"

	"qvat/host/actions"
	"qvat/host/fault"
)

// follow answers with a stream: a line of JSON each. It begins at once, so that
// who follows knows that he does, also while there is nothing to give. An error
// after that is the last line, as {"error": …}.
func (s *Server) follow(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	stream, ok := actions.StreamByName(r.PathValue("stream"))
	if !ok {
		s.refuse(w, r, fault.New(fault.Malformed, "there is nothing to follow by the name %q", r.PathValue("stream")))
		return
	}
	a, err := s.o.Post.Agent(ctx, r.PathValue("name"))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	following, err := stream.Follow(ctx, a, r.URL.Query())
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	out, c := encoder(w), http.NewResponseController(w)
	w.Header().Set("Content-Type", linesType)
	w.WriteHeader(http.StatusOK)
	if c.Flush() != nil {
		return // who has asked has left
	}
	for v, err := range following {
		if err == nil {
			// Names may have changed since the last one: each is looked up anew.
			v, err = actions.Dub(ctx, a, v)
		}
		if err != nil {
			if ctx.Err() == nil {
				_ = out.Encode(map[string]any{"error": s.refusalOf(ctx, err)}) // who has left needs none
			}
			return
		}
		if out.Encode(map[string]any{"result": v}) != nil || c.Flush() != nil {
			return // who has asked has left
		}
	}
}

// linesType is the type of a stream.
const linesType = "application/jsonl"
