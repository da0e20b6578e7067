// TextEncoder and TextDecoder for UTF-8 (the Encoding Standard, sections 7.2
// and 7.4; no other encoding, no streaming). They hold no power.
(function text() {
  'use strict';
  const REPLACEMENT = 0xfffd;

  class TextEncoder {
    get encoding() { return 'utf-8'; }

    encode(input = '') {
      const s = `${input}`.toWellFormed();
      const out = new Uint8Array(s.length * 3);
      let n = 0;
      for (let i = 0; i < s.length; i++) {
        const c = s.codePointAt(i);
        if (c < 0x80) {
          out[n++] = c;
        } else if (c < 0x800) {
          out[n++] = 0xc0 | c >> 6;
          out[n++] = 0x80 | c & 0x3f;
        } else if (c < 0x10000) {
          out[n++] = 0xe0 | c >> 12;
          out[n++] = 0x80 | c >> 6 & 0x3f;
          out[n++] = 0x80 | c & 0x3f;
        } else {
          out[n++] = 0xf0 | c >> 18;
          out[n++] = 0x80 | c >> 12 & 0x3f;
          out[n++] = 0x80 | c >> 6 & 0x3f;
          out[n++] = 0x80 | c & 0x3f;
          i++;
        }
      }
      return out.slice(0, n);
    }
  }

  // The range that the first continuation byte must lie in depends on the lead
  // byte: that is what keeps out over-long forms, surrogates and what is
  // beyond U+10FFFF.
  const lead = b => {
    if (b >= 0xc2 && b <= 0xdf) return [1, b & 0x1f, 0x80, 0xbf];
    if (b >= 0xe0 && b <= 0xef) return [2, b & 0xf, b === 0xe0 ? 0xa0 : 0x80, b === 0xed ? 0x9f : 0xbf];
    if (b >= 0xf0 && b <= 0xf4) return [3, b & 0x7, b === 0xf0 ? 0x90 : 0x80, b === 0xf4 ? 0x8f : 0xbf];
    return undefined;
  };

  // codePoint reads one code point at i: [code point or undefined, next i].
  const codePoint = (bytes, i) => {
    const b = bytes[i++];
    if (b < 0x80) return [b, i];
    const l = lead(b);
    if (l === undefined) return [undefined, i];
    let [need, point, low, high] = l;
    for (; need > 0; need--) {
      const c = bytes[i];
      if (!(c >= low && c <= high)) return [undefined, i];
      point = point << 6 | c & 0x3f;
      low = 0x80;
      high = 0xbf;
      i++;
    }
    return [point, i];
  };

  // view gives the bytes of a buffer, or of what looks into one; anything else
  // is a TypeError.
  const byteLength = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength').get;
  const view = input => {
    if (input === undefined) return new Uint8Array(0);
    if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
    return new Uint8Array(input, 0, Reflect.apply(byteLength, input, []));
  };

  class TextDecoder {
    #fatal;
    #ignoreBOM;

    constructor(label = 'utf-8', { fatal = false, ignoreBOM = false } = {}) {
      const name = `${label}`.trim().toLowerCase();
      if (name !== 'utf-8' && name !== 'utf8') throw new RangeError('TextDecoder knows only utf-8');
      this.#fatal = !!fatal;
      this.#ignoreBOM = !!ignoreBOM;
    }

    get encoding() { return 'utf-8'; }
    get fatal() { return this.#fatal; }
    get ignoreBOM() { return this.#ignoreBOM; }

    decode(input, { stream = false } = {}) {
      if (stream) throw new TypeError('TextDecoder does not stream');
      const bytes = view(input);
      let i = !this.#ignoreBOM && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
      let out = '';
      while (i < bytes.length) {
        const [point, next] = codePoint(bytes, i);
        if (point === undefined && this.#fatal) throw new TypeError('the bytes are not UTF-8');
        out += String.fromCodePoint(point === undefined ? REPLACEMENT : point);
        i = next;
      }
      return out;
    }
  }
  return { TextEncoder, TextDecoder };
})()
