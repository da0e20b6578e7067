// Package sandbox gives up, for the whole process and for good, what serving a vat
// does not need: files beside the vat's own, and connections beside those to the
// origins that qvat:http grants. It is the last wall: what got out of the realm, the
// engine and WebAssembly stands before it.
package sandbox

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"

	"github.com/landlock-lsm/go-landlock/landlock"
)

// Confine confines the process to the vat in dir, the directory files (none where it
// is ""), and requests to origins. It is Landlock's
// (Documentation/userspace-api/landlock.rst in the kernel's sources); a kernel that
// knows less of it confines less, and one without it not at all. After an error the
// process may be confined in part.
func Confine(dir, files string, origins []string) error {
	rules := []landlock.Rule{
		landlock.RWDirs(dir),
		// What the process is told of itself: the page table, and its metrics.
		landlock.RODirs("/proc/self"),
		landlock.ROFiles("/proc/stat").IgnoreIfMissing(),
	}
	if files != "" {
		rules = append(rules, landlock.RWDirs(files))
	}
	if len(origins) > 0 {
		out, err := outward(origins)
		if err != nil {
			return err
		}
		rules = append(rules, out...)
	}
	if err := landlock.V6.BestEffort().Restrict(rules...); err != nil {
		return fmt.Errorf("confine the process (qvat.toml can say sandbox = false): %w", err)
	}
	return nil
}

// outward is what requests to origins need: names, certificates, and their ports.
func outward(origins []string) ([]landlock.Rule, error) {
	rules := []landlock.Rule{
		landlock.ROFiles("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf").IgnoreIfMissing(),
		landlock.RODirs("/etc/ssl", "/etc/pki", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates").IgnoreIfMissing(),
		landlock.ConnectTCP(53),
	}
	// A resolv.conf is often a link to where it is kept.
	if real, err := filepath.EvalSymlinks("/etc/resolv.conf"); err == nil {
		rules = append(rules, landlock.ROFiles(real).IgnoreIfMissing())
	}
	for _, origin := range origins {
		u, err := url.Parse(origin)
		if err != nil {
			return nil, fmt.Errorf("powers.http.origins: %w", err)
		}
		port := map[string]string{"http": "80", "https": "443"}[u.Scheme]
		if u.Port() != "" {
			port = u.Port()
		}
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("powers.http.origins: %s: %w", origin, err)
		}
		rules = append(rules, landlock.ConnectTCP(uint16(n)))
	}
	return rules, nil
}
