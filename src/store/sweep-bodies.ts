import * as z from "zod";
import type { RequestId } from "../deepgram/request-id.ts";
import { parseJson } from "../lib/bytes.ts";
import { limitConcurrency } from "../lib/concurrency.ts";
import { removeAll, retryRateLimited } from "./bucket.ts";
import {
  BODIES_PREFIX,
  BODIES_SWEPT_KEY,
  BODY_CHECKS_PREFIX,
  BODY_REFS_PREFIX,
  bodiesOfHour,
  bodyCheckKey,
  bodyChecksOfHour,
  bodyRefKey,
  CALLBACKS_PREFIX,
  displacedBodyKey,
  quarantineKey,
  versionKey,
} from "./keys.ts";

const HOUR_MS = 3_600_000;

/**
 * The bodies of an hour are looked at from two hours after its beginning: no delivery or promotion of
 * that hour may name a body any more (`MAX_DELIVERY_MS`), and no write under way can succeed.
 */
const MIN_AGE_MS = 2 * HOUR_MS;

/**
 * Objects that one run asks R2 for. An invocation has 1,000 operations, and the cron has other work. A
 * body that its current record names takes one, others up to six. With a run each minute that is
 * 30,000 bodies an hour where their records name them.
 */
const MAX_HEADS = { start: 50, continue: 500 };

/** Bodies in a page, and those that are looked at before the limit is looked at again. */
const PAGE = 500;
const GROUP = 10;
const MAX_CHECKS = 100;

/** Six requests of an invocation may wait for R2 at once. */
const AT_ONCE = 3;

/** What a run of the sweeper did. */
export type BodySweep = {
  /** Bodies that were removed. */
  removed: number;
  /** Of how many hours there are bodies that are due, and not yet looked at. */
  hoursLeft: number;
};

const ownedBody = z.object({ body: z.string(), owner: z.string(), sha256: z.string() });

const reference = ownedBody.omit({ body: true });

/** All bodies up to `after`, a key, are done; `isDone` when none were left that were due. */
const progress = z.object({ after: z.string(), isDone: z.boolean() });

type Progress = z.infer<typeof progress>;

type Head = (key: string) => Promise<R2Object | null>;

/** A body, with its reference where it has one. */
type Referenced = { body: string } & Partial<OwnedBody>;

/** Looks for what names bodies; gives for each that nothing names the keys that are to be removed. */
type Lookup = (bodies: readonly Referenced[]) => Promise<string[][]>;

/**
 * Removes the large bodies that nothing names: of deliveries that died or failed, and displaced ones.
 * Looks at each body once, and at a displaced one once more. Once an hour a run starts; it has a limit,
 * and later runs continue it, which only make one read where nothing is left. `now` in milliseconds. Throws when
 * R2 does not answer; what was done until then stays done.
 */
export async function sweepBodies(
  bucket: R2Bucket,
  now: number,
  run: keyof typeof MAX_HEADS,
): Promise<BodySweep> {
  const before = await readProgress(bucket);
  if (run === "continue" && before.isDone) return { removed: 0, hoursLeft: 0 };
  const reached: Progress = { ...before, isDone: false };
  let heads = 0;
  const countedHead = (key: string) => {
    heads++;
    return bucket.head(key);
  };
  const lookup = createLookup(countedHead, now);
  const mayGoOn = () => heads < MAX_HEADS[run];
  const dueUntil = now - MIN_AGE_MS + HOUR_MS;
  try {
    const checks = await sweepChecks(bucket, lookup, mayGoOn, bodyChecksOfHour(dueUntil));
    const page = await listBodies(bucket, before.after, bodiesOfHour(dueUntil));
    const garbage: string[] = [];
    let done = 0;
    try {
      while (done < page.bodies.length && mayGoOn()) {
        const group = page.bodies.slice(done, done + GROUP);
        garbage.push(...(await lookup(group)).flat());
        done += group.length;
      }
    } finally {
      const isAll = done === page.bodies.length;
      const last = page.bodies[done - 1]?.body ?? before.after;
      const missing = page.missing.filter((body) => isAll || body < last);
      await removeAll(bucket, [...garbage, ...missing.map(bodyRefKey)]);
      reached.after = last;
      reached.isDone = isAll && page.isLast && checks.isDone;
    }
    const removed = checks.removed + garbage.filter((key) => key.startsWith(BODIES_PREFIX)).length;
    const next = page.bodies[done] ?? (page.isLast ? undefined : page.bodies.at(-1));
    const hoursLeft = next ? Math.floor((dueUntil - hourOf(next.body)) / HOUR_MS) : 0;
    return { removed, hoursLeft };
  } finally {
    if (reached.after !== before.after || reached.isDone !== before.isDone) {
      // Both crons may run at once.
      await retryRateLimited(() => bucket.put(BODIES_SWEPT_KEY, JSON.stringify(reached)));
    }
  }
}

async function readProgress(bucket: R2Bucket): Promise<Progress> {
  const object = await bucket.get(BODIES_SWEPT_KEY);
  const known = progress.safeParse(object && parseJson(await object.text()));
  // Without it all are looked at once more.
  return known.success ? known.data : { after: BODIES_PREFIX, isDone: true };
}

/**
 * The next page of bodies, with their references; `missing` are keys whose references are there without
 * a body. The bodies are listed first: they are written first.
 */
async function listBodies(bucket: R2Bucket, after: string, end: string) {
  const { objects, truncated } = await bucket.list({
    prefix: BODIES_PREFIX,
    startAfter: after,
    limit: PAGE,
  });
  const keys = objects.map(({ key }) => key).filter((key) => key < end);
  const isLast = keys.length < objects.length || !truncated;
  const references = await listReferences(bucket, after, isLast ? end : keys.at(-1)!);
  const bodies = keys.map((body): Referenced => ({ body, ...references.get(body) }));
  const known = new Set(keys);
  return { bodies, missing: [...references.keys()].filter((body) => !known.has(body)), isLast };
}

/** The hour in the key of a body, in milliseconds. */
const hourOf = (body: string): number => Date.parse(`${body.split("/")[1]}:00Z`);

/** What the bodies after one and up to another were uploaded for, by their keys. */
async function listReferences(bucket: R2Bucket, after: string, upTo: string) {
  const references = new Map<string, z.infer<typeof reference>>();
  let startAfter = bodyRefKey(after);
  for (;;) {
    const { objects, truncated } = await bucket.list({
      prefix: BODY_REFS_PREFIX,
      startAfter,
      include: ["customMetadata"],
    });
    for (const { key, customMetadata } of objects) {
      const body = BODIES_PREFIX + key.slice(BODY_REFS_PREFIX.length);
      if (body > upTo) return references;
      references.set(body, reference.parse(customMetadata));
      startAfter = key;
    }
    if (!truncated) return references;
  }
}

/** Looks at displaced bodies, noted before an hour: those that nothing names go, and all notes of them. */
async function sweepChecks(
  bucket: R2Bucket,
  lookup: Lookup,
  mayGoOn: () => boolean,
  end: string,
): Promise<{ removed: number; isDone: boolean }> {
  const { objects, truncated } = await bucket.list({
    prefix: BODY_CHECKS_PREFIX,
    limit: MAX_CHECKS,
    include: ["customMetadata"],
  });
  const due = objects.filter(({ key }) => key < end);
  let removed = 0;
  let done = 0;
  while (done < due.length && mayGoOn()) {
    const group = due.slice(done, done + GROUP);
    const bodies = group.map(({ customMetadata }) => ownedBody.parse(customMetadata));
    const unnamed = await lookup(bodies);
    const notes = bodies.flatMap(({ body, owner }) => {
      const requestId = requestOfOwner(owner);
      return requestId === null ? [] : displacedBodyKey(requestId, body);
    });
    await removeAll(bucket, [...unnamed.flat(), ...notes]);
    // The checks last: what is broken off is looked at again.
    const checks = group.map(({ key }) => key);
    await removeAll(bucket, checks);
    removed += unnamed.length;
    done += group.length;
  }
  const isLastPage = due.length < objects.length || !truncated;
  return { removed, isDone: done === due.length && isLastPage };
}

function createLookup(head: Head, now: number): Lookup {
  const limit = limitConcurrency(AT_ONCE);
  return async (bodies) => {
    const looked = bodies.map((each) => limit(() => garbageOf(head, each, now)));
    return (await Promise.all(looked)).filter((keys) => keys !== null);
  };
}

/**
 * The keys of a body that nothing names, with the keys of its references; null when something does.
 * A body that was displaced lately is left to its pending check: a promotion that read its version
 * may still be at work. A promotion makes a current body a version before it overwrites the record, or a
 * version the current one: that is why the record is read again at the end.
 */
async function garbageOf(
  head: Head,
  { body, owner, sha256 }: Referenced,
  now: number,
): Promise<string[] | null> {
  const garbage = [body, bodyRefKey(body)];
  if (owner === undefined || sha256 === undefined) return garbage;
  const id = requestOfOwner(owner);
  const others = id === null ? [] : [versionKey(id, sha256), quarantineKey(sha256)];
  const checks = [bodyCheckKey(now, body), bodyCheckKey(now - HOUR_MS, body)];
  for (const key of [owner, ...others, ...checks, owner]) {
    const metadata = (await head(key))?.customMetadata;
    // An erasure was broken off: its tombstone remembers the body, and a version may be left.
    if (metadata?.state === "deleted") return id ? [...garbage, versionKey(id, sha256)] : garbage;
    if (metadata?.body === body) return null;
  }
  return garbage;
}

/** A large body, and by what the objects are found that may name it. */
type OwnedBody = {
  /** `bodies/…` */
  body: string;
  /** `callbacks/{request_id}` or `quarantine/{sha256}` */
  owner: string;
  /** Of the body, lower-case hexadecimal. */
  sha256: string;
};

/** The request of a large body; null for one in quarantine. */
const requestOfOwner = (owner: string): RequestId | null =>
  owner.startsWith(CALLBACKS_PREFIX) ? (owner.slice(CALLBACKS_PREFIX.length) as RequestId) : null;

/**
 * Has the sweeper look at a large body once more. Call it before you remove or overwrite an object that
 * names the body. Nobody else removes such a body: a promotion under way may be about to name it again.
 * Gives the key of the check. Throws when R2 refuses.
 */
export async function noteDisplaced(bucket: R2Bucket, owned: OwnedBody): Promise<string> {
  const { body, owner } = owned;
  const note = (key: string, customMetadata: Record<string, string>) =>
    retryRateLimited(() => bucket.put(key, "", { customMetadata }));
  const check = bodyCheckKey(Date.now(), body);
  await note(check, owned);
  const requestId = requestOfOwner(owner);
  if (requestId !== null) await note(displacedBodyKey(requestId, body), { body });
  return check;
}
