// uuid v4 with no argument wants crypto.getRandomValues: a seeded generator is put in its place. A program that was handed
// randomness as a power passes it to v4 as `random` or `rng` (uuid.mjs).
import { v4, validate, version } from 'uuid'

export const main = async () => {
  const ids = Array.from({ length: 20 }, () => v4())
  return { ids: ids.slice(0, 3), different: new Set(ids).size, valid: ids.every(id => validate(id) && version(id) === 4) }
}
