// js-sha256: hashes and codes, of text, bytes and pieces.
const { sha256, sha224 } = require('js-sha256')

exports.main = async () => {
  const pieces = sha256.create()
  for (let i = 0; i < 100; i++) pieces.update(`piece ${i} `)
  const whole = Array.from({ length: 100 }, (_, i) => `piece ${i} `).join('')
  return {
    known: [sha256(''), sha256('abc'), sha224('abc')],
    text: sha256('中文 ü 𝄞'),
    bytes: [sha256([0, 1, 255]), sha256(new Uint8Array([0, 1, 255])), sha256(new Uint8Array([0, 1, 255]).buffer)],
    pieces: [pieces.hex(), sha256(whole)],
    code: [sha256.hmac('key', 'The quick brown fox jumps over the lazy dog'), sha256.hmac.create('k').update('m').hex()],
    array: sha256.array('abc').slice(0, 4),
    buffer: new Uint8Array(sha256.arrayBuffer('abc')).length,
  }
}
