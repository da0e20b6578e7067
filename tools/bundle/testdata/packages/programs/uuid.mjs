// uuid: names' UUIDs, reading and writing them; random and time-based ones from what the caller gives.
import { MAX, NIL, parse, stringify, v1, v1ToV6, v3, v4, v5, v6, v6ToV1, v7, validate, version } from 'uuid'

export const main = async () => {
  const random = Uint8Array.from({ length: 16 }, (_, i) => (i * 37 + 11) & 255)
  const seven = v7({ msecs: 1_700_000_000_000, random, seq: 7 })
  const one = v1({ msecs: 1_700_000_000_000, nsecs: 5, clockseq: 0x1234, node: [1, 2, 3, 4, 5, 6], random })
  const name = v5('qvat', v5.DNS)
  return {
    names: [name, v5('https://example.com/', v5.URL), v3('qvat', v3.DNS)],
    random: v4({ random }),
    times: [one, v6({ msecs: 1_700_000_000_000, nsecs: 5, clockseq: 0x1234, node: [1, 2, 3, 4, 5, 6], random }), seven],
    across: [v1ToV6(one), v6ToV1(v1ToV6(one)) === one],
    bytes: [...parse(name)],
    back: stringify(parse(name)) === name,
    valid: [validate(name), validate('x'), validate(NIL), validate(MAX)],
    versions: [name, seven, one, NIL].map(version),
    rng: v4({ rng: () => random }),
  }
}
