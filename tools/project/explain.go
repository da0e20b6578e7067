package project

import (
	"errors"
	"strings"

	"qvat/host/fault"
	"qvat/runtime"
)

// Explain says what a fault is to the one whose vat it came from: what only the
// owner may know, such as how root-power.js fails, is told as well. The text may
// come from programs.
func Explain(f *fault.Error) string {
	var root *runtime.Failure
	switch {
	case f.Code == fault.Internal && errors.As(f.Cause, &root):
		return "root-power.js fails: " + root.Name + ": " + root.Message
	case f.Code == fault.Internal && f.Cause != nil:
		return f.Cause.Error()
	case f.Code == fault.MissingPrograms:
		return f.Message + ": " + strings.Join(f.Missing, ", ")
	case f.Name == "" || f.Name == "Error" || strings.HasPrefix(f.Message, f.Name+":"):
		return f.Message
	}
	return f.Name + ": " + f.Message
}
