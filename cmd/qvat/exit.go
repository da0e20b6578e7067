package main

import "qvat/host/mail"

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

	// What an agent's vat refuses; mailExit says which code of package mail is
	// which.
	exitNotFound    = "not_found"
	exitBadName     = "bad_name"
	exitRefused     = "refused"
	exitFull        = "full"
	exitUsed        = "used"
	exitElsewhere   = "elsewhere"
	exitChainFailed = "chain_failed"
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
		{exitNotFound, 40},
		{exitBadName, 41},
		{exitRefused, 42},
		{exitFull, 43},
		{exitUsed, 44},
		{exitElsewhere, 45},
		{exitChainFailed, 46},
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

// mailExit gives the row for a code of package mail. Some share one: what was
// sent in no way that the other side can take is all refused.
func mailExit(c mail.Code) string {
	switch c {
	case mail.NotFound, mail.BadName, mail.Full, mail.Elsewhere:
		return string(c)
	case mail.Used, mail.Expired:
		return exitUsed
	case mail.Refused, mail.Wrong, mail.BadSeal, mail.Replayed:
		return exitRefused
	case mail.Failed:
		return exitChainFailed
	}
	return exitFailed
}
