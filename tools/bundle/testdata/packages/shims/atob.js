// atob (the HTML Standard, 8.3), for a package that asks it whether a text is base64.
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

module.exports = data => {
  let text = String(data).replace(/[\t\n\f\r ]/g, '')
  if (text.length % 4 === 0) text = text.replace(/==?$/, '')
  if (text.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(text)) throw new Error('the text is not base64')
  let out = ''
  let bits = 0
  for (let i = 0; i < text.length; i++) {
    bits = (bits << 6 | letters.indexOf(text[i])) & 0xffffff
    if (i % 4 !== 0) out += String.fromCharCode(bits >> (6 - i % 4 * 2) & 255)
  }
  return out
}
