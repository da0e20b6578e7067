// Package chains is where bytes become checked values: programs and their
// hashes, public keys and signatures, chains of signed links, and capsules,
// which are chains that travel with their programs.
//
// What it promises:
//
//   - Decoding is strict. Each chain has one encoding and each capsule is
//     encoded again to the bytes it came from; anything else is refused with a
//     [*MalformedError] that says what is wrong and at which byte, or with a
//     [*TooLargeError] that names the limit.
//   - A length that the sender claims is checked against the bytes that are
//     there, and against the limits, before memory is spent on it.
//   - Nothing here panics on what comes from outside, whatever its bytes.
//   - Only [NewProgram] makes a [Program], only [ParsePublicKey] and its kin
//     make a [PublicKey], and only [Verifier.Verify] makes a [Verified]. A
//     value of one of these types has been checked. The zero values of the
//     last two stand for nothing: they answer false to every question.
//
// The package does no input or output and reads no clock. The formats are
// those of the vat's protocol, version 1 (docs/PROTOCOL.md); the limits stand
// in limits.go.
package chains
