// As much of Intl as luxon asks for in English and UTC: what the machine's settings are, and whole or decimal numbers with
// leading zeros. What else it has is not here, and says so.
const missing = what => { throw new TypeError(`this Intl has no ${what}`) }
const english = locale => {
  if (locale !== undefined && !/^en(-US)?(-u-.*)?$/.test(locale)) missing(`locale ${locale}`)
}

class DateTimeFormat {
  constructor(locale, { timeZone = 'UTC' } = {}) {
    english(locale)
    if (!/^(utc|etc\/utc)$/i.test(timeZone)) throw new RangeError(`this Intl has no time zone ${timeZone}`)
  }
  resolvedOptions() { return { locale: 'en-US', calendar: 'gregory', numberingSystem: 'latn', timeZone: 'UTC' } }
  format() { return missing('formats of dates') }
  formatToParts() { return missing('formats of dates') }
}

class NumberFormat {
  #digits
  constructor(locale, { minimumIntegerDigits = 1, useGrouping = true, style = 'decimal', signDisplay = 'auto' } = {}) {
    english(locale)
    if (useGrouping) missing('grouping of digits')
    if (style !== 'decimal' || signDisplay !== 'auto') missing(`style ${style} with signs ${signDisplay}`)
    this.#digits = minimumIntegerDigits
  }
  format(n) {
    const [whole, part] = String(Math.round(Math.abs(n) * 1000) / 1000).split('.')
    return (n < 0 ? '-' : '') + whole.padStart(this.#digits, '0') + (part ? `.${part}` : '')
  }
}
module.exports = { DateTimeFormat, NumberFormat }
