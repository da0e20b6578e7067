// zod: schemas of several kinds, what they accept, what they say of what they refuse.
import { z } from 'zod'

const Address = z.object({ street: z.string().min(1), zip: z.string().regex(/^\d{5}$/) })
const User = z.object({
  name: z.string().trim().min(2).max(20),
  email: z.email(),
  age: z.number().int().positive().optional(),
  role: z.enum(['admin', 'user']).default('user'),
  address: Address.nullable(),
  tags: z.array(z.string()).max(3),
}).strict()
const Shape = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('circle'), r: z.number() }),
  z.object({ kind: z.literal('box'), w: z.number(), h: z.number() }),
])
interface Tree { value: number, children: Tree[] }
const Tree: z.ZodType<Tree> = z.lazy(() => z.object({ value: z.number(), children: z.array(Tree) }))

type User = z.infer<typeof User>

const issues = (r: { error?: z.ZodError }) => r.error!.issues.map(i => [i.code, i.path.join('.'), i.message])

export const main = async () => {
  const good: User = User.parse({ name: ' Ada ', email: 'ada@example.com', address: null, tags: [] })
  const bad = User.safeParse({ name: 'A', email: 'nobody', age: -1.5, address: { street: '', zip: '12' }, tags: ['a', 'b', 'c', 'd'], more: 1 })
  let thrown: unknown
  try { z.string().parse(1) } catch (e) { thrown = e instanceof z.ZodError && [e.name, e.issues.length] }
  const later = await z.string().refine(async s => s.length > 2, 'too short').safeParseAsync('ab')
  return {
    good,
    bad: issues(bad),
    flat: z.flattenError(bad.error!),
    pretty: z.prettifyError(bad.error!),
    thrown,
    later: issues(later),
    shapes: [Shape.parse({ kind: 'circle', r: 1 }), issues(Shape.safeParse({ kind: 'line' }))],
    tree: Tree.parse({ value: 1, children: [{ value: 2, children: [] }] }),
    changed: z.string().transform(s => s.length).pipe(z.number().min(3)).safeParse('ab').success,
    coerced: [z.coerce.number().parse('42'), z.coerce.boolean().parse('x'), z.coerce.date().parse(0).toISOString()],
    record: z.record(z.string(), z.number()).safeParse({ a: 1, b: 'x' }).error!.issues[0].path,
    tuple: z.tuple([z.string(), z.number()]).rest(z.boolean()).parse(['a', 1, true]),
    map: [...z.map(z.string(), z.number()).parse(new Map([['a', 1]]))],
    brandless: z.object({ a: z.string(), b: z.number() }).partial().extend({ c: z.boolean() }).pick({ a: true, c: true }).parse({ c: true }),
    union: issues(z.union([z.string(), z.number()]).safeParse(null)),
    formats: [z.uuid().safeParse('not').success, z.iso.date().safeParse('2020-02-30').success, z.ipv4().safeParse('10.0.0.1').success, z.base64().safeParse('aGk=').success],
    json: JSON.parse(JSON.stringify(z.toJSONSchema(User))),
    caught: z.number().catch(7).parse('x'),
  }
}
