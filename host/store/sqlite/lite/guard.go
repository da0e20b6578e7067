package lite

import (
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Bounds end a statement that runs for too long. It then fails with an error
// for which [IsInterrupted] holds, and if it was writing, SQLite rolls the
// whole transaction back.
type Bounds struct {
	// Steps is how many instructions of SQLite's machine the statements run
	// under these bounds may take together, rounded up to checkEvery; 0 is no
	// bound. The same statement on the same data takes the same steps.
	Steps int64
	// Stop is asked now and then, on the goroutine that runs the statement.
	// When it answers true the statement ends.
	Stop func() bool
}

// checkEvery is how many instructions run between two looks at the bounds. One
// instruction can be a whole function call on a long string, so it is small.
const checkEvery = 32

// guard is the state of the bounds in force.
type guard struct {
	bounds Bounds
	steps  int64
}

// Guard puts bounds on the statements that run until [Conn.Unguard].
func (c *Conn) Guard(b Bounds) {
	c.guard = &guard{bounds: b}
	c.progress = func(*libc.TLS, uintptr) int32 { return boolInt(c.exceeded()) }
	sqlite3.Xsqlite3_progress_handler(c.tls, c.db, checkEvery, address(c.progress), 0)
}

// Unguard removes the bounds and tells how many steps were taken under them.
func (c *Conn) Unguard() (steps int64) {
	sqlite3.Xsqlite3_progress_handler(c.tls, c.db, 0, 0, 0)
	steps = c.guard.steps
	c.guard, c.progress = nil, nil
	return steps
}

func (c *Conn) exceeded() bool {
	g := c.guard
	g.steps += checkEvery
	if g.bounds.Steps > 0 && g.steps > g.bounds.Steps {
		return true
	}
	return g.bounds.Stop != nil && g.bounds.Stop()
}

// Access is one thing that a statement would do, as SQLite's compiler tells its
// authorizer (https://www.sqlite.org/c3ref/c_alter_table.html says what the
// arguments of each action are).
type Access struct {
	Action     Action
	Arg1, Arg2 string
	Via        string // the trigger or view that does it, if one does
}

// Action is what kind of thing a statement would do.
type Action int32

// The actions that the store's policy names.
const (
	Read          Action = sqlite3.SQLITE_READ           // table, column
	Select        Action = sqlite3.SQLITE_SELECT         //
	Recursive     Action = sqlite3.SQLITE_RECURSIVE      //
	Call          Action = sqlite3.SQLITE_FUNCTION       // "", function
	Insert        Action = sqlite3.SQLITE_INSERT         // table
	Update        Action = sqlite3.SQLITE_UPDATE         // table, column
	Delete        Action = sqlite3.SQLITE_DELETE         // table
	CreateTable   Action = sqlite3.SQLITE_CREATE_TABLE   // table
	CreateIndex   Action = sqlite3.SQLITE_CREATE_INDEX   // index, table
	CreateView    Action = sqlite3.SQLITE_CREATE_VIEW    // view
	CreateTrigger Action = sqlite3.SQLITE_CREATE_TRIGGER // trigger, table
	DropTable     Action = sqlite3.SQLITE_DROP_TABLE     // table
	DropIndex     Action = sqlite3.SQLITE_DROP_INDEX     // index, table
	DropView      Action = sqlite3.SQLITE_DROP_VIEW      // view
	DropTrigger   Action = sqlite3.SQLITE_DROP_TRIGGER   // trigger, table
	Reindex       Action = sqlite3.SQLITE_REINDEX        // index
)

// Authorize has allow asked about everything that statements compiled from now
// on would do; one that does what is not allowed does not compile. A nil allow
// ends that. Statements that were compiled before compile again, under the new
// rule, when they next run.
func (c *Conn) Authorize(allow func(Access) bool) error {
	var callback uintptr
	c.authorize = nil
	if allow != nil {
		c.authorize = func(_ *libc.TLS, _ uintptr, action int32, a, b, _, via uintptr) int32 {
			access := Access{Action: Action(action), Arg1: libc.GoString(a), Arg2: libc.GoString(b), Via: libc.GoString(via)}
			if allow(access) {
				return sqlite3.SQLITE_OK
			}
			return sqlite3.SQLITE_DENY
		}
		callback = address(c.authorize)
	}
	if rc := sqlite3.Xsqlite3_set_authorizer(c.tls, c.db, callback, 0); rc != sqlite3.SQLITE_OK {
		return c.fail(rc)
	}
	return nil
}

// address gives what C takes for the address of a function. The caller keeps f
// alive for as long as SQLite may call it.
func address[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

func boolInt(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
