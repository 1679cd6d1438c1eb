import * as z from "zod";
import type { Facts } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import type { Names } from "../transcript/formats/speakers.ts";
import { labelText } from "../transcript/segments/clean-text.ts";
import { CREATE_ONLY, conditionalPut, retryRateLimited } from "./bucket.ts";
import { namesKey } from "./keys.ts";

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

export const MAX_NAME_CHARS = 80;
export const MAX_NAMES = 500;

/** `{channel}:{speaker}`, the speaker empty without diarization. */
export const SPEAKER_KEY = /^\d{1,6}:\d{0,6}$/;

const TRIES = 3;

const keptNames = z.record(z.string(), z.string());

/** The names of the speakers of a transcript. Throws when R2 does not answer. */
export const readNames = async (bucket: R2Bucket, id: RequestId): Promise<Names> =>
  (await openNames(bucket, id)).names;

/** The same with the etag of their object, without quotes; null where there is none. */
export async function openNames(
  bucket: R2Bucket,
  id: RequestId,
): Promise<{ names: Map<string, string>; etag: string | null }> {
  const object = await bucket.get(namesKey(id));
  const names = object === null ? {} : keptNames.parse(await object.json());
  return { names: new Map(Object.entries(names)), etag: object?.etag ?? null };
}

/**
 * Replaces all names. `replaced` is the etag of those that are to be replaced, null where there are none
 * yet; without it any are. Gives the etag of the new ones; null when others have written meanwhile.
 * Throws when R2 does not answer.
 */
export async function replaceNames(
  bucket: R2Bucket,
  id: RequestId,
  names: Names,
  replaced?: string | null,
): Promise<string | null> {
  const key = namesKey(id);
  const text = JSON.stringify(Object.fromEntries(names));
  const httpMetadata = { contentType: "application/json" };
  if (replaced === undefined) {
    return (await retryRateLimited(() => bucket.put(key, text, { httpMetadata })))?.etag ?? null;
  }
  const onlyIf = replaced === null ? CREATE_ONLY : { etagMatches: replaced };
  const put = () => bucket.put(key, text, { onlyIf, httpMetadata });
  return (await conditionalPut(bucket, key, onlyIf, put))?.etag ?? null;
}

/**
 * Names speakers, the others keeping theirs; an empty name takes it away. Names are cut to 80
 * characters. Throws when R2 does not answer, or others keep writing.
 */
export async function changeNames(bucket: R2Bucket, id: RequestId, changes: Names): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const { names, etag } = await openNames(bucket, id);
    for (const [key, name] of changes) {
      const shown = labelText([...name].slice(0, MAX_NAME_CHARS).join(""));
      if (shown === "" || !SPEAKER_KEY.test(key)) names.delete(key);
      else if (names.has(key) || names.size < MAX_NAMES) names.set(key, shown);
    }
    if ((await replaceNames(bucket, id, names, etag)) !== null) return;
  }
  throw new Error("the names are being written by others");
}
