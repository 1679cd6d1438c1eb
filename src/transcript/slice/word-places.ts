import { cleanText } from "../segments/clean-text.ts";
import type { Word } from "../segments/segment.ts";

/** Where a word stands in a text: `from` up to but without `to`, in UTF-16 units. */
export type Place = { from: number; to: number };

/**
 * Where each word stands in clean text, that may set other spaces than the words; null if the words do
 * not spell it.
 */
export function wordPlaces(words: readonly Word[], text: string): Place[] | null {
  const places: Place[] = [];
  let at = 0;
  for (const word of words) {
    const place = placeOf(cleanText(word.text).replaceAll(" ", ""), text, at);
    if (place === null) return null;
    places.push(place);
    at = place.to;
  }
  return at === text.length ? places : null;
}

function placeOf(spelled: string, text: string, after: number): Place | null {
  if (spelled === "") return { from: after, to: after };
  let to = after;
  let from = -1;
  for (let i = 0; i < spelled.length; i++, to++) {
    while (text[to] === " ") to++;
    if (text[to] !== spelled[i]) return null;
    if (from < 0) from = to;
  }
  return { from, to };
}
