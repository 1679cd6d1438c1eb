import { toMs } from "../lib/times.ts";
import { escapeHtml } from "../transcript/formats/html.ts";
import type { Segment, Word } from "../transcript/segments/segment.ts";
import { wordPlaces } from "../transcript/segments/speech-times.ts";

/** Confidence below these is marked, more strongly the lower. */
const UNSURE = [0.85, 0.7, 0.5] as const;

/**
 * The text of a segment as HTML: words of low confidence are marked, and for `playable` each word
 * carries the second at which it is said. Words that do not spell the text leave it one stretch.
 */
export function wordsHtml(segment: Segment, text: string, playable: boolean): string {
  const { words } = segment;
  const places = words.length > 0 ? wordPlaces(words, text) : null;
  if (places === null) {
    return playable ? timed(segment.start, "", escapeHtml(text)) : escapeHtml(text);
  }
  let html = "";
  let at = 0;
  places.forEach(({ from, to }, index) => {
    html += escapeHtml(text.slice(at, from));
    html += marked(words[index]!, escapeHtml(text.slice(from, to)), playable);
    at = to;
  });
  return html + escapeHtml(text.slice(at));
}

function marked({ confidence, start }: Word, html: string, playable: boolean): string {
  const level = UNSURE.filter((bound) => confidence !== null && confidence < bound).length;
  const mark = level > 0 ? ` class="u${level}"` : "";
  if (playable) return timed(start, mark, html);
  return level > 0 ? `<span${mark}>${html}</span>` : html;
}

const timed = (seconds: number, attributes: string, html: string) =>
  `<span${attributes} data-t="${toMs(seconds) / 1_000}">${html}</span>`;
