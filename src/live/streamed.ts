/** Parts are sent together up to about this length. */
const CHUNK_CHARS = 65_536;

/** A text that is made no faster than it is read. */
export function streamed(parts: Iterable<string> | AsyncIterable<string>): Response {
  const making = chunks(parts);
  const stream = new ReadableStream(
    {
      // What takes a body reads into memory of its own.
      type: "bytes",
      async pull(controller) {
        const { value, done } = await making.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await making.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(stream);
}

async function* chunks(
  parts: Iterable<string> | AsyncIterable<string>,
): AsyncGenerator<Uint8Array, void> {
  const encoder = new TextEncoder();
  let text = "";
  for await (const part of parts) {
    text += part;
    if (text.length < CHUNK_CHARS) continue;
    yield encoder.encode(text);
    text = "";
  }
  if (text !== "") yield encoder.encode(text);
}
