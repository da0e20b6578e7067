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

// Limits of the bundle format. Its count of modules is [MaxBodies] too, so that
// what was bundled can travel in one capsule.
const (
	// MaxModuleName is how many bytes the name of a bundle's module has at most;
	// it has at least one.
	MaxModuleName = 512
)

// Sizes in bytes; these are the defaults. All but the bundle's can be set in a
// vat's qvat.toml.
const (
	// DefaultProgram is the longest text of one program.
	DefaultProgram = 1 << 20
	// DefaultInput is the longest input of a message.
	DefaultInput = 1 << 20
	// DefaultCapsule is the longest capsule: bodies, chain and input together.
	DefaultCapsule = 8 << 20
	// DefaultBundle is the longest bundle. No vat is sent one: it is a limit of
	// whoever reads the file.
	DefaultBundle = 64 << 20
)

// Names of those limits, as qvat.toml and a [TooLargeError] have them. qvat.toml
// has none for bundles.
const (
	ProgramBytes = "program_bytes"
	InputBytes   = "input_bytes"
	CapsuleBytes = "capsule_bytes"
	BundleBytes  = "bundle_bytes"
)

// Sizes in bytes of the parts of the formats.
const (
	// SignatureSize is a signature on the wire: kind, public key, signature.
	SignatureSize = 1 + 32 + 64

	chainMagic   = "qvc1"
	capsuleMagic = "qvp1"
	bundleMagic  = "qvb1"

	chainHead  = len(chainMagic) + 1       // and the count of links
	linkHead   = 32 + 1                    // hash and count of signatures
	bodyHead   = 4                         // length
	bundleHead = len(bundleMagic) + 32 + 2 // main's hash, and the count of modules
	nameHead   = 2                         // length
)

// Limits are the sizes in bytes that [DecodeCapsule] and [DecodeBundle] keep to.
// A field that is zero or less stands for its default.
type Limits struct {
	Capsule int // the whole capsule, before anything in it is looked at
	Program int // each body
	Input   int // the message's input
	Bundle  int // the whole bundle, before anything in it is looked at
}

func (l Limits) orDefaults() Limits {
	l.Capsule = orDefault(l.Capsule, DefaultCapsule)
	l.Program = orDefault(l.Program, DefaultProgram)
	l.Input = orDefault(l.Input, DefaultInput)
	l.Bundle = orDefault(l.Bundle, DefaultBundle)
	return l
}

func orDefault(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}
