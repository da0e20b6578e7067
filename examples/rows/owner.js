// Signed by the vat's owner: whoever signs the program after this one has a row,
// found by the key that signed. There are ROWS rows at most.
const MOST_TEXT = 4096

exports.main = ({ power: { rows, counts, signers }, next }) => {
  if (!next) throw new Error('add a program that you have signed')

  // With two signatures it would be open whose row is meant: somebody who adds
  // his own to a copy of your program would have it write to his.
  const keys = signers()[1] // this program is link 0
  if (keys.length !== 1) throw new Error(`one key signs, not ${keys.length}`)
  const [key] = keys
  if (!next.boundBy(key)) throw new Error('sign it for this vat and this place, with --bind')

  const makeRoom = () => {
    const count = counts.get('rows') ?? 0
    if (count >= ROWS) throw new Error('there is no room for another row')
    counts.set('rows', count + 1)
  }

  // A signed program can be sent again by whoever has a copy. So each carries a
  // number, higher than those before it, and one that is not does nothing. (First
  // what may fail: the client can catch it, and what was done before it stays.)
  const open = number => {
    const row = rows.get(key) ?? { number: 0, text: '' }
    if (!Number.isSafeInteger(number) || number <= row.number) {
      throw new RangeError(`the number of this program has to be above ${row.number}`)
    }
    if (row.number === 0) makeRoom()
    rows.set(key, { ...row, number })
    return harden({
      get: () => rows.get(key).text,
      set: text => {
        if (typeof text !== 'string' || text.length > MOST_TEXT) {
          throw new RangeError(`a row is a text of ${MOST_TEXT} characters at most`)
        }
        rows.set(key, { ...rows.get(key), text })
      },
    })
  }
  return next.load()({ open })
}
