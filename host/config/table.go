package config

import (
	goruntime "runtime"

	"qvat/chains"
	"qvat/runtime"
)

// setting is a row of the table: a setting, or a section of the file where field
// is nil. Words are in the voice of the file, lines of above are broken as there.
type setting struct {
	key   string // with its sections: "limits.fuel"
	field any    // points to the field of the Config that it fills
	unit  string // what a number counts
	rule  rule   // what its value must be; the zero rule lets any pass

	normal     any    // what it is where the file says nothing; nil is the zero value
	normalText string // the same for docs/CONFIG.md, where it is not a fixed value

	above string // the comment above it in the file of a new vat
	note  string // the comment behind it
	means string // what docs/CONFIG.md says in place of above, before the note

	written bool   // the file of a new vat sets it
	hidden  bool   // the file of a new vat does not mention it
	example string // the file of a new vat has this in place of what is normal

	again bool // a vat that runs takes up a change of the file
}

// table says all about all settings, in the order of the file.
func (c *Config) table() []setting {
	l, p, h, w, g, m := &c.Limits, &c.Programs, &c.HTTP, &c.Web, &c.Powers, &c.Mail
	return []setting{
		{key: "name", field: &c.Name, normal: "vat", rule: nameRule, written: true, above: "What the vat calls itself to those who ask."},
		{key: "listen", field: &c.Listen, normal: "127.0.0.1:7070", written: true, above: "Where it listens. Beyond this machine, put it behind something that speaks TLS."},
		{key: "root_key", field: &c.RootKey, normalText: "none: it must be set", written: true, above: `Who may write root programs: the public half of keys/root.key. The vat itself
needs only this: the private key can be kept elsewhere.`},
		{key: "at_most_once", field: &c.AtMostOnce, above: `A message whose id (the hash of chain and input) has committed is answered from
its record, and not run again.`},
		{key: "workers", field: &c.Workers, normal: goruntime.NumCPU(), normalText: "the number of processors", rule: positive, unit: "messages", means: "messages that run at once", above: `Messages that run at once (default: the number of processors), and messages
that may wait before the answer is "busy".`},
		{key: "queue", field: &c.Queue, normal: 1024, rule: positive, unit: "messages", means: `messages that may wait before the answer is "busy"`},
		{key: "sandbox", field: &c.Sandbox, normal: true, above: `Once it serves, the process gives up all files but those of this directory,
and all connections but those that powers.http grants. Linux with Landlock;
elsewhere nothing happens.`},
		{key: "cache", field: &c.Cache, normal: "cache", hidden: true, means: `the folder of the engine's machine code, from the vat's own on; "" keeps none. For tools whose vats lie among files of somebody else's`},

		{key: "limits", above: "What one message may use. A limit that is met ends the message at once."},
		{key: "limits.fuel", field: &l.Fuel, normal: runtime.DefaultFuel, rule: positive, unit: "fuel", means: "what its programs may run", note: "about 200 million are a second"},
		{key: "limits.memory_bytes", field: &l.MemoryBytes, normal: runtime.DefaultMemory, rule: between(runtime.MinMemory, 4<<30), unit: "bytes", means: "of its instance, of which the engine takes about 5 MiB; in whole pages of 64 KiB"},
		{key: "limits.stack_bytes", field: &l.StackBytes, normal: runtime.DefaultStack, rule: between(runtime.MinStack, runtime.MaxStack), unit: "bytes", note: "of the engine's own stack"},
		{key: "limits.time", field: &l.Time, normal: runtime.DefaultTime, rule: positive, note: "wall clock, waiting for powers included"},
		{key: "limits.host_calls", field: &l.HostCalls, normal: runtime.DefaultHostCalls, rule: positive, unit: "calls", note: "calls of powers, and console lines"},
		{key: "limits.result_bytes", field: &l.ResultBytes, normal: runtime.DefaultResult, rule: positive, unit: "bytes", note: "of JSON: the result, and each call of a power"},
		{key: "limits.log_bytes", field: &l.LogBytes, normal: runtime.DefaultLog, rule: positive, unit: "bytes", note: "of console output"},
		{key: "limits.program_bytes", field: &l.ProgramBytes, normal: chains.DefaultProgram, rule: positive, unit: "bytes", means: "of one program's text"},
		{key: "limits.capsule_bytes", field: &l.CapsuleBytes, normal: chains.DefaultCapsule, rule: positive, unit: "bytes", means: "of its capsule: programs, chain and input together"},
		{key: "limits.input_bytes", field: &l.InputBytes, normal: chains.DefaultInput, rule: positive, unit: "bytes", means: "of its input, as JSON"},
		{key: "limits.library_bytes", field: &l.LibraryBytes, normal: 16 << 20, rule: positive, unit: "bytes", note: "of all programs of a message, and what they require"},

		{key: "programs", above: `What is kept of programs. Those that no root-signed message has used live in a
small space of their own.`},
		{key: "programs.bytes", field: &p.Bytes, normal: 256 << 20, rule: positive, unit: "bytes", means: "of all programs; the least recently used go first"},
		{key: "programs.stranger_bytes", field: &p.StrangerBytes, normal: 16 << 20, rule: positive, unit: "bytes", means: "of those that no root-signed message has used"},
		{key: "programs.peer_bytes", field: &p.PeerBytes, normal: 2 << 20, rule: positive, unit: "bytes", means: "of the latter, those that one peer sent"},

		{key: "http", above: `Whom the vat answers. missing: who may ask which programs it has ("all",
"loopback" or "none"); metrics: who may read /metrics.`},
		{key: "http.missing", field: &h.Missing, normal: "all", rule: audience, means: "who may ask which programs it has"},
		{key: "http.metrics", field: &h.Metrics, normal: "loopback", rule: audience, means: "who may read /metrics"},
		{key: "http.hosts", field: &h.Hosts, note: "names that requests may call it by, where it listens beyond loopback"},
		{key: "http.connections", field: &h.Connections, normal: 2048, unit: "connections", means: "that are open; more are closed at once"},
		{key: "http.peer_connections", field: &h.PeerConnections, normal: 512, unit: "connections", means: "the same, from one peer"},
		{key: "http.peer_in_flight", field: &h.PeerInFlight, normal: 256, unit: "requests", means: "of one peer that are being answered"},
		{key: "http.peer_rate", field: &h.PeerRate, normal: 10_000, unit: "requests a second", note: "requests a second from one peer"},
		{key: "http.peer_burst", field: &h.PeerBurst, normal: 10_000, unit: "requests", means: "from one peer at once that the rate does not delay"},

		{key: "web", above: `The page at /app/ (docs/WEB.md), for this machine alone; "qvat open" logs in.`},
		{key: "web.enabled", field: &w.Enabled, normal: true, means: "whether there is a page"},
		{key: "web.hosts", field: &w.Hosts, note: "names that it may be called by beyond this machine, over TLS"},

		{key: "powers", above: `The host modules that root-power.js may require. What is not granted here does
not exist for it. docs/POWERS.md says what each can do.`},
		{key: "powers.store", field: &g.Store, normal: true, means: "qvat:store: rows, and SQL over them"},
		{key: "powers.log", field: &g.Log, normal: true, means: "qvat:log: lines in the vat's log"},
		{key: "powers.message", field: &g.Message, normal: true, means: "qvat:message: what is known of the message"},
		{key: "powers.clock", field: &g.Clock, means: "qvat:clock: the time"},
		{key: "powers.random", field: &g.Random, means: "qvat:random: chance"},
		{key: "powers.mail", field: &g.Mail, note: "qvat:mail: the agents of this vat"},
		{key: "powers.files", note: "qvat:files: one directory, relative to this file"},
		{key: "powers.files.dir", field: &g.Files.Dir, example: `"files"`, means: `the directory; "" grants nothing`},
		{key: "powers.files.write", field: &g.Files.Write, means: "whether programs may change what is in it"},
		{key: "powers.http", note: "qvat:http: requests to these origins alone"},
		{key: "powers.http.origins", field: &g.HTTP.Origins, example: `["https://example.com"]`, means: "scheme, host and, where it is not the scheme's own, port; none grants nothing"},
		{key: "powers.http.immediate", field: &g.HTTP.Immediate, means: "whether a request may leave while its message runs, which may fail later"},
		{key: "powers.http.allow_private", field: &g.HTTP.AllowPrivate, means: "whether an origin's name may lead to an address that is not public"},

		{key: "mail", above: `What agents may keep and send (docs/MAIL.md). What meets one of these is refused,
and its sender is told.`},
		{key: "mail.mailbox_count", field: &m.MailboxCount, normal: 100_000, rule: positive, unit: "messages", note: "messages of others in a mailbox that are new"},
		{key: "mail.mailbox_bytes", field: &m.MailboxBytes, normal: 256 << 20, rule: positive, unit: "bytes", note: "the same, in bytes"},
		{key: "mail.sender_count", field: &m.SenderCount, normal: 10_000, rule: positive, unit: "messages", note: "new messages of one sender in one mailbox"},
		{key: "mail.queued", field: &m.Queued, normal: 10_000, rule: positive, unit: "messages", note: "messages of one agent on their way to other nodes"},
		{key: "mail.message_bytes", field: &m.MessageBytes, normal: 64 << 10, rule: positive, unit: "bytes", means: "of a message's text"},
		{key: "mail.edges", field: &m.Edges, normal: 64, rule: positive, unit: "attachments", note: "attachments of one message"},
		{key: "mail.value_bytes", field: &m.ValueBytes, normal: 256 << 10, rule: positive, unit: "bytes", note: "of a stored value"},
		{key: "mail.chain_bytes", field: &m.ChainBytes, normal: 512 << 10, rule: positive, unit: "bytes", note: "of a published chain's capsule"},
		{key: "mail.names", field: &m.Names, normal: 10_000, rule: positive, unit: "names", note: "in one directory"},
		{key: "mail.agents", field: &m.Agents, normal: 10_000, rule: positive, unit: "agents", note: "in the vat"},
		{key: "mail.log_count", field: &m.LogCount, normal: 100_000, rule: positive, unit: "entries", note: "entries that are kept of one agent's log"},
		{key: "mail.node_wakes", field: &m.NodeWakes, normal: 300, rule: positive, unit: "runs a minute", note: "runs a minute that the messages of one other node cause"},
		{key: "mail.wake_fuel", field: &m.WakeFuel, normal: 100_000_000, rule: positive, unit: "fuel", note: "of a chain that a message wakes, if its agent says nothing"},
		{key: "mail.receipts", field: &m.Receipts, note: "tell senders when their messages are adopted from, settled or dismissed"},
	}
}
