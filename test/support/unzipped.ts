const END_BYTES = 22;

/**
 * The files of a ZIP archive that compresses nothing by name, as its central directory has them. Throws where a size or a sum
 * (CRC-32) is not that of the bytes.
 */
export function unzipped(bytes: Uint8Array<ArrayBuffer>): Map<string, string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes.length - END_BYTES;
  if (view.getUint32(end, true) !== 0x06054b50) throw new Error("no end of a ZIP archive");
  const files = new Map<string, string>();
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (view.getUint32(at, true) !== 0x02014b50) throw new Error("no entry of the directory");
    const [sum, compressed, size] = [16, 20, 24].map((field) => view.getUint32(at + field, true));
    const nameLength = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.slice(at + 46, at + 46 + nameLength));
    const local = view.getUint32(at + 42, true);
    if (view.getUint32(local, true) !== 0x04034b50) throw new Error(`no header of ${name}`);
    const start = local + 30 + nameLength;
    if (compressed !== size) throw new Error(`${name} is compressed`);
    const content = bytes.slice(start, start + (size ?? 0));
    if (content.length !== size || crc32(content) !== sum) throw new Error(`${name} is broken`);
    files.set(name, new TextDecoder().decode(content));
    at += 46 + nameLength;
  }
  return files;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
