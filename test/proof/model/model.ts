/** The expected state of one effect: how often its receiver must have been notified, with distinct ids. */
export type ModelEffect = {
  state: "waiting" | "done";
  /** Whether somebody may have started it, or given it up, since it was asked for. */
  isDoubtful: boolean;
  least: number;
  most: number;
  /** Whether it is about what the request was before: it may be done, cancelled or never planned. */
  isMoot: boolean;
};

export type ModelState = "unknown" | "expected" | "overdue" | "received" | "failed" | "deleted";

/** What is to be so of one request. */
export type ModelRequest = {
  id: string;
  state: ModelState;
  current: string | null;
  /** Its other bodies. */
  others: Set<string>;
  /** The states that it had with bodies that were current before. */
  seen: Set<ModelState>;
  /** How many were. */
  revision: number;
  /** Whether a person chose the current one. */
  isChosen: boolean;
  effects: Map<string, ModelEffect>;
  /** How often receivers may have been notified before it was deleted. */
  before: Map<string, number>;
  /** Milliseconds since 1970. */
  deadlineAt: number | null;
};

export type Model = {
  requests: ModelRequest[];
  credentials: string[];
  retired: string[];
  /** Whether the queue gave something up that nobody has had redriven. */
  isGivenUp: boolean;
  /** Of consumers. */
  deaths: number;
};

export const REQUESTS = 3;

export const newModel = (): Model => ({
  requests: Array.from({ length: REQUESTS }, (_, at) => ({
    id: `0000000${at}-0000-4000-8000-00000000000${at}`,
    state: "unknown",
    current: null,
    others: new Set<string>(),
    seen: new Set<ModelState>(),
    revision: 0,
    isChosen: false,
    effects: new Map(),
    before: new Map(),
    deadlineAt: null,
  })),
  credentials: ["deepgram:password-0"],
  retired: [],
  isGivenUp: false,
  deaths: 0,
});

/** One more effect; one that is known stays as it is. */
export function wants({ effects }: ModelRequest, name: string): void {
  if (effects.has(name)) return;
  effects.set(name, { state: "waiting", isDoubtful: false, least: 1, most: 1, isMoot: false });
}

/** A callback was answered 2xx. */
export function received(request: ModelRequest, body: string, state: "received" | "failed"): void {
  if (request.state === "deleted") return;
  if (request.current === null) {
    request.current = body;
    request.state = state;
    wants(request, `webhook:crm:transcript.${state}`);
  } else if (request.current !== body) {
    const isBetter = state === "received" && request.state === "failed";
    const isRefused = request.isChosen && request.others.has(body);
    if (isBetter && !isRefused) takesPlace(request, body, state, false);
    else request.others.add(body);
  }
}

/** Another body is current from now on. */
export function takesPlace(
  request: ModelRequest,
  body: string,
  state: "received" | "failed",
  isChosen: boolean,
): void {
  const { others, seen, effects } = request;
  if (request.current !== null) others.add(request.current);
  others.delete(body);
  seen.add(request.state);
  Object.assign(request, { current: body, state, isChosen, revision: request.revision + 1 });
  for (const [name, effect] of effects) {
    effect.isMoot = isAboutOther(name, state);
    if (effect.state === "waiting") effect.least = effect.isMoot ? 0 : Math.max(effect.least, 1);
  }
  wants(request, `webhook:crm:transcript.${state}`);
  for (const to of toldOf(request)) wants(request, `webhook:${to}:transcript.${state}`);
  if (seen.has(state)) updates(request);
}

const isAboutOther = (name: string, state: "received" | "failed"): boolean => {
  if (name.includes(":translation.completed:") || name.endsWith(":transcript.updated")) return true;
  if (name.startsWith("translate:")) return state === "failed";
  return name.endsWith(state === "failed" ? ":transcript.received" : ":transcript.failed");
};

const toldOf = ({ effects }: ModelRequest): string[] =>
  [...effects.keys()].flatMap(
    (name) => /^webhook:(\w+):transcript\.(received|failed)$/.exec(name)?.[1] ?? [],
  );

/** Webhooks hear that it was updated, at least of the last time; `crm` is one for certain. */
function updates(request: ModelRequest): void {
  const name = "webhook:crm:transcript.updated";
  wants(request, name);
  Object.assign(request.effects.get(name) ?? {}, { isMoot: false, least: 1, state: "waiting" });
}

/** Whether an effect may be in the ledger by now. */
export const isHeld = ({ effects }: ModelRequest, name: string): boolean =>
  effects.has(name) ||
  name.includes(":translation.completed:") ||
  name.includes(":transcript.updated") ||
  name.endsWith(".overdue");

/** How often a receiver may have been notified: of every body that was current. */
export const mostOf = ({ revision }: ModelRequest, name: string, most: number): number =>
  name.includes(":translation.completed:") || name.includes(":transcript.updated")
    ? most + revision
    : most;

export function deleted(request: ModelRequest): void {
  for (const [name, { most }] of request.effects) {
    request.before.set(name, mostOf(request, name, most));
  }
  for (const to of ["crm", "second"]) {
    request.before.set(`webhook:${to}:transcript.updated`, request.revision);
  }
  request.state = "deleted";
  request.current = null;
  request.others.clear();
  request.effects.clear();
}

/** All that was due has been worked off. */
export function workedOff(model: Model, now: number): void {
  for (const request of model.requests) {
    if (request.state === "expected" && (request.deadlineAt ?? Infinity) <= now) {
      request.state = "overdue";
      wants(request, "webhook:crm:transcript.overdue");
    }
    wantsOfTranslations(request);
    if (!model.isGivenUp) end(request);
    // What was not given up has been done.
    else for (const effect of request.effects.values()) effect.isDoubtful = true;
  }
}

/** A receiver of a transcript is notified of each of its translations. */
function wantsOfTranslations(request: ModelRequest): void {
  const names = [...request.effects.keys()];
  const isReplaced = request.revision > 0;
  if (request.state === "failed") return;
  for (const name of names.filter((each) => each.startsWith("translate:"))) {
    for (const received of names.filter((each) => each.endsWith(":transcript.received"))) {
      const [channel, to] = received.split(":");
      const event = `${channel}:${to}:translation.completed:${name.split(":")[1]}`;
      if (request.effects.has(event)) continue;
      wants(request, event);
      const maybe = isReplaced && { isMoot: true, least: 0 };
      Object.assign(request.effects.get(event) ?? {}, { isDoubtful: true, ...maybe });
    }
  }
}

function end({ effects }: ModelRequest): void {
  for (const effect of effects.values()) {
    // What is moot may have been cancelled: it is not known to be done.
    if (effect.isMoot) continue;
    effect.state = "done";
    effect.isDoubtful = false;
  }
}
