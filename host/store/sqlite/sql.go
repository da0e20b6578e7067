package sqlite

import (
	"context"
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

// survivable tells whether a transaction can go on after an error.
func survivable(err error) bool {
	var limit *store.LimitError
	var sql *store.SQLError
	return errors.As(err, &limit) || errors.As(err, &sql) || errors.Is(err, store.ErrName)
}

// SQL is store.Tx's: the transaction itself.
func (tx *snapshotTx) SQL() store.SQL { return tx }

// Query is store.SQL's.
//
// What a statement may do. It is one statement. It reads the table rows (tbl,
// key, value), where the rows of the other calls are, the value as JSON text;
// and the tables, views, indexes and triggers that SQL made, which in an
// exclusive transaction it may also make, fill, change and drop. It does not
// write to the table rows, which is for Set and Delete, and does not alter
// tables. Of virtual tables it has json_each and json_tree. The vat's own
// tables, whose names begin with qvat_, it sees named in sqlite_schema, and
// that is all; the rows of tables that begin with OwnPrefix are in one of them.
// It has no way to them, to settings, to other files, to a clock, to chance, or
// to the state of the connection.
//
// What its values are. A parameter is nil, a bool (1 or 0), an int, an int64, a
// finite float64, a json.Number or a string. A float64 that is a whole number
// is bound as an integer when a float64 carries it exactly. An answer that
// JSON cannot carry is an error: a blob (use hex), an infinity, text that is
// not UTF-8, or an integer beyond 2^53 (use CAST to TEXT).
func (tx *snapshotTx) Query(ctx context.Context, text string, params []any) (_ *store.Rows, err error) {
	if err := tx.enter(ctx); err != nil {
		return nil, err
	}
	defer tx.leave(&err)
	for row, l := range tx.rows {
		if l.wrote && !store.Own(row.table) {
			return nil, store.ErrExclusive
		}
	}
	if err := tx.catchUp(ctx); err != nil {
		return nil, err
	}
	stop := tx.bounds(ctx).Stop
	q := query{o: tx.o, c: tx.reader.c, text: text, params: params, stop: stop}
	tx.all = true // an error, too, tells something of what is there
	rows, err := q.run()
	return rows, stopped(ctx, err)
}

// catchUp gives the transaction a snapshot that SQLite has in full, since SQL
// sees nothing of the overlay. If what it has read is still so, it is as if it
// had begun only now.
func (tx *snapshotTx) catchUp(ctx context.Context) error {
	s := tx.s
	s.mu.Lock()
	if tx.epoch != s.epoch {
		s.mu.Unlock()
		return store.ErrConflict
	}
	if tx.reader.pinned == tx.seq {
		s.mu.Unlock()
		return nil
	}
	b := s.batchOf(tx.seq)
	s.mu.Unlock()
	if b != nil {
		select {
		case <-b.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if b.err != nil {
			return store.ErrConflict
		}
	}
	// The overlay keeps what the old snapshot needed until the reads are checked.
	seq, err := tx.reader.openSnapshot()
	if err != nil {
		return fmt.Errorf("open a snapshot: %w", errors.Join(err, tx.drop()))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, changed := tx.changedBetween(tx.seq, seq); changed || tx.epoch != s.epoch {
		return store.ErrConflict
	}
	tx.seq = seq
	tx.reader.pinned = seq
	return nil
}

// query is one statement of a program's.
type query struct {
	o        *Options
	c        *lite.Conn
	text     string
	params   []any
	mayWrite bool
	stop     func() bool
	wrote    bool // it may have changed something
}

// run runs the statement under the policy and within all bounds.
func (q *query) run() (rows *store.Rows, err error) {
	if len(q.text) > q.o.SQLText {
		return nil, &store.LimitError{Limit: "a statement's bytes", Max: int64(q.o.SQLText)}
	}
	if !utf8.ValidString(q.text) || strings.ContainsRune(q.text, 0) {
		return nil, &store.SQLError{Message: "the statement is not UTF-8 text, or holds NUL"}
	}
	if err := q.c.Authorize(allowed); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, q.c.Authorize(nil)) }()
	defer restore(q.c, narrow(q.c, q.o))
	start := time.Now()
	q.c.Guard(lite.Bounds{
		Steps: q.o.SQLSteps,
		Stop:  func() bool { return q.stop() || time.Since(start) > q.o.SQLTime },
	})
	defer func() {
		if steps := q.c.Unguard(); lite.IsInterrupted(err) && !q.stop() {
			err = &store.SQLError{Message: fmt.Sprintf("the statement was stopped after %d steps: it may take %d, and last %v", steps, q.o.SQLSteps, q.o.SQLTime)}
		}
	}()
	rows, err = q.execute()
	if lite.IsStatementFault(err) {
		err = &store.SQLError{Message: plain(err)}
	}
	return rows, err
}

func (q *query) execute() (rows *store.Rows, err error) {
	s, err := q.c.Prepare(q.text)
	if errors.Is(err, lite.ErrNoStatement) || errors.Is(err, lite.ErrManyStatements) {
		return nil, &store.SQLError{Message: err.Error()}
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	switch {
	case s.Explains():
		return nil, &store.SQLError{Message: "EXPLAIN is not allowed"}
	case !s.ReadOnly() && !q.mayWrite:
		return nil, store.ErrExclusive
	case s.Parameters() != len(q.params):
		return nil, &store.SQLError{Message: fmt.Sprintf("the statement has %d parameters, %d were given", s.Parameters(), len(q.params))}
	}
	for i, v := range q.params {
		if err := bindValue(s, i+1, v); err != nil {
			return nil, err
		}
	}
	q.wrote = !s.ReadOnly()
	return q.answer(s)
}

// answer collects the statement's rows.
func (q *query) answer(s *lite.Stmt) (*store.Rows, error) {
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
		if len(rows.Rows) == q.o.SQLRows {
			return nil, &store.LimitError{Limit: "rows of an answer to SQL", Max: int64(q.o.SQLRows)}
		}
		row := make([]any, len(rows.Columns))
		for i := range row {
			size += 8
			if s.ColumnType(i) == lite.Text {
				size += s.ColumnSize(i)
			}
			if size > q.o.AnswerBytes {
				return nil, &store.LimitError{Limit: "an answer's bytes", Max: int64(q.o.AnswerBytes)}
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
