import type { Range } from "../../lib/json/elements.ts";
import type { Layout } from "./body-layout.ts";
import type { Segment } from "./segment.ts";
import { bareLength, createSpacer, type Spacer, transcriptWindow } from "./spacing.ts";
import type { StoredBodyReader } from "./stored-body-reader.ts";

type StoredSpacer = Spacer & { load: (chars: number) => Promise<void>; close: () => Promise<void> };

/**
 * Segments of stored channels written as their scripts are, as `createSpacer` says. A transcript is read
 * only from the first segment on that needs it, and only as far as that looks.
 */
export async function* spacedStream(
  segments: AsyncGenerator<Segment[]>,
  reader: StoredBodyReader,
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
  reader: StoredBodyReader,
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

const LONGEST_ESCAPE = "\\u0000".length;

/**
 * UTF-16 units of a stored JSON string without the white space around it; 0 where there is none.
 * `whole` has its quotes.
 */
export async function storedTextLength(
  reader: StoredBodyReader,
  whole: Range | null,
): Promise<number> {
  let chars = 0;
  let blanks = 0;
  for await (const piece of storedText(reader, whole)) {
    const begun = chars === 0 ? piece.trimStart() : piece;
    const kept = begun.trimEnd();
    if (kept !== "") chars += blanks + kept.length;
    blanks = begun.length - kept.length + (kept === "" ? blanks : 0);
  }
  return chars;
}

/** A stored JSON string in parts; none where there is none. `whole` has its quotes. */
async function* storedText(reader: StoredBodyReader, whole: Range | null): AsyncGenerator<string> {
  if (whole === null) return;
  const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
  let rest = "";
  for await (const block of reader.blocks({ from: whole.from + 1, to: whole.to - 1 })) {
    const escaped = rest + decoder.decode(block, { stream: true });
    const end = endOfEscapes(escaped);
    rest = escaped.slice(end);
    yield JSON.parse(`"${escaped.slice(0, end)}"`);
  }
}

/** Up to where a part of a JSON string has its escapes whole. */
function endOfEscapes(part: string): number {
  const last = part.lastIndexOf("\\");
  if (last === -1 || last <= part.length - LONGEST_ESCAPE) return part.length;
  let backslashes = 1;
  while (part[last - backslashes] === "\\") backslashes++;
  if (backslashes % 2 === 0) return part.length;
  const length = part[last + 1] === "u" ? LONGEST_ESCAPE : 2;
  return last + length <= part.length ? part.length : last;
}
