package runtime_test

import "testing"

// TestText holds TextEncoder and TextDecoder against the Encoding Standard:
// what is not UTF-8 becomes U+FFFD, one for each longest piece that could have
// been the beginning of a letter (section 8.1.1).
func TestText(t *testing.T) {
	expect(t, `
//// decode what is not UTF-8
//= ["ff","ff,ff","ff","ff,41","ff","1f600","ff,ff,ff","ff,ff,ff,ff","ff,80","10ffff","ff,ff,ff,ff","ff,ff","e9","0"]
const cases = [[0xff], [0xc0, 0x80], [0xe2, 0x82], [0xe2, 0x82, 0x41], [0xf0, 0x9f, 0x98], [0xf0, 0x9f, 0x98, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80],
	[0xe0, 0xc2, 0x80], [0xf4, 0x8f, 0xbf, 0xbf], [0xf5, 0x80, 0x80, 0x80], [0xc1, 0xbf], [0xc3, 0xa9], [0]];
const show = s => [...s].map(c => c === '\ufffd' ? 'ff' : c.codePointAt(0).toString(16)).join();
exports.main = () => cases.map(b => show(new TextDecoder().decode(new Uint8Array(b))));
//// encode, halves of pairs too
//= [[],[97],[195,169],[226,130,172],[240,159,152,128],[239,191,189],[239,191,189,97],[53],[117,110,100]]
exports.main = () => ['', 'a', 'é', '€', '\u{1f600}', '\ud800', '\udc00a', 5, 'und'].map(s => [...new TextEncoder().encode(s)]);
//// marks of byte order
//= ["a","%uFEFFa","%uFEFFa"]
const bytes = new Uint8Array([0xef, 0xbb, 0xbf, 0x61]);
exports.main = () => [new TextDecoder().decode(bytes), new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, ...bytes]))].map(escape);
//// every letter there and back
//= true
exports.main = () => {
	for (let from = 0; from < 0x110000; from += 0x3ff7) {
		let s = '';
		for (let c = from; c < from + 20; c++) if (c < 0xd800 || c > 0xdfff) s += String.fromCodePoint(Math.min(c, 0x10ffff));
		if (new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(new TextEncoder().encode(s)) !== s) return from;
	}
	return true;
};
//// views, buffers and nothing
//= ["bc","abcd","","TypeError","TypeError","TypeError","TypeError"]
const buffer = new TextEncoder().encode('abcd').buffer;
const t = f => { try { return f() } catch (e) { return e.name } };
const d = new TextDecoder();
exports.main = () => [d.decode(new DataView(buffer, 1, 2)), d.decode(buffer), d.decode(), t(() => d.decode([97])), t(() => d.decode(5)), t(() => d.decode('a')), t(() => d.decode(buffer, { stream: true }))];
//// what is refused
//= ["RangeError","TypeError","TypeError","TypeError"]
const t = f => { try { return f() } catch (e) { return e.name } };
exports.main = () => [t(() => new TextDecoder('latin1')), t(() => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff]))), t(() => new TextEncoder().encode(Symbol())), t(() => TextDecoder('utf-8'))];
//// a buffer that is cut short while it is looked at
//= ["a","TypeError"]
exports.main = () => {
	const b = new ArrayBuffer(4, { maxByteLength: 8 });
	const v = new Uint8Array(b); v.set([97, 98, 99, 100]);
	b.resize(1);
	const out = [new TextDecoder().decode(v)];
	b.transfer();
	try { new TextDecoder().decode(b) } catch (e) { out.push(e.name) }
	return out;
};`)
}
