// A counter in one row of a table.

/**
 * @param {import('qvat:store').Table<number>} table
 * @param {string} name
 */
module.exports = (table, name) => ({
  read: () => table.get(name) ?? 0,
  /** @param {number} n */
  add: n => {
    const sum = (table.get(name) ?? 0) + n
    table.set(name, sum)
    return sum
  },
})
