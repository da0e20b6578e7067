package host

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/pelletier/go-toml/v2"

	"qvat/chains"
	"qvat/host/api"
	"qvat/host/powers"
	"qvat/host/store/sqlite"
	"qvat/runtime"
)

// Names of what lies in a vat's directory.
const (
	configFile = "qvat.toml"
	keysDir    = "keys"
	rootKey    = "root.key"
	nodeKey    = "node.key"
	rootPower  = "root-power.js"
	database   = "vat.db"
	cacheDir   = "cache"
)

// maxConfig is the size in bytes of the largest qvat.toml that is read.
const maxConfig = 1 << 20

// Config is qvat.toml. A field that is absent has the default that the
// template, config.toml.tmpl, states.
type Config struct {
	Name       string `toml:"name"`
	Listen     string `toml:"listen"`
	RootKey    string `toml:"root_key"`
	AtMostOnce bool   `toml:"at_most_once"`
	Workers    int    `toml:"workers"`
	Queue      int    `toml:"queue"`
	Sandbox    bool   `toml:"sandbox"`
	// Cache is the folder of the engine's machine code, from the vat's own on:
	// "cache" where nothing is said, and "" keeps none. The template leaves it
	// out: it is for tools whose vats lie among files of somebody else's.
	Cache string `toml:"cache"`

	Limits   LimitsConfig   `toml:"limits"`
	Programs ProgramsConfig `toml:"programs"`
	HTTP     HTTPConfig     `toml:"http"`
	Powers   PowersConfig   `toml:"powers"`
	Mail     MailConfig     `toml:"mail"`
	Web      WebConfig      `toml:"web"`
}

// LimitsConfig bounds one message; see runtime.Limits and chains.Limits.
type LimitsConfig struct {
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

// ProgramsConfig bounds the programs that are kept.
type ProgramsConfig struct {
	Bytes         int64 `toml:"bytes"`
	StrangerBytes int64 `toml:"stranger_bytes"`
	PeerBytes     int64 `toml:"peer_bytes"`
}

// HTTPConfig says whom the vat answers, and how much.
type HTTPConfig struct {
	Missing         string   `toml:"missing"`
	Metrics         string   `toml:"metrics"`
	Hosts           []string `toml:"hosts"`
	Connections     int      `toml:"connections"`
	PeerConnections int      `toml:"peer_connections"`
	PeerInFlight    int      `toml:"peer_in_flight"`
	PeerRate        float64  `toml:"peer_rate"`
	PeerBurst       int      `toml:"peer_burst"`
}

// PowersConfig grants host modules to root-power.js.
type PowersConfig struct {
	Store   bool        `toml:"store"`
	Log     bool        `toml:"log"`
	Message bool        `toml:"message"`
	Clock   bool        `toml:"clock"`
	Random  bool        `toml:"random"`
	Mail    bool        `toml:"mail"`
	Files   FilesConfig `toml:"files"`
	HTTP    OutConfig   `toml:"http"`
}

// FilesConfig grants qvat:files one directory; an empty one grants nothing.
type FilesConfig struct {
	Dir   string `toml:"dir"`
	Write bool   `toml:"write"`
}

// OutConfig grants qvat:http origins; none grants nothing.
type OutConfig struct {
	Origins      []string `toml:"origins"`
	Immediate    bool     `toml:"immediate"`
	AllowPrivate bool     `toml:"allow_private"`
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

// defaultListen is where a new vat listens: this machine alone reaches it.
const defaultListen = "127.0.0.1:7070"

// defaults is the Config of an empty qvat.toml.
func defaults() Config {
	return Config{
		Name:    "vat",
		Listen:  defaultListen,
		Workers: goruntime.NumCPU(),
		Queue:   1024,
		Sandbox: true,
		Cache:   cacheDir,
		Limits: LimitsConfig{
			Fuel:         runtime.DefaultFuel,
			MemoryBytes:  runtime.DefaultMemory,
			StackBytes:   runtime.DefaultStack,
			Time:         Duration(runtime.DefaultTime),
			HostCalls:    runtime.DefaultHostCalls,
			ResultBytes:  runtime.DefaultResult,
			LogBytes:     runtime.DefaultLog,
			ProgramBytes: chains.DefaultProgram,
			CapsuleBytes: chains.DefaultCapsule,
			InputBytes:   chains.DefaultInput,
			LibraryBytes: 16 << 20,
		},
		Programs: ProgramsConfig{Bytes: 256 << 20, StrangerBytes: 16 << 20, PeerBytes: 2 << 20},
		HTTP: HTTPConfig{
			Missing: string(api.Everybody), Metrics: string(api.Loopback),
			Connections: 2048, PeerConnections: 512, PeerInFlight: 256, PeerRate: 10_000, PeerBurst: 10_000,
		},
		Powers: PowersConfig{Store: true, Log: true, Message: true},
		Mail:   defaultMail(),
		Web:    WebConfig{Enabled: true},
	}
}

// loadConfig reads qvat.toml in dir. A key that it does not know is an error:
// a limit that is misspelt would not limit anything.
func loadConfig(dir string) (Config, error) {
	path := filepath.Join(dir, configFile)
	f, err := os.Open(path)
	if err != nil {
		return Config{}, err
	}
	defer f.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		return Config{}, err
	}
	if len(text) > maxConfig {
		return Config{}, fmt.Errorf("%s is larger than %d bytes", path, maxConfig)
	}
	c := defaults()
	d := toml.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		var unknown *toml.StrictMissingError
		if errors.As(err, &unknown) {
			return Config{}, fmt.Errorf("%s has settings that qvat does not know:\n%s", path, unknown.String())
		}
		var bad *toml.DecodeError
		if errors.As(err, &bad) {
			return Config{}, fmt.Errorf("%s:\n%s", path, bad.String())
		}
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	var keys map[string]any
	if err := toml.Unmarshal(text, &keys); err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	if err := CheckKeys(keys); err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	if err := c.check(); err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// CheckKeys refuses settings, as toml.Unmarshal gives them, with a key that is
// not of small letters, digits and "_". A decoder takes a key in any case for
// that of its field: who looks for "files" in such a map would not see "Files".
func CheckKeys(settings map[string]any) error {
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
				if err := CheckKeys(table); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func notOfKey(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' }

// check refuses values that cannot work.
func (c *Config) check() error {
	positive := map[string]int64{
		"workers": int64(c.Workers), "queue": int64(c.Queue),
		"limits.fuel": c.Limits.Fuel, "limits.time": int64(c.Limits.Time),
		"limits.host_calls": int64(c.Limits.HostCalls), "limits.result_bytes": int64(c.Limits.ResultBytes),
		"limits.log_bytes": int64(c.Limits.LogBytes), "limits.program_bytes": int64(c.Limits.ProgramBytes),
		"limits.capsule_bytes": int64(c.Limits.CapsuleBytes), "limits.input_bytes": int64(c.Limits.InputBytes),
		"limits.library_bytes": int64(c.Limits.LibraryBytes),
		"programs.bytes":       c.Programs.Bytes, "programs.stranger_bytes": c.Programs.StrangerBytes,
		"programs.peer_bytes": c.Programs.PeerBytes,
	}
	maps.Copy(positive, c.Mail.positive())
	for name, v := range positive {
		if v <= 0 {
			return fmt.Errorf("%s must be above 0", name)
		}
	}
	if c.Limits.MemoryBytes < runtime.MinMemory || c.Limits.MemoryBytes > 4<<30 {
		return fmt.Errorf("limits.memory_bytes must lie between %d and %d", runtime.MinMemory, int64(4<<30))
	}
	if c.Limits.StackBytes < runtime.MinStack || c.Limits.StackBytes > runtime.MaxStack {
		return fmt.Errorf("limits.stack_bytes must lie between %d and %d", runtime.MinStack, runtime.MaxStack)
	}
	if c.Name == "" || len(c.Name) > 128 || strings.ContainsFunc(c.Name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return errors.New("name must be 1 to 128 bytes with no control characters")
	}
	for name, v := range map[string]string{"http.missing": c.HTTP.Missing, "http.metrics": c.HTTP.Metrics} {
		switch api.Audience(v) {
		case api.Everybody, api.Loopback, api.Nobody:
		default:
			return fmt.Errorf(`%s must be "all", "loopback" or "none"`, name)
		}
	}
	return nil
}

func (c *Config) chainLimits() chains.Limits {
	return chains.Limits{Capsule: c.Limits.CapsuleBytes, Program: c.Limits.ProgramBytes, Input: c.Limits.InputBytes}
}

func (c *Config) runtimeLimits() runtime.Limits {
	l := c.Limits
	return runtime.Limits{
		Fuel: l.Fuel, Memory: l.MemoryBytes / (64 << 10) * (64 << 10), Stack: l.StackBytes, Time: time.Duration(l.Time),
		HostCalls: l.HostCalls, Result: l.ResultBytes, Log: l.LogBytes,
	}
}

func (c *Config) storeOptions(dir string) sqlite.Options {
	return sqlite.Options{
		Path: filepath.Join(dir, database),
		// What may leave a program may be kept, and what is kept may be read.
		ValueBytes: max(c.Limits.ResultBytes, 1<<20), AnswerBytes: c.Limits.ResultBytes,
		Programs: sqlite.ProgramOptions{Bytes: c.Programs.Bytes, StrangerBytes: c.Programs.StrangerBytes, PeerBytes: c.Programs.PeerBytes},
	}
}

// publicLimits are the limits that a sender should know, by their names in
// qvat.toml.
func (c *Config) publicLimits() map[string]int64 {
	l := c.Limits
	return map[string]int64{
		"fuel": l.Fuel, "memory_bytes": l.MemoryBytes, "stack_bytes": int64(l.StackBytes), "time_micros": time.Duration(l.Time).Microseconds(),
		"host_calls": int64(l.HostCalls), "result_bytes": int64(l.ResultBytes), "log_bytes": int64(l.LogBytes),
		"program_bytes": int64(l.ProgramBytes), "capsule_bytes": int64(l.CapsuleBytes), "input_bytes": int64(l.InputBytes),
		"library_bytes": int64(l.LibraryBytes),
	}
}

// grants is what the vat in dir grants. The directory of qvat:files is made
// where it is not there.
func (c *Config) grants(dir string) (powers.Grants, error) {
	g := powers.Grants{
		Store: c.Powers.Store, Log: c.Powers.Log, Message: c.Powers.Message,
		Clock: c.Powers.Clock, Random: c.Powers.Random, Mail: c.Powers.Mail,
	}
	g.HTTP.Origins = c.Powers.HTTP.Origins
	g.HTTP.Immediate = c.Powers.HTTP.Immediate
	g.HTTP.AllowPrivate = c.Powers.HTTP.AllowPrivate
	g.HTTP.InputBytes = c.Limits.InputBytes
	at, err := c.filesDir(dir)
	if err != nil || at == "" {
		return g, err
	}
	g.Files.Dir, g.Files.Write = at, c.Powers.Files.Write
	return g, os.MkdirAll(at, 0o700)
}

// cache is the folder of machine code of the vat in dir; "" where none is kept.
func (c *Config) cache(dir string) string {
	if c.Cache == "" || filepath.IsAbs(c.Cache) {
		return c.Cache
	}
	return filepath.Join(dir, c.Cache)
}

// filesDir is where the directory of qvat:files lies; "" where none is granted.
// It may not hold the vat's own files: whoever writes those is the owner.
func (c *Config) filesDir(dir string) (string, error) {
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
	for _, mine := range []string{own, filepath.Join(own, keysDir), filepath.Join(own, cacheDir), filepath.Join(own, "node_modules"), c.cache(own)} {
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

//go:embed config.toml.tmpl
var configTemplate string

// configText is the commented qvat.toml of a new vat.
func configText(c Config) (string, error) {
	t, err := template.New(configFile).Parse(configTemplate)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, c)
	return b.String(), err
}
