// decimal.js: arithmetic and functions of decimals, of any precision.
import Decimal from 'decimal.js'

export const main = async () => {
  const D = Decimal.clone({ precision: 50, rounding: Decimal.ROUND_HALF_EVEN, toExpNeg: -30, toExpPos: 60 })
  const s = v => v.toString()
  return {
    sums: [D.add('0.1', '0.2'), new D(1).div(7), new D('1e-40').plus(1)].map(s),
    roots: [D.sqrt(2), D.cbrt(10), new D(2).pow('0.5'), new D('1.0001').pow(10000)].map(s),
    functions: [D.exp(1), D.ln(10), D.log10(2), D.log2(10), D.sin(1), D.cos(1), D.tan('0.5'), D.atan2(1, -1), D.sinh(1), D.asin('0.5'), D.acosh(2)].map(s),
    bases: [new D(255.5).toHexadecimal(), new D('0b101.1').toString(), new D(10).toBinary(), new D('0xff.8').toString()],
    formats: [new D('12345.6789').toFixed(2), new D('12345.6789').toSD(3).toString(), new D('0.00012').toExponential(), new D('3.14159').toFraction(100).join('/'), new D('123.456').toNearest('0.05').toString()],
    compared: [new D(NaN).isNaN(), D.max('3', 2).eq(3), new D('-0').isNegative(), D.hypot(3, 4).toString(), D.sum(1, '2.5', 3).toString(), D.clamp(11, 0, 10).toString()],
    rounding: [0, 1, 2, 3, 4, 5, 6, 7, 8].map(m => new D('2.5').toDP(0, m).toString()),
    factorial: s(Array.from({ length: 30 }, (_, i) => i + 1).reduce((a, n) => a.times(n), new D(1))),
  }
}
