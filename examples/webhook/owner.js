// Signed by the vat's owner: CLIENT may post short texts to the one address there
// is, and ask what became of them. The answer of the other side is a message of
// its own, by the chain ANSWERED.
const NAME = /^[a-z0-9-]{1,40}$/
const MOST_TEXT = 280
const MOST_WAITING = 10

exports.main = ({ power: { posts, waiting, send }, next }) => {
  if (!next?.boundBy(CLIENT)) throw new Error('for the client alone')

  const keyOf = name => {
    if (typeof name !== 'string' || !NAME.test(name)) throw new TypeError('a name is made of a to z, 0 to 9 and -')
    return `${CLIENT}/${name}`
  }

  // Posts once under a name: a program that is sent again posts nothing.
  const post = (name, text) => {
    const key = keyOf(name)
    if (typeof text !== 'string' || text.length > MOST_TEXT || !text.isWellFormed()) {
      throw new RangeError(`a text has ${MOST_TEXT} characters at most`)
    }
    if (posts.has(key)) throw new Error(`${name} has been posted`)
    if (waiting.entries({ limit: MOST_WAITING }).length >= MOST_WAITING) {
      throw new Error(`${MOST_WAITING} posts wait for their answers: try again later`)
    }
    // The request's id stays here. Whoever has it, and the chain ANSWERED, can
    // answer in the other side's place.
    const id = send({ from: CLIENT, name, text }, ANSWERED)
    waiting.set(id, key)
    posts.set(key, { text, status: null })
  }

  // null while there is no answer, 0 where there was none.
  const status = name => posts.get(keyOf(name))?.status ?? null

  return next.load()({ post, status })
}
