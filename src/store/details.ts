import * as z from "zod";
import type { Facts } from "../deepgram/callback.ts";

export const MAX_TITLE_CHARS = 200;
export const MAX_TAGS = 20;
/** As Deepgram has it for its `tag`. */
export const MAX_TAG_CHARS = 128;
export const MAX_AUDIO_URL_CHARS = 2_048;

/** What the client that submits or registers a request says of it. */
export type Details = {
  title: string | null;
  tags: string[];
  /** Where the audio can be played. */
  audioUrl: string | null;
};

export const NO_DETAILS: Details = { title: null, tags: [], audioUrl: null };

export const details = z.object({
  title: z.string().nullable(),
  tags: z.array(z.string()),
  audioUrl: z.string().nullable(),
});

export const hasDetails = ({ title, tags, audioUrl }: Details): boolean =>
  title !== null || tags.length > 0 || audioUrl !== null;

/** The details that Deepgram's own parameters `tag` and `extra` of a submission give; what is too long is left out. */
export function detailsIn(query: URLSearchParams): Details {
  const extra = new Map(query.getAll("extra").map(pairOf));
  return {
    title: bounded(extra.get("title"), MAX_TITLE_CHARS),
    tags: [...new Set(query.getAll("tag"))]
      .filter((tag) => bounded(tag, MAX_TAG_CHARS) !== null)
      .slice(0, MAX_TAGS),
    audioUrl: bounded(extra.get("audio_url"), MAX_AUDIO_URL_CHARS),
  };
}

function pairOf(pair: string): [string, string] {
  const colon = pair.indexOf(":");
  return colon === -1 ? [pair, ""] : [pair.slice(0, colon), pair.slice(colon + 1)];
}

const bounded = (text: string | undefined, maxChars: number): string | null => {
  const trimmed = text?.trim() ?? "";
  return trimmed === "" || trimmed.length > maxChars ? null : trimmed;
};

/** The title of a request: what came with the callback counts more than what was said before. */
export const titleIn = (extra: Facts["extra"], given: Details): string | null =>
  (typeof extra.title === "string" && extra.title.trim().slice(0, MAX_TITLE_CHARS)) || given.title;

/** Its tags: those of the callback, then those given before. */
export const tagsIn = (tags: readonly string[], given: Details): string[] => [
  ...new Set([...tags, ...given.tags]),
];
