package sqlite

import (
	"log/slog"
	"time"
)

// Options say how to open a store. Path is needed; for every other field zero
// stands for the default that is named beside it.
type Options struct {
	// Path is the database file, made when it is not there (mode 0600, like
	// the files that SQLite puts beside it). Beside it stands Path + ".lock".
	Path   string
	Logger *slog.Logger     // discards
	Now    func() time.Time // time.Now; used for the age of programs alone

	Readers       int           // 128: transactions open at once; more wait
	BatchCommits  int           // 256: commits that share one fsync at most
	OverlayBytes  int64         // 64 MiB: versions kept in memory; above it the oldest transactions conflict
	BusyWait      time.Duration // 2 s: for another process, such as somebody's sqlite3 shell, that has locked the file
	TurnWait      time.Duration // 10 ms: how long a transaction waits for its turn with a row that many write
	LogBytes      int64         // 16 MiB: how large SQLite's log grows before it is emptied
	DatabaseBytes int64         // no bound: size of the database file

	TableBytes  int   // 256: name of a table
	KeyBytes    int   // 1 KiB: a key
	ValueBytes  int   // 1 MiB: a value, a staged payload, a record's result
	TxBytes     int64 // 16 MiB: all that one transaction reads by name, writes and stages
	TxStaged    int   // 1,000: outbox rows that one transaction stages
	EntryCount  int   // 10,000: entries that one call of Entries gives
	AnswerBytes int   // 8 MiB: what one call of Entries or SQL gives

	SQLText  int           // 64 KiB: a statement
	SQLRows  int           // 10,000: rows of an answer
	SQLSteps int64         // 20,000,000: instructions of SQLite's machine for one statement, half a second or so
	SQLTime  time.Duration // 1 s: for one statement, whose instructions may each move a long string, to temporary files too

	Records  int // 100,000: records of committed messages kept, the newest ones
	Failures int // 10,000: records of failed messages kept, the newest ones

	Programs ProgramOptions
}

// ProgramOptions bound what is kept of programs. A size counts a program's
// bytes and programOverhead for what surrounds them.
type ProgramOptions struct {
	Bytes         int64         // 256 MiB: all programs; the least recently used go first, strangers' before any
	Count         int           // 65,536: how many programs
	StrangerBytes int64         // 16 MiB: those that no root-signed message has used
	PeerBytes     int64         // 2 MiB: those of them that one peer sent
	StrangerAge   time.Duration // 10 min: how long they count against their peer when it sends more
	MemoryBytes   int64         // 64 MiB: used ones that are kept at hand
	BacklogBytes  int64         // 32 MiB: those that are not written yet
}

// withDefaults replaces zeros by defaults.
func (o Options) withDefaults() Options {
	orDefault(&o.Logger, slog.New(slog.DiscardHandler))
	if o.Now == nil {
		o.Now = time.Now
	}
	orDefault(&o.Readers, 128)
	orDefault(&o.BatchCommits, 256)
	orDefault(&o.OverlayBytes, 64<<20)
	orDefault(&o.BusyWait, 2*time.Second)
	orDefault(&o.TurnWait, 10*time.Millisecond)
	orDefault(&o.LogBytes, 16<<20)
	orDefault(&o.TableBytes, 256)
	orDefault(&o.KeyBytes, 1<<10)
	orDefault(&o.ValueBytes, 1<<20)
	orDefault(&o.TxBytes, 16<<20)
	orDefault(&o.TxStaged, 1000)
	orDefault(&o.EntryCount, 10_000)
	orDefault(&o.AnswerBytes, 8<<20)
	orDefault(&o.SQLText, 64<<10)
	orDefault(&o.SQLRows, 10_000)
	orDefault(&o.SQLSteps, 20_000_000)
	orDefault(&o.SQLTime, time.Second)
	orDefault(&o.Records, 100_000)
	orDefault(&o.Failures, 10_000)
	orDefault(&o.Programs.Bytes, 256<<20)
	orDefault(&o.Programs.Count, 65_536)
	orDefault(&o.Programs.StrangerBytes, 16<<20)
	orDefault(&o.Programs.PeerBytes, 2<<20)
	orDefault(&o.Programs.StrangerAge, 10*time.Minute)
	orDefault(&o.Programs.MemoryBytes, 64<<20)
	orDefault(&o.Programs.BacklogBytes, 32<<20)
	return o
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
