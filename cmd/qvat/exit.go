package main

// exitRow is a line of the command line's own part of docs/ERRORS.md. What a
// vat answers has the exit codes of fault.Table, from 10 on.
type exitRow struct {
	Name string // as "code" in what `qvat call --json` prints
	Exit int
}

const (
	exitOK          = "ok"
	exitFailed      = "failed"
	exitUsage       = "usage"
	exitFile        = "file"
	exitUnreachable = "unreachable"
	exitWrongVat    = "wrong_vat"
	exitSources     = "sources"
	exitTests       = "tests"
	exitInterrupted = "interrupted"
)

// exitTable lists the command line's own exit codes in the order of
// docs/ERRORS.md.
func exitTable() []exitRow {
	return []exitRow{
		{exitOK, 0},
		{exitFailed, 1},
		{exitUsage, 2},
		{exitFile, 3},
		{exitUnreachable, 4},
		{exitWrongVat, 5},
		{exitSources, 6},
		{exitTests, 7},
		{exitInterrupted, 130},
	}
}

// exitCode gives the exit code of a row of exitTable; a name that is not there
// counts as exitFailed.
func exitCode(name string) int {
	for _, r := range exitTable() {
		if r.Name == name {
			return r.Exit
		}
	}
	return 1
}
