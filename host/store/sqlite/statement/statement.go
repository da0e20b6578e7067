// Package statement runs a program's SQL on a connection of SQLite's, under a policy
// of what it may touch and within bounds of what it may cost.
//
// What a statement may do. It is one statement. It reads the table rows (tbl,
// key, value), where the rows of the other calls are, the value as JSON text;
// and the tables, views, indexes and triggers that SQL made, which in an
// exclusive transaction it may also make, fill, change and drop. It does not
// write to the table rows, which is for Set and Delete, and does not alter
// tables. Of virtual tables it has json_each and json_tree. The vat's own
// tables, whose names begin with qvat_, it sees named in sqlite_schema, and
// that is all; the rows of tables that begin with store.OwnPrefix are in one of them.
// It has no way to them, to settings, to other files, to a clock, to chance, or
// to the state of the connection.
//
// What its values are. A parameter is nil, a bool (1 or 0), an int, an int64, a
// finite float64, a json.Number or a string. A float64 that is a whole number
// is bound as an integer when a float64 carries it exactly. An answer that
// JSON cannot carry is an error: a blob (use hex), an infinity, text that is
// not UTF-8, or an integer beyond 2^53 (use CAST to TEXT).
package statement

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qvat/host/store"
	"qvat/host/store/sqlite/lite"
)

// maxExact is the largest integer up to which a float64 carries all.
const maxExact = 1 << 53

// Statement is one statement of a program's, on a connection that Restrict has
// restricted.
type Statement struct {
	Conn     *lite.Conn
	Text     string
	Params   []any
	MayWrite bool
	Stop     func() bool // ends the statement where it answers true
}

// Run runs the statement under the policy and within all bounds. wrote tells
// whether it may have changed something. It fails with a [*store.LimitError], a
// [*store.SQLError], [store.ErrExclusive] where it writes and may not, or an error
// of SQLite's.
func (q *Statement) Run(b Bounds) (rows *store.Rows, wrote bool, err error) {
	if len(q.Text) > b.Text {
		return nil, false, &store.LimitError{Limit: "a statement's bytes", Max: int64(b.Text)}
	}
	if !utf8.ValidString(q.Text) || strings.ContainsRune(q.Text, 0) {
		return nil, false, &store.SQLError{Message: "the statement is not UTF-8 text, or holds NUL"}
	}
	if err := q.Conn.Authorize(allowed); err != nil {
		return nil, false, err
	}
	defer func() { err = errors.Join(err, q.Conn.Authorize(nil)) }()
	defer set(q.Conn, set(q.Conn, b.limits()))
	start := time.Now()
	q.Conn.Guard(lite.Bounds{
		Steps: b.Steps,
		Stop:  func() bool { return q.Stop() || time.Since(start) > b.Time },
	})
	defer func() {
		if steps := q.Conn.Unguard(); lite.IsInterrupted(err) && !q.Stop() {
			err = &store.SQLError{Message: fmt.Sprintf("the statement was stopped after %d steps: it may take %d, and last %v", steps, b.Steps, b.Time)}
		}
	}()
	rows, wrote, err = q.execute(b)
	if lite.IsStatementFault(err) {
		err = &store.SQLError{Message: plain(err)}
	}
	return rows, wrote, err
}

func (q *Statement) execute(b Bounds) (rows *store.Rows, wrote bool, err error) {
	s, err := q.Conn.Prepare(q.Text)
	if errors.Is(err, lite.ErrNoStatement) || errors.Is(err, lite.ErrManyStatements) {
		return nil, false, &store.SQLError{Message: err.Error()}
	}
	if err != nil {
		return nil, false, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	switch {
	case s.Explains():
		return nil, false, &store.SQLError{Message: "EXPLAIN is not allowed"}
	case !s.ReadOnly() && !q.MayWrite:
		return nil, false, store.ErrExclusive
	case s.Parameters() != len(q.Params):
		return nil, false, &store.SQLError{Message: fmt.Sprintf("the statement has %d parameters, %d were given", s.Parameters(), len(q.Params))}
	}
	for i, v := range q.Params {
		if err := bindValue(s, i+1, v); err != nil {
			return nil, false, err
		}
	}
	rows, err = answer(s, b)
	return rows, !s.ReadOnly(), err
}

// answer collects the statement's rows.
func answer(s *lite.Stmt, b Bounds) (*store.Rows, error) {
	rows := &store.Rows{Columns: make([]string, s.Columns()), Rows: [][]any{}}
	size := 0
	for i := range rows.Columns {
		rows.Columns[i] = s.ColumnName(i)
		size += len(rows.Columns[i])
	}
	for {
		more, err := s.Step()
		if err != nil {
			return nil, err
		}
		if !more {
			return rows, nil
		}
		if len(rows.Rows) == b.Rows {
			return nil, &store.LimitError{Limit: "rows of an answer to SQL", Max: int64(b.Rows)}
		}
		row := make([]any, len(rows.Columns))
		for i := range row {
			size += 8
			if s.ColumnType(i) == lite.Text {
				size += s.ColumnSize(i)
			}
			if size > b.Answer {
				return nil, &store.LimitError{Limit: "an answer's bytes", Max: int64(b.Answer)}
			}
			if row[i], err = columnValue(s, i); err != nil {
				return nil, &store.SQLError{Message: fmt.Sprintf("column %q: %v", rows.Columns[i], err)}
			}
		}
		rows.Rows = append(rows.Rows, row)
	}
}

// columnValue gives a column as what JSON can carry.
func columnValue(s *lite.Stmt, i int) (any, error) {
	switch s.ColumnType(i) {
	case lite.Null:
		return nil, nil
	case lite.Integer:
		n := s.ColumnInt(i)
		if n > maxExact || n < -maxExact {
			return nil, fmt.Errorf("the integer %d is beyond 2^53, which JSON numbers do not carry exactly: CAST it to TEXT", n)
		}
		return n, nil
	case lite.Real:
		f := s.ColumnFloat(i)
		if math.IsInf(f, 0) || math.IsNaN(f) {
			return nil, errors.New("an infinity is not a JSON number")
		}
		return f, nil
	case lite.Text:
		text := s.ColumnText(i)
		if !utf8.ValidString(text) {
			return nil, errors.New("the text is not valid UTF-8")
		}
		return text, nil
	default:
		return nil, errors.New("a blob is not JSON data: use hex")
	}
}

// bindValue binds a parameter.
func bindValue(s *lite.Stmt, i int, v any) error {
	switch v := v.(type) {
	case nil:
		return s.Null(i)
	case bool:
		if v {
			return s.Int(i, 1)
		}
		return s.Int(i, 0)
	case int:
		return s.Int(i, int64(v))
	case int64:
		return s.Int(i, v)
	case float64:
		return bindFloat(s, i, v)
	case json.Number:
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return s.Int(i, n)
		}
		f, err := v.Float64()
		if err != nil {
			return &store.SQLError{Message: fmt.Sprintf("parameter %d is no number", i)}
		}
		return bindFloat(s, i, f)
	case string:
		if !utf8.ValidString(v) {
			return &store.SQLError{Message: fmt.Sprintf("parameter %d is not valid UTF-8", i)}
		}
		return s.Text(i, v)
	default:
		return &store.SQLError{Message: fmt.Sprintf("parameter %d is not null, a boolean, a number or a string", i)}
	}
}

func bindFloat(s *lite.Stmt, i int, v float64) error {
	switch {
	case math.IsInf(v, 0) || math.IsNaN(v):
		return &store.SQLError{Message: fmt.Sprintf("parameter %d is not a finite number", i)}
	case v == math.Trunc(v) && math.Abs(v) <= maxExact:
		return s.Int(i, int64(v))
	default:
		return s.Float(i, v)
	}
}

// plain gives SQLite's own words for an error.
func plain(err error) string {
	var e *lite.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}
