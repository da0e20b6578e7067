package bundle_test

import (
	"strings"
	"testing"

	"qvat/tools/bundle"
)

// TestLicences: comments about rights stay in a program's text, each once.
func TestLicences(t *testing.T) {
	const code = "import './b.mjs'\nexport const a = 1\n"
	table := []struct {
		name, text string
		want       []string // what the program holds, each once
		not        []string
	}{
		{"/*!", "/*! by somebody */\n" + code, []string{"/*! by somebody */"}, nil},
		{"//!", "//! by somebody\n" + code, []string{"//! by somebody"}, nil},
		{"@license", "/**\n * @license MIT\n */\n" + code, []string{"@license MIT"}, nil},
		{"@preserve", code + "/* @preserve me */\nexport const c = 1", []string{"@preserve me"}, nil},
		{"in a function", code + "export function f() {\n  /*! of f */\n  return 1\n}", []string{"/*! of f */"}, nil},
		{"Copyright", "/* Copyright (c) 2020 Somebody */\n" + code, []string{"/* Copyright (c) 2020 Somebody */"}, nil},
		{"copyright, in lines", "// copyright somebody\n// who has more to say\n\n// not this\n" + code, []string{"// copyright somebody\n// who has more to say\n"}, nil},
		{"Licence", "/* Licence: mine */\n" + code, []string{"/* Licence: mine */"}, nil},
		{"License, after others", "// a module\n\n/* what it does */\n/**\n * Licensed under MIT\n */\n" + code, []string{" * Licensed under MIT\n"}, []string{"what it does"}},
		{"after use strict", "'use strict'\n/* Copyright somebody */\n" + code, []string{"/* Copyright somebody */"}, nil},
		{"after a shell's line", "#!/usr/bin/env node\n/* Copyright somebody */\n" + code, []string{"/* Copyright somebody */"}, []string{"#!"}},
		{"after a mark", "\ufeff// Copyright somebody\n" + code, []string{"// Copyright somebody"}, []string{"\ufeff"}},
		{"with CRLF", "/* Copyright\r\n somebody */\r\n" + code, []string{"/* Copyright\n somebody */"}, []string{"\r"}},
		{"both ways", "/*! Copyright somebody */\n" + code, []string{"Copyright somebody"}, nil},
		{"twice", "/* Copyright somebody */\n/* Copyright somebody */\n" + code, []string{"Copyright somebody"}, nil},
		{"not at the head", code + "/* Copyright somebody */\nexport const c = 1", nil, []string{"Copyright"}},
		{"no notice", "/* a module */\n" + code, nil, []string{"a module"}},
		{"with a require", "/* Copyright somebody, require('" + strings.Repeat("ab", 32) + "') */\n" + code, nil, []string{"abab"}},
		{"never ended", "/* Copyright somebody", nil, nil},
	}
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			for _, name := range []string{"a.mts", "a.ts"} {
				dir := project(t, sources{"main.mjs": "export * from './" + name + "'; export const main = () => 1", name: c.text, "b.mjs": ""})
				if c.name == "never ended" {
					problems(t, bundle.Options{Path: dir})
					continue
				}
				b := build(t, bundle.Options{Path: dir})
				text := textOf(t, b, name)
				for _, want := range c.want {
					if n := strings.Count(text, want); n != 1 {
						t.Errorf("%q is there %d times:\n%s", want, n, text)
					}
				}
				for _, not := range c.not {
					if strings.Contains(text, not) {
						t.Errorf("%q is there:\n%s", not, text)
					}
				}
				if got := answer(t, b); got != "1" {
					t.Error(got)
				}
			}
		})
	}
}

// TestLicencesAsWritten: an ES module keeps all its comments, but where a vat
// would take one for a require.
func TestLicencesAsWritten(t *testing.T) {
	b := build(t, bundle.Options{Path: project(t, sources{
		"main.mjs": "// a module\n/* Copyright\r\n somebody */\nimport './b.mjs'\n/* Copyright of a part */\nexport const main = () => 1 // and more",
		"b.mjs":    "/* Copyright of b, require('" + hashA + "') */\nexport const b = 1",
	})})
	for _, comment := range []string{"// a module\n", "/* Copyright\r\n somebody */", "/* Copyright of a part */", "// and more\n"} {
		if n := strings.Count(textOf(t, b, "main.mjs"), comment); n != 1 {
			t.Errorf("%q is there %d times:\n%s", comment, n, texts(b))
		}
	}
	if strings.Contains(textOf(t, b, "b.mjs"), hashA) {
		t.Error("a vat would ask for what a comment speaks of")
	}
	if got := answer(t, b); got != "1" {
		t.Error(got)
	}
}

// TestLicencesOfOthers: in CommonJS as it is, in circles, and in one program.
func TestLicencesOfOthers(t *testing.T) {
	files := sources{
		"main.js": "require('./a'); require('p'); require('./t'); exports.main = () => 1",
		"a.js":    "// Copyright of a\nrequire('./b'); global", "b.js": "/* Copyright of b */ require('./a')",
		"node_modules/p/index.js": "// Copyright of p\n/* and more */ exports.p = 1 // to the end", "t.tsx": "/* Copyright of t */ export const t = 1",
	}
	for _, merge := range []string{"[]", `["*"]`} {
		files["package.json"] = `{"qvat":{"merge":` + merge + `}}`
		all := texts(build(t, bundle.Options{Path: project(t, files)}))
		for _, want := range []string{"Copyright of a", "Copyright of b", "Copyright of p", "Copyright of t"} {
			if n := strings.Count(all, want); n != 1 {
				t.Errorf("%s: %q is there %d times:\n%s", merge, want, n, all)
			}
		}
		if merge == "[]" && !strings.Contains(all, files["node_modules/p/index.js"]) {
			t.Error("CommonJS that needs no change is changed")
		}
	}
}
