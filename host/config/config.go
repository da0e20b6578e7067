// Package config is qvat.toml, the settings of a vat: [Config.table] says all
// about each, and the file of a new vat, what is refused, and docs/CONFIG.md come
// of it. It promises that a Config from [Load] is within the ranges of the table.
// It opens nothing but that file, and knows no other room's options: package host
// makes those of it.
//
// To add a setting, give Config a field and the table a row; a test says so if one
// is missing, and how to write docs/CONFIG.md anew.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// File is the name of the settings in a vat's folder.
const File = "qvat.toml"

// maxBytes is the size in bytes of the largest file of settings that is read.
const maxBytes = 1 << 20

// Config is what qvat.toml says. What each field means, its table says.
type Config struct {
	Name       string `toml:"name"`
	Listen     string `toml:"listen"`
	RootKey    string `toml:"root_key"`
	AtMostOnce bool   `toml:"at_most_once"`
	Workers    int    `toml:"workers"`
	Queue      int    `toml:"queue"`
	Sandbox    bool   `toml:"sandbox"`
	Cache      string `toml:"cache"`

	Limits   Limits   `toml:"limits"`
	Programs Programs `toml:"programs"`
	HTTP     HTTP     `toml:"http"`
	Web      Web      `toml:"web"`
	Powers   Powers   `toml:"powers"`
	Mail     Mail     `toml:"mail"`
}

// Limits bound one message.
type Limits struct {
	Fuel         int64    `toml:"fuel"`
	MemoryBytes  int64    `toml:"memory_bytes"`
	StackBytes   int      `toml:"stack_bytes"`
	Time         Duration `toml:"time"`
	HostCalls    int      `toml:"host_calls"`
	ResultBytes  int      `toml:"result_bytes"`
	LogBytes     int      `toml:"log_bytes"`
	ProgramBytes int      `toml:"program_bytes"`
	CapsuleBytes int      `toml:"capsule_bytes"`
	InputBytes   int      `toml:"input_bytes"`
	LibraryBytes int      `toml:"library_bytes"`
}

// Programs bounds the programs that are kept.
type Programs struct {
	Bytes         int64 `toml:"bytes"`
	StrangerBytes int64 `toml:"stranger_bytes"`
	PeerBytes     int64 `toml:"peer_bytes"`
}

// HTTP says whom the vat answers, and how much.
type HTTP struct {
	Missing         string   `toml:"missing"`
	Metrics         string   `toml:"metrics"`
	Hosts           []string `toml:"hosts"`
	Connections     int      `toml:"connections"`
	PeerConnections int      `toml:"peer_connections"`
	PeerInFlight    int      `toml:"peer_in_flight"`
	PeerRate        float64  `toml:"peer_rate"`
	PeerBurst       int      `toml:"peer_burst"`
}

// Web is the page at /app/.
type Web struct {
	Enabled bool     `toml:"enabled"`
	Hosts   []string `toml:"hosts"`
}

// Powers grants host modules to root-power.js.
type Powers struct {
	Store   bool  `toml:"store"`
	Log     bool  `toml:"log"`
	Message bool  `toml:"message"`
	Clock   bool  `toml:"clock"`
	Random  bool  `toml:"random"`
	Mail    bool  `toml:"mail"`
	Files   Files `toml:"files"`
	HTTP    Out   `toml:"http"`
}

// Files grants qvat:files one directory; an empty one grants nothing.
type Files struct {
	Dir   string `toml:"dir"`
	Write bool   `toml:"write"`
}

// Out grants qvat:http origins; none grants nothing.
type Out struct {
	Origins      []string `toml:"origins"`
	Immediate    bool     `toml:"immediate"`
	AllowPrivate bool     `toml:"allow_private"`
}

// Mail bounds what agents keep and send.
type Mail struct {
	MailboxCount int   `toml:"mailbox_count"`
	MailboxBytes int64 `toml:"mailbox_bytes"`
	SenderCount  int   `toml:"sender_count"`
	Queued       int   `toml:"queued"`
	MessageBytes int   `toml:"message_bytes"`
	Edges        int   `toml:"edges"`
	ValueBytes   int   `toml:"value_bytes"`
	ChainBytes   int   `toml:"chain_bytes"`
	Names        int   `toml:"names"`
	Agents       int   `toml:"agents"`
	LogCount     int   `toml:"log_count"`
	NodeWakes    int   `toml:"node_wakes"`
	WakeFuel     int64 `toml:"wake_fuel"`
	Receipts     bool  `toml:"receipts"`
}

// Duration is a time.Duration as TOML text, such as "10s".
type Duration time.Duration

// UnmarshalText reads what time.ParseDuration does, and refuses what is below
// zero.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err == nil && v < 0 {
		err = errors.New("a time cannot be below zero")
	}
	*d = Duration(v)
	return err
}

// String is the duration as it stands in the file, without quotes.
func (d Duration) String() string { return time.Duration(d).String() }

// Load reads qvat.toml in dir, and refuses what [Decode] refuses and what is out
// of its range. Where there is none, the error wraps fs.ErrNotExist.
func Load(dir string) (Config, error) {
	path, c := filepath.Join(dir, File), Default()
	if _, err := Decode(path, &c, "has settings that qvat does not know"); err != nil {
		return Config{}, err
	}
	if err := c.check(); err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// Decode reads a file of settings, or of some of the tables of qvat.toml, into a
// struct with fields of this package's types, and gives the settings in it by
// their keys. A key that the struct has not is an error, which says of the file
// what unknown says: a limit that is misspelt would not limit anything. Errors
// name the file, and the line where there is one.
func Decode(path string, into any, unknown string) (map[string]any, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxBytes {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, maxBytes)
	}
	if err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(into); err != nil {
		var missing *toml.StrictMissingError
		if errors.As(err, &missing) {
			return nil, fmt.Errorf("%s %s:\n%s", path, unknown, missing.String())
		}
		var bad *toml.DecodeError
		if errors.As(err, &bad) {
			return nil, fmt.Errorf("%s:\n%s%s", path, bad.String(), kindHint(bad.Key()))
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	settings := map[string]any{}
	if err := toml.Unmarshal(text, &settings); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := checkKeys(settings); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return settings, nil
}

// checkKeys refuses a key that is not of small letters, digits and "_". A decoder
// takes a key in any case for that of its field: who looks for "files" in such a
// map would not see "Files".
func checkKeys(settings map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		if key == "" || strings.ContainsFunc(key, notOfKey) {
			return fmt.Errorf("%.64q: settings are written in small letters", key)
		}
		tables := []any{settings[key]}
		if list, ok := settings[key].([]any); ok {
			tables = list
		}
		for _, one := range tables {
			if table, ok := one.(map[string]any); ok {
				if err := checkKeys(table); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func notOfKey(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' }
