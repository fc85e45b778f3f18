/** Code sizes of an object file in 8-byte slots, from its section headers and symbols (System V ABI, ELF-64). */

const SHT_PROGBITS = 1;
const SHT_SYMTAB = 2;
const SHF_EXECINSTR = 4n;
const STT_FUNC = 2;
const SLOT = 8;

function sectionsOf(view, isLittle) {
  const offset = Number(view.getBigUint64(40, isLittle));
  const size = view.getUint16(58, isLittle);
  return Array.from({ length: view.getUint16(60, isLittle) }, (_, i) => {
    const at = offset + i * size;
    return {
      type: view.getUint32(at + 4, isLittle),
      isCode: (view.getBigUint64(at + 8, isLittle) & SHF_EXECINSTR) !== 0n,
      offset: Number(view.getBigUint64(at + 24, isLittle)),
      size: Number(view.getBigUint64(at + 32, isLittle)),
      link: view.getUint32(at + 40, isLittle),
    };
  });
}

function textAt(bytes, at) {
  return bytes.toString('latin1', at, bytes.indexOf(0, at));
}

/** `total` of all executable sections; `functions` by name. */
export function sizesOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = bytes[5] === 1;
  const sections = sectionsOf(view, isLittle);
  const isCode = ({ type, isCode: executable }) => type === SHT_PROGBITS && executable;
  const total = sections.filter(isCode).reduce((sum, { size }) => sum + Math.floor(size / SLOT), 0);
  const functions = new Map();
  for (const { offset, size, link } of sections.filter(({ type }) => type === SHT_SYMTAB)) {
    for (let at = offset; at < offset + size; at += 24) {
      if ((view.getUint8(at + 4) & 15) !== STT_FUNC) continue;
      const name = textAt(bytes, sections[link].offset + view.getUint32(at, isLittle));
      functions.set(name, Number(view.getBigUint64(at + 16, isLittle)) / SLOT);
    }
  }
  return { total, functions };
}
