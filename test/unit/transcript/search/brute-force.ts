import type { Hit } from "../../../../src/transcript/search/passage.ts";
import type { Segment } from "../../../../src/transcript/segments/segment.ts";

/** A part of an item as it is shown, and what it is compared as; nothing, if it is punctuation. */
export type Part = readonly [shown: string, key: string];

/** What is written between two spaces. */
export type Item = readonly Part[];

/** A segment, and the items its text is made of. */
export type Known = { segment: Segment; items: readonly Item[] };

type Place = { key: string; known: Known; start: number; end: number; from: number; to: number };

/** All hits, channel by channel, each with the text of its match alone, without spaces. */
export function bruteForce(all: readonly Known[], query: readonly Item[]): Hit[] {
  const keys = query.flat().flatMap(([, key]) => (key === "" ? [] : [key]));
  const channels = new Set(all.map(({ segment }) => segment.channel));
  return [...channels].flatMap((channel) => {
    const ours = all.filter(
      ({ segment, items }) => segment.channel === channel && items.flat().some(([, key]) => key),
    );
    return hitsAmong(ours.flatMap(placesOf), keys, ours);
  });
}

function hitsAmong(places: readonly Place[], keys: readonly string[], ours: Known[]): Hit[] {
  const hits: Hit[] = [];
  for (let i = 0; keys.length > 0 && i + keys.length <= places.length; i++) {
    if (!keys.every((key, k) => places[i + k]!.key === key)) continue;
    const first = places[i]!;
    const last = places[i + keys.length - 1]!;
    const { channel, speaker } = first.known.segment;
    const end = Math.max(first.start, last.end);
    hits.push({ start: first.start, end, channel, speaker, text: between(first, last, ours) });
    i += keys.length - 1;
  }
  return hits;
}

function between(first: Place, last: Place, ours: readonly Known[]): string {
  const [from, to] = [ours.indexOf(first.known), ours.indexOf(last.known)];
  const before = ours.slice(from, to).map(({ items }) => bareOf(items));
  return [...before, bareOf(last.known.items).slice(0, last.to)].join("").slice(first.from);
}

function placesOf(known: Known): Place[] {
  const { segment, items } = known;
  const whole = bareOf(items).length;
  const places: Place[] = [];
  let before = 0;
  items.forEach((item, i) => {
    const word = segment.words[i];
    const [span, offset, length] =
      word === undefined ? [segment, 0, whole] : [word, before, bareOf([item]).length];
    for (const [shown, key] of item) {
      const moment = (at: number) =>
        span.start + ((span.end - span.start) * (at - offset)) / length;
      const start = moment(before);
      const end = moment(before + shown.length);
      const from = before;
      before += shown.length;
      if (key !== "") places.push({ key, known, start, end, from, to: before });
    }
  });
  return places;
}

/** Items without the spaces between them. */
export function bareOf(items: readonly Item[]): string {
  return items
    .flat()
    .map(([shown]) => shown)
    .join("");
}
