package cli

// ExitRow is a line of the command line's own part of docs/ERRORS.md. What a
// vat answers has the exit codes of fault.Table, from 10 on.
type ExitRow struct {
	Name string // as "code" in what `qvat call --json` prints
	Exit int
}

// The rows of [ExitTable].
const (
	ExitOK          = "ok"
	ExitFailed      = "failed"
	ExitUsage       = "usage"
	ExitFile        = "file"
	ExitUnreachable = "unreachable"
	ExitWrongVat    = "wrong_vat"
	ExitSources     = "sources"
	ExitTests       = "tests"
	ExitInterrupted = "interrupted"

	// What an agent's vat refuses; package agent says which code of package mail is
	// which.
	ExitNotFound    = "not_found"
	ExitBadName     = "bad_name"
	ExitRefused     = "refused"
	ExitFull        = "full"
	ExitUsed        = "used"
	ExitElsewhere   = "elsewhere"
	ExitChainFailed = "chain_failed"
)

// ExitTable lists the command line's own exit codes in the order of
// docs/ERRORS.md.
func ExitTable() []ExitRow {
	return []ExitRow{
		{ExitOK, 0},
		{ExitFailed, 1},
		{ExitUsage, 2},
		{ExitFile, 3},
		{ExitUnreachable, 4},
		{ExitWrongVat, 5},
		{ExitSources, 6},
		{ExitTests, 7},
		{ExitNotFound, 40},
		{ExitBadName, 41},
		{ExitRefused, 42},
		{ExitFull, 43},
		{ExitUsed, 44},
		{ExitElsewhere, 45},
		{ExitChainFailed, 46},
		{ExitInterrupted, 130},
	}
}

// ExitCode gives the exit code of a row of ExitTable; a name that is not there
// counts as ExitFailed.
func ExitCode(name string) int {
	for _, r := range ExitTable() {
		if r.Name == name {
			return r.Exit
		}
	}
	return 1
}
