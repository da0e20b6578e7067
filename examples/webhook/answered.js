// Signed by the vat's owner, a chain of its own: takes the answer to a post.
// Whoever has this chain can send it with an input of his own making: what counts
// is the id of a request that waits, which only the two ends of it know.
exports.main = ({ power: { posts, waiting }, input }) => {
  if (input === undefined) return 'ready' // sent once by hand, so that the vat has this program
  const { request, status } = input
  const key = typeof request === 'string' && request !== '' ? waiting.get(request) : undefined
  if (key === undefined) throw new Error('nobody waits for this answer')
  waiting.delete(request)
  posts.set(key, { ...posts.get(key), status: Number.isInteger(status) ? status : 0 })
}
