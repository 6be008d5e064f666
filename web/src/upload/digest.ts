/** The checksum that a piece is sent with, as in RFC 9530. */
export async function digestOf(piece: ArrayBuffer): Promise<string> {
  // Browsers compute SHA-256 only where the connection is encrypted, or leads to this very computer.
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (!subtle) return `crc32c=:${encode(crc32c(new Uint8Array(piece)))}:`;
  return `sha-256=:${encode(new Uint8Array(await subtle.digest("SHA-256", piece)))}:`;
}

const encode = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

const POLYNOMIAL = 0x82f63b78;
let table: Uint32Array | null = null;

function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    return value >>> 0;
  });
}

/** CRC-32C (Castagnoli), its four bytes with the highest first. */
export function crc32c(bytes: Uint8Array): Uint8Array {
  table ??= makeTable();
  let value = 0xffffffff;
  for (const byte of bytes) value = (table[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  value = ~value >>> 0;
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
