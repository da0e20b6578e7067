package sqlite

import (
	"strings"

	"qvat/host/store/sqlite/lite"
)

// allowed is the policy for programs' SQL. What it does not name is refused:
// ATTACH, PRAGMA, transaction control, ALTER TABLE, ANALYZE, VACUUM (which
// attaches), virtual tables, everything temporary.
func allowed(a lite.Access) bool {
	switch a.Action {
	case lite.Select, lite.Recursive:
		return true
	case lite.Read:
		return readable(a.Arg1)
	case lite.Call:
		return harmless(strings.ToLower(a.Arg2))
	case lite.Insert, lite.Update, lite.Delete:
		// SQLite's own schema table is written by CREATE and DROP, and refuses
		// statements that name it.
		return theirs(a.Arg1) || isSchema(a.Arg1) || isSequence(a.Arg1)
	case lite.CreateTable: // the first AUTOINCREMENT makes sqlite_sequence
		return theirs(a.Arg1) || isSequence(a.Arg1)
	case lite.CreateView, lite.DropTable, lite.DropView:
		return theirs(a.Arg1)
	case lite.CreateIndex, lite.DropIndex, lite.CreateTrigger, lite.DropTrigger:
		return (theirs(a.Arg1) || isAutoIndex(a.Arg1)) && theirs(a.Arg2)
	case lite.Reindex: // CREATE INDEX asks for it
		return theirs(a.Arg1)
	}
	return false
}

// theirs tells whether a name is one that programs' SQL may make and change.
func theirs(name string) bool {
	name = strings.ToLower(name)
	return name != "rows" && !reserved(name)
}

// readable tells whether a table is one that programs' SQL may read.
func readable(name string) bool {
	return isSchema(name) || isSequence(name) || !reserved(strings.ToLower(name))
}

// reserved tells whether a lower-case name is the vat's or SQLite's own.
func reserved(name string) bool {
	return strings.HasPrefix(name, "qvat_") || strings.HasPrefix(name, "sqlite_") || strings.HasPrefix(name, "pragma_")
}

func isSchema(name string) bool {
	return strings.EqualFold(name, "sqlite_master") || strings.EqualFold(name, "sqlite_schema")
}

// isAutoIndex tells whether an index is one that SQLite makes for a constraint.
func isAutoIndex(name string) bool {
	return strings.HasPrefix(strings.ToLower(name), "sqlite_autoindex_")
}

// isSequence tells whether a table is the one where SQLite keeps the highest
// AUTOINCREMENT ids, none of which are the vat's.
func isSequence(name string) bool { return strings.EqualFold(name, "sqlite_sequence") }

// harmless tells whether a function answers the same for the same arguments,
// and touches nothing else.
func harmless(function string) bool {
	switch function {
	case "abs", "char", "coalesce", "concat", "concat_ws", "format", "glob", "hex", "if", "ifnull", "iif", "instr",
		"length", "like", "likelihood", "likely", "lower", "ltrim", "max", "min", "nullif", "octet_length", "printf",
		"quote", "replace", "round", "rtrim", "sign", "soundex", "substr", "substring", "trim", "typeof", "unicode",
		"unlikely", "upper", "zeroblob",
		// aggregates and windows
		"avg", "count", "group_concat", "string_agg", "sum", "total", "median", "percentile", "percentile_cont",
		"percentile_disc", "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead",
		"first_value", "last_value", "nth_value",
		// mathematics
		"acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "ceiling", "cos", "cosh", "degrees", "exp",
		"floor", "ln", "log", "log10", "log2", "mod", "pi", "pow", "power", "radians", "sin", "sinh", "sqrt", "tan",
		"tanh", "trunc",
		// JSON
		"json", "jsonb", "json_array", "jsonb_array", "json_array_length", "json_error_position", "json_extract",
		"jsonb_extract", "->", "->>", "json_insert", "jsonb_insert", "json_object", "jsonb_object", "json_patch",
		"jsonb_patch", "json_pretty", "json_quote", "json_remove", "jsonb_remove", "json_replace", "jsonb_replace",
		"json_set", "jsonb_set", "json_type", "json_valid", "json_group_array", "jsonb_group_array", "json_group_object",
		"jsonb_group_object":
		return true
	}
	return false
}

// makeDeterministic takes the clock, chance and the connection's state out of
// a connection. The policy refuses them where a statement names them; this
// holds where one is hidden in a column's default, and whoever asks.
func makeDeterministic(c *lite.Conn) error {
	const anyNumber = -1
	for _, f := range []struct {
		name      string
		arguments int
	}{
		{"random", 0},
		{"randomblob", 1},
		{"date", anyNumber},
		{"time", anyNumber},
		{"datetime", anyNumber},
		{"julianday", anyNumber},
		{"unixepoch", anyNumber},
		{"strftime", anyNumber},
		{"timediff", 2},
		{"current_time", 0},
		{"current_date", 0},
		{"current_timestamp", 0},
		{"changes", 0},
		{"total_changes", 0},
		{"last_insert_rowid", 0},
		{"load_extension", 1},
		{"load_extension", 2},
	} {
		if err := c.Forbid(f.name, f.arguments, f.name+" is not allowed: a program's SQL has no clock, no chance and no hidden state"); err != nil {
			return err
		}
	}
	return nil
}
