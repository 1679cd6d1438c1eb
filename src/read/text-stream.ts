/** Parts are sent together up to about this length. */
const CHUNK_CHARS = 65_536;

/** Parts of a text as bytes in UTF-8, made no faster than they are read. */
export function textStream(parts: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const iterator = parts[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { text, isLast } = await nextChunk(iterator);
        if (text !== "") controller.enqueue(encoder.encode(text));
        if (isLast) controller.close();
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

async function nextChunk(parts: AsyncIterator<string>): Promise<{ text: string; isLast: boolean }> {
  let text = "";
  while (text.length < CHUNK_CHARS) {
    const next = await parts.next();
    if (next.done) return { text, isLast: true };
    text += next.value;
  }
  return { text, isLast: false };
}
