// Package keyfile keeps an Ed25519 private key in a file: PKCS#8 (RFC 5958, RFC
// 8410) in PEM (RFC 7468, "PRIVATE KEY"), which is what
// "openssl genpkey -algorithm ed25519" writes and reads too.
//
// Errors name the file and hold nothing of the key. They are for the vat's owner,
// not for remote callers.
package keyfile

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
)

// MaxSize is the largest key file that is read, in bytes. A key takes some 120;
// the rest is room for comments around it.
const MaxSize = 64 << 10

const blockType = "PRIVATE KEY"

// New makes a key and the file for it, readable and writable by its owner alone
// (0600). The file is on disk when New returns. A file that is there already is
// never touched: the error wraps [fs.ErrExist]. On failure no file is left behind.
func New(path string) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: der})
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot make a key file: %w", err)
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot write a key file: %w", err), os.Remove(path))
	}
	return key, nil
}

// Load reads a key file. The file holds one PEM block, and maybe text around it,
// in at most [MaxSize] bytes; the block is an Ed25519 private key without a
// passphrase. Anything else is an error. Who else may read the file is not asked:
// see [Loose].
func Load(path string) (ed25519.PrivateKey, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read a key file: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read a key file: %w", err)
	}
	key, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	return key, nil
}

func parse(text []byte) (ed25519.PrivateKey, error) {
	if len(text) > MaxSize {
		return nil, fmt.Errorf("larger than %d bytes: this is no key file", MaxSize)
	}
	block, rest := pem.Decode(text)
	if block == nil {
		return nil, errors.New("holds no PEM block: a key file is PKCS#8 PEM, as \"qvat key new\" makes it")
	}
	if more, _ := pem.Decode(rest); more != nil {
		return nil, errors.New("holds more than one PEM block: leave the private key alone in it")
	}
	switch block.Type {
	case blockType:
	case "ENCRYPTED " + blockType:
		return nil, errors.New("the key has a passphrase: take it off with \"openssl pkey\"")
	default:
		return nil, fmt.Errorf("holds a PEM block %q, not %q: a key file is PKCS#8 PEM", block.Type, blockType)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("not PKCS#8: %w", err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("a private key, but not an Ed25519 one")
	}
	return key, nil
}

// Loose reports whether the file can be read or written by anybody but its owner,
// which a key file should not be. Where files have no such bits (Windows) it
// answers false.
func Loose(path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	const others fs.FileMode = 0o077
	return runtime.GOOS != "windows" && info.Mode().Perm()&others != 0, nil
}
