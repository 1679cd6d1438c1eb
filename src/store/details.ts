import * as z from "zod";
import type { Facts } from "../deepgram/callback.ts";

export const MAX_TITLE_CHARS = 200;
export const MAX_TAGS = 20;
/** As Deepgram has it for its `tag`. */
export const MAX_TAG_CHARS = 128;
export const MAX_AUDIO_URL_CHARS = 2_048;

/** What the client that submits or registers a request says of it, and what people change later. */
export type Details = {
  title: string | null;
  tags: string[];
  /** Where the audio can be played. */
  audioUrl: string | null;
  /** Takes the place of the title and tags that came with the request, where it is not null. */
  edited?: Edited | undefined;
};

/** The title and tags that people have given a request; null where they gave none. */
export type Edited = { title: string | null; tags: string[] | null };

export const NO_DETAILS: Details = { title: null, tags: [], audioUrl: null };

export const details = z.object({
  title: z.string().nullable(),
  tags: z.array(z.string()),
  audioUrl: z.string().nullable(),
  edited: z
    .object({ title: z.string().nullable(), tags: z.array(z.string()).nullable() })
    .optional(),
});

/** Whether the client that submitted or registered a request said something of it. */
export const hasGiven = ({ title, tags, audioUrl }: Details): boolean =>
  title !== null || tags.length > 0 || audioUrl !== null;

export const hasDetails = (details: Details): boolean =>
  hasGiven(details) || details.edited !== undefined;

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

/** The title of a request: that of a person, else that of the callback, else what was said before. */
export const titleIn = (extra: Facts["extra"], given: Details): string | null =>
  given.edited?.title ??
  ((typeof extra.title === "string" && extra.title.trim().slice(0, MAX_TITLE_CHARS)) ||
    given.title);

/** Its tags: those of a person, else those of the callback and then those given before. */
export const tagsIn = (tags: readonly string[], given: Details): string[] => [
  ...new Set(given.edited?.tags ?? [...tags, ...given.tags]),
];
