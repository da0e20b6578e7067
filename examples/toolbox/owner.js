// Signed by the vat's owner: whatever code comes next gets two tools, some calls
// of them, and nothing else. It may be signed by anybody or by nobody.
const MOST_CALLS = 20
const MOST_WORD = 40
const MOST_FACTS = 5
const MOST_TEXT = 500
const MOST_NOTES = 100
const MOST_ANSWER = 10_000

const checked = (what, text, most) => {
  if (typeof text !== 'string' || text === '' || text.length > most) throw new RangeError(`${what} is a text of 1 to ${most} characters`)
  return text
}

exports.main = async ({ power: { facts, notes }, next }) => {
  if (!next) throw new Error('add the code that is to have the tools')

  let calls = 0
  let over = false
  const tool = f => argument => {
    if (over) throw new Error('it is over: the result was given')
    if (++calls > MOST_CALLS) throw new RangeError(`the tools are called ${MOST_CALLS} times at most`)
    return f(argument)
  }

  // The facts whose names begin with a word.
  const search = tool(word => facts.entries({ prefix: checked('a word', word, MOST_WORD), limit: MOST_FACTS }))

  // Keeps a note, for people to read.
  const note = tool(text => {
    const count = notes.get('count') ?? 0
    if (count >= MOST_NOTES) throw new RangeError(`there are ${MOST_NOTES} notes, and no more are kept`)
    notes.set(`note-${String(count + 1).padStart(3, '0')}`, checked('a note', text, MOST_TEXT))
    notes.set('count', count + 1)
  })

  const answer = await next.load()({ search, note })
  over = true
  return checked('an answer', answer, MOST_ANSWER)
}
