package keyfile_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qvat/host/keyfile"
)

// example is the key of RFC 8410, section 10.3, as openssl writes it too;
// withPublic is the same key in the newer form, with an attribute and its public
// key.
const (
	example = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
`
	withPublic = `-----BEGIN PRIVATE KEY-----
MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
Z9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PRIVATE KEY-----
`
	examplePublic = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"

	x25519 = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VuBCIEIIAVdxHMOCrzr+bkBvZgwcu+qw2kJSdvnISsGhYuLrNv
-----END PRIVATE KEY-----
`
	p256 = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgA+nQI5tLBLqa69K1
AzW3NE4dtW6m8PDmmMzwaPB22KqhRANCAATcgIpSpsaVjEZarkDQSs2sh5YEalYm
UjUrXfDutR6KzMLwSoDyl4BwaSEtXYQZ1U8ySKHEyE1v0soDUurgjPs3
-----END PRIVATE KEY-----
`
	public = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
`
)

func write(t *testing.T, text string, perm fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(path, []byte(text), perm); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, perm); err != nil { // whatever the umask
		t.Fatal(err)
	}
	return path
}

func TestNewLoads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	made, err := keyfile.New(path)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := keyfile.Load(path)
	if err != nil || !loaded.Equal(made) {
		t.Fatalf("another key comes back (error %v)", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (error %v), want 0600", info.Mode(), err)
	}
	// To the byte what openssl writes for this seed: RFC 8410, section 7.
	head, err := hex.DecodeString("302e020100300506032b657004220420")
	if err != nil {
		t.Fatal(err)
	}
	want := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: slices.Concat(head, made.Seed())})
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the file is not PKCS#8 as openssl writes it (error %v)", err)
	}
	other, err := keyfile.New(filepath.Join(t.TempDir(), "key.pem"))
	if err != nil || other.Equal(made) {
		t.Errorf("two new keys are the same (error %v)", err)
	}
}

func TestNewNeverOverwrites(t *testing.T) {
	path := write(t, "precious", 0o644)
	if key, err := keyfile.New(path); !errors.Is(err, fs.ErrExist) || key != nil {
		t.Errorf("error %v, want one that says it exists", err)
	}
	link := filepath.Join(t.TempDir(), "link.pem")
	if err := os.Symlink(filepath.Join(t.TempDir(), "nowhere"), link); err != nil {
		t.Fatal(err)
	}
	if _, err := keyfile.New(link); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a link that leads nowhere: %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "precious" {
		t.Errorf("the file now holds %q (error %v)", got, err)
	}
	if _, err := keyfile.New(filepath.Join(t.TempDir(), "no", "folder")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a folder that is not there: %v", err)
	}
}

func TestLoad(t *testing.T) {
	for name, text := range map[string]string{
		"as openssl writes it":  example,
		"with its public key":   withPublic,
		"with text around it":   "# Alice's\n\n" + example + "\nED25519 Private-Key:\n",
		"with the lines of DOS": strings.ReplaceAll(example, "\n", "\r\n"),
		"as large as it may be": example + strings.Repeat("#", keyfile.MaxSize-len(example)),
	} {
		t.Run(name, func(t *testing.T) {
			key, err := keyfile.Load(write(t, text, 0o600))
			if err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(key.Public().(ed25519.PublicKey)); got != examplePublic {
				t.Errorf("public key %s, want %s", got, examplePublic)
			}
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty", "", "holds no PEM block"},
		{"no PEM", "secret", "holds no PEM block"},
		{"a byte too large", example + strings.Repeat("#", keyfile.MaxSize-len(example)+1), "larger than 65536 bytes"},
		{"X25519", x25519, "not an Ed25519 one"},
		{"P-256", p256, "not an Ed25519 one"},
		{"a public key", public, `"PUBLIC KEY"`},
		{"with a passphrase", strings.ReplaceAll(example, "PRIVATE", "ENCRYPTED PRIVATE"), "has a passphrase"},
		{"two keys", example + example, "more than one PEM block"},
		{"a key and a public key", example + public, "more than one PEM block"},
		{"cut", strings.Replace(example, "dVhC", "", 1), "not PKCS#8"},
		{"not DER", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "not PKCS#8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, test.text, 0o600)
			key, err := keyfile.Load(path)
			if err == nil || key != nil {
				t.Fatalf("it was taken for a key (error %v)", err)
			}
			if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %q, want the file and %q", err, test.want)
			}
			if strings.Contains(err.Error(), "MC4CAQ") || strings.Contains(err.Error(), "secret") {
				t.Errorf("the error holds what the file holds: %q", err)
			}
		})
	}
	if _, err := keyfile.Load(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := keyfile.Load(t.TempDir()); err == nil {
		t.Error("a folder was taken for a key")
	}
}

func TestLoose(t *testing.T) {
	for perm, want := range map[fs.FileMode]bool{0o600: false, 0o400: false, 0o640: true, 0o604: true, 0o620: true, 0o644: true} {
		path := write(t, example, perm)
		if got, err := keyfile.Loose(path); err != nil || got != want {
			t.Errorf("%v: %v, want %v (error %v)", perm, got, want, err)
		}
		if _, err := keyfile.Load(path); err != nil {
			t.Errorf("%v does not load: %v", perm, err)
		}
	}
	if _, err := keyfile.Loose(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
