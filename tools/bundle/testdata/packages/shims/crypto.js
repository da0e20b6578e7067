// The global crypto as far as uuid asks for it. It counts on from a fixed seed: the same bytes in every message, and no
// secret to anybody.
const { random } = require('./math.js')

module.exports = {
  getRandomValues(array) {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
    for (let i = 0; i < bytes.length; i++) bytes[i] = random() * 256
    return array
  },
}
