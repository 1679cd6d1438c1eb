/** Parts are sent together up to about this length. */
const CHUNK_CHARS = 65_536;

/** Parts of a text as bytes in UTF-8, made no faster than they are read; small ones are joined. */
export function textStream(
  parts: AsyncIterable<string>,
  chunkChars = CHUNK_CHARS,
): ReadableStream<Uint8Array> {
  const iterator = parts[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { text, isLast } = await nextChunk(iterator, chunkChars);
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

async function nextChunk(
  parts: AsyncIterator<string>,
  chunkChars: number,
): Promise<{ text: string; isLast: boolean }> {
  let text = "";
  while (text.length < chunkChars) {
    const next = await parts.next();
    if (next.done) return { text, isLast: true };
    text += next.value;
  }
  return { text, isLast: false };
}
