// bignumber.js: decimal arithmetic of any precision, bases and formats.
import BigNumber from 'bignumber.js'

export const main = async () => {
  const Fine = BigNumber.clone({ DECIMAL_PLACES: 60, ROUNDING_MODE: BigNumber.ROUND_HALF_EVEN })
  const x = new Fine('0.1')
  return {
    sums: [x.plus('0.2').toString(), x.times(3).minus('0.3').isZero(), new Fine(1).div(3).toString(), new Fine(2).sqrt().toString()],
    powers: [new BigNumber(2).pow(200).toFixed(), new BigNumber(3).pow(100, 97).toString(), new Fine('1.5').pow(-3).toString()],
    bases: [new BigNumber('ff.8', 16).toString(), new BigNumber(255.5).toString(2), new BigNumber('1e21').toString(36)],
    formats: [new BigNumber('1234567.891').toFormat(2), new BigNumber('-0.000001234').toExponential(2), new BigNumber('123.456').toPrecision(4), new BigNumber('0.75').toFraction().map(String)],
    rounded: [0, 1, 2, 3, 4, 5, 6, 7, 8].map(m => new BigNumber('-2.5').integerValue(m).toString()),
    compared: [new BigNumber('1.0').eq('1'), new BigNumber(NaN).isNaN(), new BigNumber(3).comparedTo('2.9'), BigNumber.max(1, '3.5', -2).toString(), BigNumber.sum('0.1', '0.2', '0.3').toString()],
    modulo: [new BigNumber(-7).mod(3).toString(), new BigNumber('1e50').idiv('7e20').toFixed()],
    json: JSON.stringify({ n: new BigNumber('12345678901234567890.123') }),
    factorial: Array.from({ length: 40 }, (_, i) => i + 1).reduce((a, n) => a.times(n), new BigNumber(1)).toFixed(),
  }
}
