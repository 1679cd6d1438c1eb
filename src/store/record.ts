import * as z from "zod";
import { deepgramErrorShape, type Facts, KINDS, type Kind } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { parseJson } from "../lib/bytes.ts";

/** What is known of a stored callback without reading its body. */
export type CallbackRecord = {
  requestId: RequestId;
  /** Its own object: the current callback, or a version. */
  key: string;
  /** The etag of that object in R2, without quotes. */
  etag: string;
  /** The key of the object that holds a large body; null when the record's own object is the body. */
  bodyKey: string | null;
  state: "received" | "failed";
  /** Of the result; of a failure it says nothing. */
  kind: Kind;
  /** ISO 8601, UTC. */
  receivedAt: string;
  /** Of the body. */
  bytes: number;
  /** Of the stored bytes, lower-case hexadecimal. */
  sha256: string;
  /** Null when they did not fit into the metadata: they are then read from the body. */
  readonly facts: Facts | null;
  /** Of which stream it is the document; null for a body that Deepgram sent whole. */
  stream: StreamSource | null;
  /** Null for the first current body of a request, and for versions that never were current. */
  succession: Succession | null;
};

/** From how many messages of which stream a document was assembled. */
export type StreamSource = {
  /** The name of the Durable Object. */
  owner: string;
  /** When the stream began there, in milliseconds: an object that forgot all begins another one. */
  startedAt: number;
  /** The first so many messages, each counted once. */
  messages: number;
};

type StoredState = CallbackRecord["state"];

/** What a current body knows of those that were current before it. */
export type Succession = {
  /** How many were; grows with every replacement. */
  revision: number;
  /** The SHA-256 of the last one, which is a version now. */
  replaced: string;
  /** The states that the request has had with them. */
  states: StoredState[];
  /** When the first body of the request was received; ISO 8601, UTC. */
  firstReceivedAt: string;
  /** When an operator made it the current one; ISO 8601, UTC. Null where its rank did. */
  promotedAt: string | null;
};

/** When the first body of the request was received, whichever is current now; ISO 8601, UTC. */
export const firstReceivedAt = ({
  succession,
  receivedAt,
}: Pick<CallbackRecord, "succession" | "receivedAt">): string =>
  succession?.firstReceivedAt ?? receivedAt;

/** The kind of the result that a request has; null of a failure, which has none. */
export const resultKind = ({ state, kind }: Pick<CallbackRecord, "state" | "kind">): Kind | null =>
  state === "received" ? kind : null;

export type Tombstone = {
  requestId: RequestId;
  etag: string;
  state: "deleted";
  deletedAt: string;
  /** The key of the large body that the record named before; the body is to be deleted. */
  bodyKey: string | null;
  /** When the first body of the request was received; null without one. */
  firstReceivedAt: string | null;
};

// R2 takes 8,192 bytes of custom metadata; the rest is left for the other names and for growth.
const MAX_FACTS_BYTES = 6_000;

const facts = z.object({
  audio_sha256: z.string().nullable().default(null),
  duration: z.number().nullable(),
  channels: z.number().nullable(),
  models: z.array(z.string()),
  languages: z.array(z.string()),
  tags: z.array(z.string()),
  extra: z.record(z.string(), z.unknown()),
  warnings: z.array(z.unknown()),
  error: deepgramErrorShape.nullable(),
});

// What a newer version wrote, and a rollback left behind, must not make a body unreadable. A state that
// is not known is that of a body which no failure may replace; a kind that is not known is shown as a
// result without speech.
const stateOf = (name: string): StoredState => (name === "failed" ? "failed" : "received");
const kindOf = (name = "transcript"): Kind => KINDS.find((kind) => kind === name) ?? "text";

const state = z.string().transform(stateOf);

const stream = z.object({ owner: z.string(), startedAt: z.number(), messages: z.number() });

const succession = z.object({
  revision: z.number(),
  replaced: z.string(),
  states: z.array(state),
  firstReceivedAt: z.string(),
  promotedAt: z.string().nullable(),
});

const tombstone = z.object({
  state: z.literal("deleted"),
  deleted_at: z.string(),
  first_received_at: z.string().optional(),
  body: z.string().optional(),
});

/** The custom metadata under which a callback is stored. */
export function toMetadata(
  record: Pick<
    CallbackRecord,
    "state" | "kind" | "receivedAt" | "sha256" | "facts" | "stream" | "succession"
  >,
) {
  const json = asciiJson(record.facts);
  return {
    state: record.state,
    ...(record.kind !== "transcript" && { kind: record.kind }),
    received_at: record.receivedAt,
    sha256: record.sha256,
    ...(record.facts !== null && json.length <= MAX_FACTS_BYTES && { facts: json }),
    ...(record.stream !== null && { stream: asciiJson(record.stream) }),
    ...(record.succession !== null && successionMetadata(record.succession)),
  };
}

/** The part of it that tells whose place a body took. */
export const successionMetadata = (succession: Succession) => ({
  succession: asciiJson(succession),
});

/**
 * Reads what `toMetadata` or a tombstone wrote. Throws on an object that is neither. Facts that cannot
 * be read are null: they are then read from the body.
 */
export function toRecord(requestId: RequestId, object: R2Object): CallbackRecord | Tombstone {
  const { etag, customMetadata } = object;
  if (customMetadata?.state === "deleted") {
    const { deleted_at: deletedAt, first_received_at, body } = tombstone.parse(customMetadata);
    const [bodyKey, firstReceivedAt] = [body ?? null, first_received_at ?? null];
    return { requestId, etag, state: "deleted", deletedAt, bodyKey, firstReceivedAt };
  }
  // Without a schema: every read asks for it, and R2 gives texts alone.
  const { state: name, received_at: receivedAt, sha256, body, ...stored } = customMetadata ?? {};
  const bytes = Number(stored.bytes ?? object.size);
  const isWhole = name !== undefined && receivedAt !== undefined && sha256 !== undefined;
  if (!isWhole || !Number.isSafeInteger(bytes)) throw new Error(`${object.key} is no record`);
  return {
    requestId,
    key: object.key,
    etag,
    bodyKey: body ?? null,
    state: stateOf(name),
    kind: kindOf(stored.kind),
    receivedAt,
    bytes,
    sha256,
    stream: parsed(stream, stored.stream),
    succession: parsed(succession, stored.succession),
    get facts() {
      return parsed(facts, stored.facts);
    },
  };
}

/** Null of what is not there, or cannot be read. */
const parsed = <Schema extends z.ZodType>(schema: Schema, text: string | undefined) =>
  text === undefined ? null : (schema.safeParse(parseJson(text)).data ?? null);

// R2 hands metadata out as HTTP headers too: only ASCII passes there unchanged.
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
