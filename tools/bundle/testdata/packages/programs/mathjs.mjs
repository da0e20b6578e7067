// mathjs: expressions, matrices, units, fractions, big numbers, derivatives.
import { all, create } from 'mathjs'

const math = create(all, { randomSeed: 'qvat' })

export const main = async () => {
  const t = v => math.format(v, { precision: 14 })
  const big = math.create({ number: 'BigNumber', precision: 40 })
  return {
    expressions: ['2 + 3 * 4^2', 'sqrt(-4)', 'sin(45 deg) ^ 2', '12.7 cm to inch', 'f(x) = x^2; f(5)', '[1, 2; 3, 4] * [5; 6]', 'det([1, 2; 3, 4])', 'a = 3; b = a!; b / 4'].map(e => t(math.evaluate(e))),
    derivative: [math.derivative('x^3 + sin(x)', 'x').toString(), math.simplify('2 * x * 1 + 3 * x').toString()],
    matrix: [t(math.inv([[1, 2], [3, 4]])), t(math.lusolve([[2, 1], [1, 3]], [3, 5])), t(math.eigs([[2, 0], [0, 3]]).values), t(math.transpose(math.matrix([[1, 2], [3, 4]])))],
    complex: t(math.multiply(math.complex(1, 2), math.complex('3 - i'))),
    fraction: t(math.add(math.fraction(1, 3), math.fraction('1/6'))),
    big: t(big.evaluate('1 / 3')),
    statistics: [math.mean(1, 2, 6), math.std([1, 2, 3, 4]), math.median([5, 1, 3])].map(t),
    parsed: math.parse('x + y * 2').filter(n => n.isSymbolNode).map(n => n.name),
    random: [math.randomInt(0, 100), math.randomInt(0, 100)],
    units: t(math.unit('5 km').divide(math.unit('20 minute')).to('m/s')),
  }
}
