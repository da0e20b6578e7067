// Signed by the vat's owner: SENDER may post short notes, and learns what came
// of them. The address, and how it is reached, stay here.

/** @type {Qvat.Main<typeof import('./root-power.js')>} */
exports.main = ({ power, next }) => {
  if (!next?.signedBy(SENDER)) throw new Error('for the sender alone')
  return next.load()({
    /** @param {string} text @param {string} then */
    post: (text, then) => {
      if (typeof text !== 'string' || text.length > 280) throw new RangeError('a note is a text of 280 characters at most')
      const id = power.post(text, then)
      power.notes.set(id, { text })
      return id
    },
    // Whoever has the chain can send it with an answer of his own making: only
    // for a note that waits is one believed, and once.
    /** @param {string} id @param {number} status */
    answered: (id, status) => {
      const note = power.notes.get(id)
      if (!note || note.status !== undefined) throw new Error('no note waits for this answer')
      power.notes.set(id, { ...note, status })
    },
  })
}
