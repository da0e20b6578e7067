// nanoid/non-secure calls Math.random, which throws here: a seeded one is put in its place.
import { customAlphabet, nanoid } from 'nanoid/non-secure'

export const main = async () => {
  const hex = customAlphabet('0123456789abcdef', 12)
  const ids = Array.from({ length: 100 }, () => nanoid())
  return { ids: ids.slice(0, 3), different: new Set(ids).size, hex: [hex(), hex(4)], letters: ids.every(id => /^[\w-]{21}$/.test(id)) }
}
