// Hostile texts: what does not parse by itself, whole, is a SyntaxError and
// runs nothing (docs/CONFINEMENT.md, row 2); what parses is strict code.

//// closes its wrapper
//! program_error SyntaxError: …
}); globalThis.leak = 1; (function () {

//// closes its wrapper, and is closed by it
//! program_error SyntaxError: …
exports.main = () => 1; }); (function (module, exports, require) { exports.main = () => 2;

//// closes its wrapper behind a comment
//! program_error SyntaxError: …
/* } */ }) /*

//// closes its wrapper on a line of its own
//! program_error SyntaxError: …
exports.main = () => 1
})
(function () {

//// closes its wrapper in a line comment that ends early
//! program_error SyntaxError: …
// text   }); globalThis.leak = 1; (function(){ 

//// closes a block, not its wrapper
//! program_error SyntaxError: …
} {

//// opens what its wrapper closes
//! program_error SyntaxError: …
exports.main = () => 1; (function () {

//// closes its wrapper by a template
//! program_error SyntaxError: …
exports.main = () => `${ `}); globalThis.leak = 1; (function(){`

//// text behind an HTML-like closing comment at the start
//! program_error SyntaxError: …
--> }); globalThis.leak = 1; (function () {

//// text behind an HTML-like closing comment after a comment
//! program_error SyntaxError: …
/* */ --> }); globalThis.leak = 1; (function () {

//// a postfix decrement that is an HTML-like comment at the start of a line
//= 3
let x = 3
--> 0; x = 4;
exports.main = () => x

//// HTML-like opening comment
//= 1
exports.main = () => 1 <!-- + 1

//// ends in a line comment
//= 1
exports.main = () => 1 // });

//// ends in an HTML-like comment
//= 1
exports.main = () => 1
--> });

//// unterminated comment
//! program_error SyntaxError: …
exports.main = () => 1 /*

//// unterminated template
//! program_error SyntaxError: …
exports.main = () => `

//// unterminated template with an expression
//! program_error SyntaxError: …
exports.main = () => `${

//// unterminated string
//! program_error SyntaxError: …
exports.main = () => '

//// unterminated regular expression
//! program_error SyntaxError: …
exports.main = () => /

//// unterminated class of characters
//! program_error SyntaxError: …
exports.main = () => /[/

//// unterminated group
//! program_error SyntaxError: …
exports.main = () => (1

//// unterminated class
//! program_error SyntaxError: …
exports.main = class { constructor() {

//// a string continued past its end
//! program_error SyntaxError: …
exports.main = () => '\

//// the last token is half an arrow
//! program_error SyntaxError: …
exports.main = () =>

//// the last token is async, an identifier
//! program_error ReferenceError: async is not defined
exports.main = () => 1
async

//// the last token is a label
//! program_error SyntaxError: …
exports.main = () => 1; end:

//// the last token is a decorator
//! program_error SyntaxError: …
exports.main = () => 1; @

//// hashbang
//! program_error SyntaxError: …
#!/usr/bin/env node
exports.main = () => 1

//// byte order mark
//= 1
﻿exports.main = () => 1

//// U+2028 in a string is text
//= "a b"
exports.main = () => 'a b'

//// U+2028 ends a line comment
//= [1,2]
// comment   var two = 2
exports.main = () => [1, two]

//// return at the top
//! program_error SyntaxError: …
exports.main = () => 1; return

//// await at the top
//! program_error SyntaxError: …
exports.main = () => 1; await null;

//// yield at the top
//! program_error SyntaxError: …
exports.main = () => 1; yield 1;

//// super at the top
//! program_error SyntaxError: …
exports.main = super.x

//// new.target at the top
//! program_error SyntaxError: …
exports.main = () => new.target

//// import.meta
//! program_error SyntaxError: …
exports.main = () => import.meta

//// import declaration
//! program_error SyntaxError: …
import { x } from 'y'; exports.main = () => x

//// export declaration
//! program_error SyntaxError: …
export const main = () => 1

//// private name outside of a class
//! program_error SyntaxError: …
exports.main = o => #x in o

//// break at the top
//! program_error SyntaxError: …
exports.main = () => 1; break

//// module declared again
//! program_error SyntaxError: …
let module = { exports: {} }; exports.main = () => 1

//// require declared again, as a function of the program's own
//= "mine"
function require() { return 'mine'; }
exports.main = () => require('x')

//// exports assigned, which changes nothing
//! program_error TypeError: the program exports no main function
exports = { main: () => 1 }

//// strict: with
//! program_error SyntaxError: …
exports.main = () => { with ({}) { return 1 } }

//// strict: an octal literal
//! program_error SyntaxError: …
exports.main = () => 010

//// strict: delete of a name
//! program_error SyntaxError: …
exports.main = x => delete x

//// strict: arguments assigned
//! program_error SyntaxError: …
exports.main = function () { arguments = 1 }

//// strict: parameters of one name
//! program_error SyntaxError: …
exports.main = function (a, a) { return a }

//// strict: an assignment does not make a global
//! program_error ReferenceError: leak is not defined
leak = 1; exports.main = () => 1

//// strict: this of a plain call is undefined
//= ["undefined","undefined"]
exports.main = () => [typeof (function () { return this })(), typeof (function () { return typeof this === 'object' ? this : undefined }).call(5)]

//// strict: no caller, no callee, no arguments of another
//= ["TypeError","undefined","undefined"]
exports.main = function () {
  const out = [() => arguments.callee, () => exports.main.caller, () => exports.main.arguments];
  return out.map(f => { try { return typeof f() } catch (e) { return e.name } })
}

//// strict: arguments do not follow parameters
//= [1,2]
exports.main = () => (function (a) { const seen = arguments[0]; a = 2; return [arguments[0], a] })(1)

//// no directive makes it sloppy
//! program_error SyntaxError: …
'use sloppy'; 'no strict'; exports.main = () => { with ({}) {} }

//// a function of the wrapper's names
//= ["a","b","c"]
exports.main = () => (function (module, exports, require) { return [module, exports, require] })('a', 'b', 'c')

//// invisible letters in names
//! program_error SyntaxError: …
exports.main = () => { const a​b = 1; return a​b }

//// an escape that is no letter
//! program_error SyntaxError: …
exports.main = () => \u0028\u0029

//// an escaped keyword
//! program_error SyntaxError: …
exports.main = () => { v\u0061r x = 1; return x }

//// nothing at all
//! program_error TypeError: the program exports no main function

//// a comment and no more
//! program_error TypeError: the program exports no main function
// nothing
