// Signed by the vat's owner: Bob has a diary, and the time, by which he can bound
// what he hands on.
const MOST_TEXT = 4096

exports.main = ({ power: { diary, now }, next }) => {
  if (!next?.boundBy(BOB)) throw new Error('for Bob alone')
  return next.load()({
    now,
    read: () => diary.get('text') ?? '',
    write: text => {
      if (typeof text !== 'string' || text.length > MOST_TEXT) throw new RangeError(`a text has ${MOST_TEXT} characters at most`)
      diary.set('text', text)
    },
  })
}
