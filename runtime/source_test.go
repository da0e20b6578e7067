package runtime_test

import (
	"fmt"
	"strings"
	"testing"

	"qvat/runtime"
)

// many is n texts that f makes, joined by sep.
func many(n int, sep string, f func(i int) string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = f(i)
	}
	return strings.Join(parts, sep)
}

// around is a, n times, then middle, then b as often.
func around(n int, a, middle, b string) string {
	return strings.Repeat(a, n) + middle + strings.Repeat(b, n)
}

// TestHostileSource compiles texts that are deep, wide or long. A text is
// compiled in an instance of its own: what it costs there is the message's.
func TestHostileSource(t *testing.T) {
	const (
		none     = runtime.ProgramError
		stack    = runtime.StackOverflow
		fuel     = runtime.OutOfFuel
		memory   = runtime.OutOfMemory
		noMain   = "TypeError: the program exports no main function"
		noName   = "ReferenceError: …"
		noSyntax = "SyntaxError: …"
	)
	alone := aloneFuel(t)
	e := newEngine(t, hostileOptions())
	after := witness.message(t)
	name := func(prefix string) func(int) string {
		return func(i int) string { return fmt.Sprint(prefix, i) }
	}
	for _, c := range []struct {
		name, text string
		want       runtime.Reason
		thrown     string
	}{
		{"parentheses", around(40_000, "(", "1", ")"), stack, ""},
		{"brackets", around(40_000, "[", "", "]"), stack, ""},
		{"braces", "x=" + around(40_000, "{a:", "1", "}"), fuel, ""},
		{"blocks", around(40_000, "{", "", "}"), stack, ""},
		{"templates", around(40_000, "`${", "1", "}`"), stack, ""},
		{"nested calls", around(40_000, "f(", "", ")"), stack, ""},
		{"nested indices", around(40_000, "a[", "0", "]"), stack, ""},
		{"arrows", strings.Repeat("x=>", 40_000) + "1", stack, ""},
		{"arrows in parentheses", around(40_000, "((a)=>", "1", ")"), fuel, ""},
		{"defaults of parameters", around(40_000, "(function(a=", "1", "){})"), fuel, ""},
		{"functions", around(20_000, "(function(){", "", "})"), fuel, ""},
		{"closures", "var x;" + around(30_000, "(function(){x;", "", "})"), fuel, ""},
		{"classes", around(50_000, "(class{static{", "", "}})"), stack, ""},
		{"not", strings.Repeat("!", 200_000) + "1", stack, ""},
		{"minus", strings.Repeat("- ", 200_000) + "1", stack, ""},
		{"powers", strings.Repeat("2**", 150_000) + "1", stack, ""},
		{"assignments", strings.Repeat("a=", 40_000) + "1", stack, ""},
		{"conditions", strings.Repeat("1?1:", 40_000) + "1", stack, ""},
		{"new", strings.Repeat("new ", 40_000) + "x", stack, ""},
		{"import", around(40_000, "import(", "1", ")"), stack, ""},
		{"if", strings.Repeat("if(1)", 40_000) + ";", stack, ""},
		{"else", strings.Repeat("if(1);else ", 40_000) + ";", stack, ""},
		{"do", around(40_000, "do ", ";", "while(1);"), stack, ""},
		{"try", around(40_000, "try{", "", "}finally{}"), stack, ""},
		{"switches", around(50_000, "switch(1){case 1:", "", "}"), stack, ""},
		{"labels", many(100_000, "", func(i int) string { return fmt.Sprintf("a%d:", i) }) + ";", fuel, ""},
		{"patterns", "(" + around(40_000, "[", "a", "]") + "=1)", stack, ""},
		{"yields", "(function*(){" + strings.Repeat("yield ", 40_000) + "1})", stack, ""},
		{"awaits", "(async()=>{" + strings.Repeat("await ", 150_000) + "1})", stack, ""},
		{"groups of a regular expression", "/" + around(40_000, "(?:", "a", ")*") + "/", stack, ""},
		{"classes of a regular expression", "/" + around(40_000, "[", "", "]") + "/v", stack, ""},
		{"captures of a regular expression", "/" + around(40_000, "(", "", ")") + "/", none, noSyntax},

		{"declarations", "let " + many(100_000, ",", name("a")), fuel, ""},
		{"vars", "var " + many(100_000, ",", name("a")), fuel, ""},
		{"private names", "(class{" + many(80_000, "", func(i int) string { return fmt.Sprintf("#m%d;", i) }) + "})", fuel, ""},
		{"using", "{" + many(40_000, "", func(i int) string { return fmt.Sprintf("using a%d=null;", i) }) + "}", fuel, ""},
		{"members", "(class{" + many(60_000, "", func(i int) string { return fmt.Sprintf("m%d(){}", i) }) + "})", fuel, ""},
		{"cases", "switch(1){" + many(80_000, "", func(i int) string { return fmt.Sprintf("case %d:", i) }) + "}", fuel, ""},
		{"alternatives of a regular expression", "/" + strings.Repeat("a|", 400_000) + "/", fuel, ""},
		{"or", strings.Repeat("1||", 300_000) + "1", fuel, ""},
		{"optional chain", "a" + strings.Repeat("?.b", 300_000), memory, ""},
		{"tagged templates", "a" + strings.Repeat("``", 300_000), fuel, ""},
		{"fields", "(class{" + many(80_000, "", func(i int) string { return fmt.Sprintf("m%d=1;", i) }) + "})", fuel, ""},
		{"parameters", "(function(" + many(100_000, ",", name("a")) + "){})", none, noSyntax},
		{"functions side by side", many(5_000, "", func(i int) string { return fmt.Sprintf("function a%d(){}", i) }), none, noMain},
		{"classes that extend", many(1_000, "", func(i int) string { return fmt.Sprintf("(class extends null{m%d(){}});", i) }), none, noMain},

		{"a number of three hundred thousand digits", strings.Repeat("9", 300_000), none, noMain},
		{"a BigInt of nine hundred thousand digits", strings.Repeat("9", 900_000) + "n", none, noSyntax},
		{"a BigInt of two hundred thousand digits", strings.Repeat("9", 200_000) + "n", fuel, ""},
		{"a name of half a million letters", strings.Repeat("a", 500_000), none, noName},
		{"a name in escapes", strings.Repeat(`\u0061`, 160_000), none, noName},
		{"a label of half a million letters", strings.Repeat("a", 500_000) + ":;", none, noMain},
		{"a comment of half a million letters", "/*" + strings.Repeat("*", 500_000) + "*/", none, noMain},
		{"half a million semicolons", strings.Repeat(";", 500_000), none, noMain},
		{"three hundred thousand lines", strings.Repeat("\n", 300_000), none, noMain},
		{"three hundred thousand lines, and an error", strings.Repeat("\n", 300_000) + ")", none, noSyntax},
		{"three hundred thousand flags", "/a/" + strings.Repeat("g", 300_000), none, noSyntax},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := hostile{links: []string{c.text}, reason: c.want, thrown: c.thrown}
			out, err := e.Turn(t.Context(), h.message(t))
			h.check(t, out, err)
			checkWitness(t, e, after, alone)
		})
	}
}
