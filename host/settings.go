package host

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"qvat/chains"
	"qvat/host/config"
	"qvat/host/library"
	"qvat/host/mail"
	"qvat/host/powers"
	"qvat/host/store/sqlite"
	"qvat/runtime"
)

// Names of what lies in a vat's directory, beside config.File.
const (
	keysDir   = "keys"
	rootKey   = "root.key"
	nodeKey   = "node.key"
	rootPower = "root-power.js"
	database  = "vat.db"
	cacheDir  = "cache"
)

// What the rooms of a vat are told of its settings.

// chainLimits bounds what is decoded.
func chainLimits(c *config.Config) chains.Limits {
	return chains.Limits{Capsule: c.Limits.CapsuleBytes, Program: c.Limits.ProgramBytes, Input: c.Limits.InputBytes}
}

// runtimeLimits bounds one message; its memory is in whole pages.
func runtimeLimits(c *config.Config) runtime.Limits {
	l := c.Limits
	return runtime.Limits{
		Fuel: l.Fuel, Memory: l.MemoryBytes / (64 << 10) * (64 << 10), Stack: l.StackBytes, Time: time.Duration(l.Time),
		HostCalls: l.HostCalls, Result: l.ResultBytes, Log: l.LogBytes,
	}
}

// storeOptions is the store of the vat in dir.
func storeOptions(c *config.Config, dir string) sqlite.Options {
	return sqlite.Options{
		Path: filepath.Join(dir, database),
		// What may leave a program may be kept, and what is kept may be read.
		ValueBytes: max(c.Limits.ResultBytes, 1<<20), AnswerBytes: c.Limits.ResultBytes,
	}
}

// libraryOptions bounds the programs that are kept.
func libraryOptions(c *config.Config) library.Options {
	return library.Options{Bytes: c.Programs.Bytes, StrangerBytes: c.Programs.StrangerBytes, PeerBytes: c.Programs.PeerBytes}
}

// mailLimits bounds what agents keep and send.
func mailLimits(c config.Mail) mail.Limits {
	return mail.Limits{
		MailboxCount: c.MailboxCount, MailboxBytes: c.MailboxBytes, SenderCount: c.SenderCount, Queued: c.Queued,
		MessageBytes: c.MessageBytes, Edges: c.Edges, ValueBytes: c.ValueBytes, ChainBytes: c.ChainBytes,
		Names: c.Names, Agents: c.Agents, LogCount: c.LogCount, NodeWakes: c.NodeWakes, WakeFuel: c.WakeFuel, Receipts: c.Receipts,
	}
}

// grantsOf is what the vat in dir grants. The directory of qvat:files is made
// where it is not there.
func grantsOf(c *config.Config, dir string) (powers.Grants, error) {
	g := powers.Grants{
		Store: c.Powers.Store, Log: c.Powers.Log, Message: c.Powers.Message,
		Clock: c.Powers.Clock, Random: c.Powers.Random, Mail: c.Powers.Mail,
	}
	g.HTTP.Origins = c.Powers.HTTP.Origins
	g.HTTP.Immediate = c.Powers.HTTP.Immediate
	g.HTTP.AllowPrivate = c.Powers.HTTP.AllowPrivate
	g.HTTP.InputBytes = c.Limits.InputBytes
	at, err := filesDir(c, dir)
	if err != nil || at == "" {
		return g, err
	}
	g.Files.Dir, g.Files.Write = at, c.Powers.Files.Write
	return g, os.MkdirAll(at, 0o700)
}

// cacheOf is the folder of machine code of the vat in dir; "" where none is kept.
func cacheOf(c *config.Config, dir string) string {
	if c.Cache == "" || filepath.IsAbs(c.Cache) {
		return c.Cache
	}
	return filepath.Join(dir, c.Cache)
}

// filesDir is where the directory of qvat:files lies; "" where none is granted.
// It may not hold the vat's own files: whoever writes those is the owner.
func filesDir(c *config.Config, dir string) (string, error) {
	at := c.Powers.Files.Dir
	if at == "" {
		return "", nil
	}
	if !filepath.IsAbs(at) {
		at = filepath.Join(dir, at)
	}
	own, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if at, err = filepath.Abs(at); err != nil {
		return "", err
	}
	for _, mine := range []string{own, filepath.Join(own, keysDir), filepath.Join(own, cacheDir), filepath.Join(own, "node_modules"), cacheOf(c, own)} {
		if mine == "" {
			continue
		}
		if inside, err := filepath.Rel(at, mine); err == nil && filepath.IsLocal(inside) {
			return "", fmt.Errorf("files.dir: %s holds the vat's own files: name another directory", at)
		}
		if mine == own {
			continue
		}
		if inside, err := filepath.Rel(mine, at); err == nil && filepath.IsLocal(inside) {
			return "", fmt.Errorf("files.dir: %s is the vat's own: name another directory", at)
		}
	}
	return at, nil
}
