package powers

import (
	"errors"
	"fmt"
	"os"
	"time"

	"qvat/chains"
)

// Grants says which modules root-power.js may require, as qvat.toml has it. The
// zero value grants nothing. [New] checks it.
type Grants struct {
	Store   bool
	Log     bool
	Message bool
	Clock   bool
	Random  bool
	Mail    bool
	Files   FilesGrant
	HTTP    HTTPGrant
}

// FilesGrant grants qvat:files one directory. For limits, zero stands for the
// default that is named beside them.
type FilesGrant struct {
	// Dir is the directory, which must be there; empty grants nothing. Whatever
	// lies in it is within the programs' reach: it must not hold the vat's own
	// keys, settings or database.
	Dir string
	// Write grants changes too.
	Write bool

	FileBytes int // 512 KiB: what one call reads or writes
	Entries   int // 1,000: how many entries a directory may have that is listed
}

// HTTPGrant grants qvat:http requests to origins. For limits, zero stands for
// the default that is named beside them.
type HTTPGrant struct {
	// Origins are "https://example.com", "http://127.0.0.1:8080" and the like:
	// scheme, host in lower case, and a port where it is not the scheme's own.
	// None grants nothing.
	Origins []string
	// Immediate grants fetch: a request that is sent while the invocation runs,
	// whether or not it commits later.
	Immediate bool
	// AllowPrivate lets every origin be at an address that is not public. Else
	// that is for origins alone that name such an address themselves, or
	// localhost.
	AllowPrivate bool

	Timeout       time.Duration // 10 s: one request, from looking up the host to the answer's last byte
	RequestBytes  int           // 256 KiB: the body of a request
	ResponseBytes int           // 256 KiB: the body of an answer
	InputBytes    int           // chains.DefaultInput: an answer as JSON; at most what the vat takes as an input
	Requests      int           // 8: how many one invocation may fetch
	// Verifier tells whether a chain that an answer is for would run here; nil
	// leaves that to the vat, when the answer comes.
	Verifier *chains.Verifier
	// Exchange answers requests in the network's place; nil is the network.
	Exchange Exchange
}

// maxRecorded is how many bytes of answers an invocation's record may come to: it
// has to fit into the transaction beside what the invocation wrote. What one invocation
// may fetch shares it.
const maxRecorded = 12 << 20

// checked fills in the defaults and refuses what cannot work.
func (g HTTPGrant) checked() (HTTPGrant, error) {
	orDefault(&g.Timeout, 10*time.Second)
	orDefault(&g.RequestBytes, 256<<10)
	orDefault(&g.ResponseBytes, 256<<10)
	orDefault(&g.InputBytes, chains.DefaultInput)
	orDefault(&g.Requests, 8)
	if g.Timeout < 0 || g.RequestBytes < 0 || g.ResponseBytes < 0 || g.InputBytes < 0 || g.Requests < 0 {
		return g, errors.New("a limit cannot be below zero")
	}
	return g, nil
}

// openDirectory opens the granted directory; nil where none is granted.
func openDirectory(g FilesGrant) (*directory, error) {
	if g.Dir == "" {
		return nil, nil
	}
	orDefault(&g.FileBytes, 512<<10)
	orDefault(&g.Entries, 1000)
	if g.FileBytes < 0 || g.Entries < 0 {
		return nil, errors.New("a limit cannot be below zero")
	}
	root, err := os.OpenRoot(g.Dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: make the directory, or name another one", err)
	}
	if err != nil {
		return nil, err
	}
	return &directory{root: root, grant: g}, nil
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
