package sqlite

import (
	"slices"

	"qvat/chains"
	"qvat/host/store"
)

// rowKey names a row.
type rowKey struct{ table, key string }

// version is a row as one commit left it. A row's versions are linked from the
// newest to the oldest that is still kept; Store.mu guards the links.
type version struct {
	row          rowKey
	seq          uint64
	value        []byte // nil when the commit deleted the row; never changed
	older, newer *version
}

// versionOverhead is about what a version costs beside its key and value.
const versionOverhead = 192

func (v *version) bytes() int64 {
	return int64(len(v.row.table)+len(v.row.key)+len(v.value)) + versionOverhead
}

// change is what one commit did, as far as later ones must know.
type change struct {
	seq      uint64
	versions []*version
	record   *store.Record // nil when it keeps none
	anything bool          // it changed tables of SQL's own, in ways not known here
}

// overlay keeps what has been committed and is not yet in SQLite, or not in
// some snapshot of SQLite that is still being read. Store.mu guards it.
type overlay struct {
	tables  map[string]map[string]*version // the newest version of each row
	log     []change                       // in the order of seq
	records map[chains.Hash]change         // the changes that keep a record, by message
	bytes   int64
	count   int
}

func newOverlay() overlay {
	return overlay{tables: map[string]map[string]*version{}, records: map[chains.Hash]change{}}
}

// find gives the version of a row that a snapshot at seq sees, or nil when
// SQLite has it.
func (o *overlay) find(row rowKey, seq uint64) *version {
	v := o.tables[row.table][row.key]
	for v != nil && v.seq > seq {
		v = v.older
	}
	return v
}

// push adds a commit's changes. Its seq is above all others.
func (o *overlay) push(c change) {
	o.log = append(o.log, c)
	for _, v := range c.versions {
		v.seq = c.seq
		rows := o.tables[v.row.table]
		if rows == nil {
			rows = map[string]*version{}
			o.tables[v.row.table] = rows
		}
		if v.older = rows[v.row.key]; v.older != nil {
			v.older.newer = v
		}
		rows[v.row.key] = v
		o.bytes += v.bytes()
		o.count++
	}
	if c.record != nil {
		o.records[c.record.ID] = c
		o.bytes += recordBytes(c.record)
	}
}

// trim forgets changes up to floor: every snapshot of SQLite has them.
func (o *overlay) trim(floor uint64) {
	n := 0
	for ; n < len(o.log) && o.log[n].seq <= floor; n++ {
		for _, v := range o.log[n].versions {
			if v.newer != nil {
				v.newer.older = nil
			} else {
				o.forgetRow(v.row)
			}
			o.uncount(v)
		}
		o.forgetRecord(o.log[n])
		o.log[n] = change{}
	}
	o.log = o.log[n:]
}

// revert takes back every change above seq.
func (o *overlay) revert(seq uint64) {
	n := len(o.log)
	for ; n > 0 && o.log[n-1].seq > seq; n-- {
		c := o.log[n-1]
		for _, v := range c.versions {
			if v.older != nil {
				v.older.newer = nil
				o.tables[v.row.table][v.row.key] = v.older
			} else {
				o.forgetRow(v.row)
			}
			o.uncount(v)
		}
		o.forgetRecord(c)
		o.log[n-1] = change{}
	}
	o.log = o.log[:n]
}

func (o *overlay) forgetRow(row rowKey) {
	rows := o.tables[row.table]
	delete(rows, row.key)
	if len(rows) == 0 {
		delete(o.tables, row.table)
	}
}

func (o *overlay) forgetRecord(c change) {
	if c.record == nil {
		return
	}
	o.bytes -= recordBytes(c.record)
	if o.records[c.record.ID].seq == c.seq {
		delete(o.records, c.record.ID)
	}
}

func (o *overlay) uncount(v *version) {
	o.bytes -= v.bytes()
	o.count--
}

// since gives the changes above seq.
func (o *overlay) since(seq uint64) []change {
	n := len(o.log)
	for n > 0 && o.log[n-1].seq > seq {
		n--
	}
	return o.log[n:]
}

// within gives the versions that a snapshot at seq sees of the rows of a span,
// in the order of their keys.
func (o *overlay) within(s span, seq uint64) []*version {
	var found []*version
	for key, v := range o.tables[s.table] {
		if !s.holds(key) {
			continue
		}
		for v != nil && v.seq > seq {
			v = v.older
		}
		if v != nil {
			found = append(found, v)
		}
	}
	slices.SortFunc(found, func(a, b *version) int { return compareKeys(a.row.key, b.row.key) })
	return found
}
