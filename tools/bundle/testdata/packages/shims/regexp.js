// RegExp for a package that exports expressions with the flags g or y. What a module exports is frozen, and with it an
// expression's lastIndex, which every use of such an expression sets. Here it is kept behind an accessor.
const made = RegExp

class Expression {
  #re
  constructor(pattern, flags) { this.#re = new made(pattern instanceof Expression ? pattern.#re : pattern, flags) }
  get lastIndex() { return this.#re.lastIndex }
  set lastIndex(n) { this.#re.lastIndex = n }
  get source() { return this.#re.source }
  get flags() { return this.#re.flags }
  get global() { return this.#re.global }
  exec(s) { return this.#re.exec(s) }
  test(s) { return this.#re.test(s) }
  toString() { return this.#re.toString() }
  [Symbol.match](s) { return this.#re[Symbol.match](s) }
  [Symbol.matchAll](s) { return this.#re[Symbol.matchAll](s) }
  [Symbol.replace](s, by) { return this.#re[Symbol.replace](s, by) }
  [Symbol.search](s) { return this.#re[Symbol.search](s) }
  [Symbol.split](s, limit) { return this.#re[Symbol.split](s, limit) }
}
module.exports = Expression
