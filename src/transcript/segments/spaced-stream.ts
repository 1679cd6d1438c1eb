import type { BodyReader } from "./body-reader.ts";
import type { Layout } from "./layout.ts";
import type { Segment } from "./segment.ts";
import { bareLength, createSpacer, type Spacer } from "./spacing.ts";
import { storedText } from "./stored-text-length.ts";
import { transcriptWindow } from "./transcript-window.ts";

type StoredSpacer = Spacer & { load: (chars: number) => Promise<void>; close: () => Promise<void> };

/**
 * Segments of stored channels written as their scripts are, as `createSpacer` says. A transcript is read
 * only from the first segment on that needs it, and only as far as that looks.
 */
export async function* spacedStream(
  segments: AsyncGenerator<Segment[]>,
  reader: BodyReader,
  { channels }: Layout,
): AsyncGenerator<Segment[]> {
  const spacers = new Map<number, StoredSpacer>();
  const spacerOf = (channel: number): StoredSpacer => {
    const spacer = spacers.get(channel) ?? storedSpacer(reader, channels.get(channel)?.transcript);
    spacers.set(channel, spacer);
    return spacer;
  };
  try {
    for await (const batch of segments) {
      for (const [index, segment] of batch.entries()) {
        const spacer = spacerOf(segment.channel);
        if (spacer.isUnspaced(segment)) await spacer.load(bareLength(segment.text));
        batch[index] = spacer.write(segment);
      }
      yield batch;
    }
  } finally {
    for (const spacer of spacers.values()) await spacer.close();
  }
}

function storedSpacer(
  reader: BodyReader,
  transcript: Parameters<typeof storedText>[1] | undefined,
): StoredSpacer {
  const window = transcriptWindow();
  const spacer = createSpacer(window.find);
  let parts: AsyncGenerator<string> | undefined;
  return {
    ...spacer,
    async load(chars) {
      parts ??= storedText(reader, transcript ?? null);
      const to = window.neededTo(spacer.said(), chars);
      while (window.length() < to) {
        const { done, value } = await parts.next();
        if (done) break;
        window.add(value);
        window.forget(spacer.said());
      }
    },
    async close() {
      await parts?.return(undefined);
    },
  };
}
