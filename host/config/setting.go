package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// rule is what the value of a setting must be, in words and as a check.
type rule struct {
	must  string // goes on after "must"
	holds func(v reflect.Value) bool
}

var (
	positive = rule{"be above 0", func(v reflect.Value) bool { return v.Int() > 0 }}
	audience = rule{`be "all", "loopback" or "none"`, func(v reflect.Value) bool {
		return slices.Contains([]string{"all", "loopback", "none"}, v.String())
	}}
	nameRule = rule{"be 1 to 128 bytes with no control characters", func(v reflect.Value) bool {
		s := v.String()
		return s != "" && len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
	}}
)

func between(least, most int64) rule {
	return rule{
		fmt.Sprintf("lie between %d and %d", least, most),
		func(v reflect.Value) bool { return least <= v.Int() && v.Int() <= most },
	}
}

// value is the setting's field.
func (s setting) value() reflect.Value { return reflect.ValueOf(s.field).Elem() }

// kind is what the setting's value is, in words.
func (s setting) kind() string {
	switch s.field.(type) {
	case *bool:
		return "true or false"
	case *string:
		return "text"
	case *[]string:
		return "list of texts"
	case *float64:
		return "number"
	case *Duration:
		return `time, such as "10s"`
	}
	return "whole number"
}

// text is the setting's value as TOML.
func (s setting) text() string {
	switch v := s.field.(type) {
	case *string:
		return strconv.Quote(*v)
	case *[]string:
		quoted := make([]string, len(*v))
		for i, one := range *v {
			quoted[i] = strconv.Quote(one)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	case *Duration:
		return strconv.Quote(v.String())
	}
	return fmt.Sprint(s.value())
}

// Default is what an empty qvat.toml says.
func Default() Config {
	var c Config
	for _, s := range c.table() {
		if s.normal != nil {
			s.value().Set(reflect.ValueOf(s.normal).Convert(s.value().Type()))
		}
	}
	return c
}

// check refuses the first value that its rule does not let pass.
func (c *Config) check() error {
	for _, s := range c.table() {
		if s.rule.holds != nil && !s.rule.holds(s.value()) {
			return fmt.Errorf("%s must %s", s.key, s.rule.must)
		}
	}
	return nil
}

// kindHint is a line that says what the value of a setting is, and "" where no
// setting has the key.
func kindHint(key []string) string {
	all := new(Config).table()
	i := slices.IndexFunc(all, func(s setting) bool { return s.field != nil && s.key == strings.Join(key, ".") })
	if i < 0 {
		return ""
	}
	return "\n" + all[i].key + " takes: " + all[i].kind()
}

// LimitsByName are the limits of a message by their names in qvat.toml, for those
// who send some. A time is in microseconds, and its name says so.
func (c *Config) LimitsByName() map[string]int64 {
	limits := map[string]int64{}
	for _, s := range c.table() {
		name, found := strings.CutPrefix(s.key, "limits.")
		if !found {
			continue
		}
		if d, isTime := s.field.(*Duration); isTime {
			limits[name+"_micros"] = time.Duration(*d).Microseconds()
		} else {
			limits[name] = s.value().Int()
		}
	}
	return limits
}

// noteColumn is where comments behind settings begin.
const noteColumn = 28

// Text is the commented qvat.toml of a new vat that has these settings.
func (c *Config) Text() string {
	var b strings.Builder
	b.WriteString("# The settings of this vat. What is commented out is the default.\n" +
		"# `qvat run` reads them when it starts.\n")
	for _, s := range c.table() {
		if s.hidden {
			continue
		}
		if s.field == nil || s.above != "" {
			b.WriteString("\n")
		}
		if s.above != "" {
			b.WriteString("# " + strings.ReplaceAll(s.above, "\n", "\n# ") + "\n")
		}
		b.WriteString(s.line() + "\n")
	}
	return b.String()
}

// line is a setting's own line in the file of a new vat, or a section's.
func (s setting) line() string {
	line, isSet := "["+s.key+"]", !strings.Contains(s.key, ".")
	if s.field != nil {
		line, isSet = s.key[strings.LastIndexByte(s.key, '.')+1:]+" = ", s.written
		if s.example != "" {
			line += s.example
		} else {
			line += s.text()
		}
	}
	if !isSet {
		line = "# " + line
	}
	if s.note != "" {
		line = fmt.Sprintf("%-*s # %s", noteColumn-1, line, s.note)
	}
	return line
}
