package chains

// Limits of the chain format. They are part of the encoding: a chain beyond
// them is malformed.
const (
	// MaxLinks is how many links a chain has at most; it has at least one.
	MaxLinks = 64
	// MaxSignatures is how many signatures a link carries at most.
	MaxSignatures = 16
	// MaxChain is the size in bytes of the largest chain there is.
	MaxChain = chainHead + MaxLinks*(linkHead+MaxSignatures*SignatureSize)
)

// Limits of the capsule format.
const (
	// MaxBodies is how many program bodies a capsule can count (a u16). What
	// bounds them in practice is the size of the capsule.
	MaxBodies = 1<<16 - 1
	// MaxInputDepth is how deep arrays and objects of an input may nest. The
	// guest's own parser is recursive and its stack is small: an input that is
	// refused here costs nothing, one that overflows there costs an instance.
	MaxInputDepth = 128
)

// Sizes in bytes that a vat may set in its qvat.toml; these are the defaults.
const (
	// DefaultProgram is the longest text of one program.
	DefaultProgram = 1 << 20
	// DefaultInput is the longest input of a message.
	DefaultInput = 1 << 20
	// DefaultCapsule is the longest capsule: bodies, chain and input together.
	DefaultCapsule = 8 << 20
)

// Names of those limits, as qvat.toml and a [TooLargeError] have them.
const (
	ProgramBytes = "program_bytes"
	InputBytes   = "input_bytes"
	CapsuleBytes = "capsule_bytes"
)

// Sizes in bytes of the parts of the formats.
const (
	// SignatureSize is a signature on the wire: kind, public key, signature.
	SignatureSize = 1 + 32 + 64

	chainMagic   = "qvc1"
	capsuleMagic = "qvp1"

	chainHead = len(chainMagic) + 1 // and the count of links
	linkHead  = 32 + 1              // hash and count of signatures
	bodyHead  = 4                   // length
)

// Limits are the sizes in bytes that [DecodeCapsule] keeps to. A field that is
// zero or less stands for its default.
type Limits struct {
	Capsule int // the whole capsule, before anything in it is looked at
	Program int // each body
	Input   int // the message's input
}

func (l Limits) orDefaults() Limits {
	l.Capsule = orDefault(l.Capsule, DefaultCapsule)
	l.Program = orDefault(l.Program, DefaultProgram)
	l.Input = orDefault(l.Input, DefaultInput)
	return l
}

func orDefault(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}
