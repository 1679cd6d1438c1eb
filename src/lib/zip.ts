/** A file of an archive; its name may have `/` between folders. */
export type ZipEntry = { name: string; bytes: ReadableStream<Uint8Array> };

const LOCAL = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
/** Sizes follow the bytes (bit 3); names are in UTF-8 (bit 11). */
const FLAGS = 0x0808;
const DEFLATED = 8;
/** What the sizes and offsets of the format without its 64-bit extension can say. */
const MAX_BYTES = 0xffff_ffff;

/**
 * A ZIP archive (PKWARE's APPNOTE 6.3.10), compressed and made no faster than it is read. `modified` is
 * the time of all its files. Fails when an entry does, and beyond 4 GiB.
 */
export function zip(
  entries: AsyncIterable<ZipEntry>,
  modified: Date,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const parts = archive(entries, dosTime(modified));
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await parts.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await parts.return();
      },
    },
    { highWaterMark: 0 },
  );
}

type Written = { name: Uint8Array; offset: number; crc: number; size: number; compressed: number };

async function* archive(
  entries: AsyncIterable<ZipEntry>,
  time: readonly [number, number],
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const written: Written[] = [];
  let offset = 0;
  const sent = (bytes: Uint8Array<ArrayBuffer>) => {
    offset += bytes.length;
    if (offset > MAX_BYTES) throw new RangeError("the archive has more than 4 GiB");
    return bytes;
  };
  for await (const { name: text, bytes } of entries) {
    const name = new TextEncoder().encode(text);
    const entry: Written = { name, offset, crc: 0, size: 0, compressed: 0 };
    written.push(entry);
    yield sent(
      fields([4, LOCAL], ...common(time), [4, 0], [4, 0], [4, 0], [2, name.length], [2, 0], name),
    );
    for await (const chunk of bytes.pipeThrough(summing(entry)).pipeThrough(deflating())) {
      entry.compressed += chunk.length;
      yield sent(chunk);
    }
    yield sent(fields([4, DESCRIPTOR], ...sums(entry)));
  }
  const start = offset;
  for (const entry of written) {
    const { name, offset: at } = entry;
    const rest = [
      [2, name.length],
      [2, 0],
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, at],
    ] as const;
    yield sent(fields([4, CENTRAL], [2, VERSION], ...common(time), ...sums(entry), ...rest, name));
  }
  const [count, size] = [written.length, offset - start];
  yield sent(
    fields([4, END], [2, 0], [2, 0], [2, count], [2, count], [4, size], [4, start], [2, 0]),
  );
}

type Field = readonly [bytes: 2 | 4, value: number];

const common = ([time, date]: readonly [number, number]): Field[] => [
  ...([
    [2, VERSION],
    [2, FLAGS],
    [2, DEFLATED],
  ] as const),
  ...([
    [2, time],
    [2, date],
  ] as const),
];

const sums = ({ crc, compressed, size }: Written): Field[] => [
  [4, crc],
  [4, compressed],
  [4, size],
];

/** Numbers in little-endian order, and bytes as they are. */
function fields(...parts: (Field | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce(
    (sum, part) => sum + (part instanceof Uint8Array ? part.length : part[0]),
    0,
  );
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const part of parts) {
    if (part instanceof Uint8Array) {
      bytes.set(part, at);
      at += part.length;
    } else {
      const [size, value] = part;
      if (size === 2) view.setUint16(at, value, true);
      else view.setUint32(at, value, true);
      at += size;
    }
  }
  return bytes;
}

/** Passes bytes on and notes how many there were and their CRC-32. */
const summing = (entry: Written) =>
  new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      entry.size += chunk.length;
      if (entry.size > MAX_BYTES) throw new RangeError("the file has more than 4 GiB");
      entry.crc = crc32(chunk, entry.crc);
      controller.enqueue(chunk);
    },
  });

const deflating = () =>
  new CompressionStream("deflate-raw") as unknown as TransformStream<
    Uint8Array,
    Uint8Array<ArrayBuffer>
  >;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** The CRC-32 of ISO-HDLC, going on after `before`. */
function crc32(bytes: Uint8Array, before: number): number {
  let crc = ~before;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** A time in UTC as DOS wrote it: to two seconds, between 1980 and 2107. */
function dosTime(time: Date): [time: number, date: number] {
  const year = Math.min(Math.max(time.getUTCFullYear() - 1980, 0), 127);
  return [
    (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1),
    (year << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate(),
  ];
}
