// Functions of which each call is written down before it is passed on: in the
// trail, a table, with its outcome; and in the vat's log. The two differ where a
// message fails. Then what it did is undone, and the trail, rightly, does not
// know of it; but what it read it may have told by its error, and the log knows.

// A message's lines then fit in what the log keeps of one: beyond that, lines
// would be lost, and a program could hide a call behind many others.
const MOST_CALLS = 50
const MOST_TEXT = 1000

// What a stranger passes may change each time it is looked at. So it is looked at
// once: what is written down is what is passed on.
const copy = given => {
  const text = JSON.stringify(given)
  if (text.length > MOST_TEXT) throw new RangeError(`the arguments are more than ${MOST_TEXT} characters of JSON`)
  return harden(JSON.parse(text))
}

const show = value => (JSON.stringify(value) ?? 'nothing').slice(0, MOST_TEXT)

// who tells who calls; functions take and give data, at once.
module.exports = ({ trail, counts, log, arrived }, who, functions) => {
  let calls = 0

  const note = entry => {
    const number = (counts.get('trail') ?? 0) + 1
    const key = String(number).padStart(12, '0')
    counts.set('trail', number)
    trail.set(key, entry)
    log('call', { number, ...entry })
    return outcome => trail.set(key, { ...entry, ...outcome })
  }

  const audited = (name, f) => (...args) => {
    const given = copy(args)
    if (++calls > MOST_CALLS) throw new RangeError(`one message makes ${MOST_CALLS} calls at most`)
    const ends = note({ at: arrived(), ...who, call: name, arguments: given })
    let result
    try {
      result = f(...given)
    } catch (error) {
      ends({ error: show(error.message) })
      throw error
    }
    ends({ result: show(result) })
    return result
  }
  return harden(Object.fromEntries(Object.entries(functions).map(([name, f]) => [name, audited(name, f)])))
}
