// tweetnacl: signatures, boxes and hashes, with keys from given seeds.
const nacl = require('tweetnacl')

const hex = b => Array.from(b, x => x.toString(16).padStart(2, '0')).join('')
const bytes = (n, k) => Uint8Array.from({ length: n }, (_, i) => (i * k + 1) & 255)

exports.main = async () => {
  const message = new TextEncoder().encode('a message')
  const pair = nacl.sign.keyPair.fromSeed(bytes(32, 3))
  const signature = nacl.sign.detached(message, pair.secretKey)
  const altered = signature.slice()
  altered[3] ^= 1
  let random
  try { random = nacl.randomBytes(1).length } catch (e) { random = e.message }
  const a = nacl.box.keyPair.fromSecretKey(bytes(32, 5))
  const b = nacl.box.keyPair.fromSecretKey(bytes(32, 7))
  const nonce = bytes(24, 11)
  const sealed = nacl.box(message, nonce, b.publicKey, a.secretKey)
  nacl.setPRNG((x, n) => { for (let i = 0; i < n; i++) x[i] = i * 19 + n })
  const secret = nacl.secretbox(message, nonce, bytes(32, 13))
  return {
    key: hex(pair.publicKey),
    signature: hex(signature),
    verified: [nacl.sign.detached.verify(message, signature, pair.publicKey), nacl.sign.detached.verify(message, altered, pair.publicKey)],
    opened: new TextDecoder().decode(nacl.sign.open(Uint8Array.from([...signature, ...message]), pair.publicKey)),
    box: [hex(sealed), new TextDecoder().decode(nacl.box.open(sealed, nonce, a.publicKey, b.secretKey))],
    secret: [hex(secret), nacl.secretbox.open(secret, bytes(24, 1), bytes(32, 13))],
    hash: hex(nacl.hash(message)).slice(0, 32),
    equal: nacl.verify(bytes(4, 2), bytes(4, 2)),
    random: [random, hex(nacl.randomBytes(4))],
  }
}
