// Signed by nobody: what a model may write, asked how deep the lake is.
exports.main = ({ power: { search, note } }) => {
  const [fact] = search('lake depth')
  if (!fact) {
    note('Somebody asked how deep the lake is. I found nothing.')
    return 'I do not know.'
  }
  return `The lake is ${fact[1]} deep.`
}
