package bundle_test

import (
	"errors"
	"testing"

	"qvat/tools/bundle"
)

// TestComputedNameLeadsNowhere: a computed name is one mistake, and not those of
// all files that it might lead to.
func TestComputedNameLeadsNowhere(t *testing.T) {
	dir := project(t, sources{
		"package.json": "{}",
		"main.js":      "const lib = require('./lib')\nrequire('./' + lib.name)\nexports.main = () => 1\n",
		"lib.js":       "require('./deep/own.js')\nexports.name = 'other'\n",
		"deep/own.js":  "exports.f = () => Buffer.from('x')\n",
		"other.js":     "require('fs')\n",
		"notes.json":   "// no JSON\n",
	})
	_, err := bundle.Build(bundle.Options{Path: dir})
	var wrong *bundle.Problems
	if !errors.As(err, &wrong) {
		t.Fatalf("it gives %v", err)
	}
	if len(wrong.List) != 2 || wrong.List[0].File != "deep/own.js" || wrong.List[1].File != "main.js" || wrong.List[1].Line != 2 {
		t.Errorf("the problems are\n%v", wrong)
	}
}
