/** What is to be so of one effect: how often its receiver has to have been told, with distinct ids. */
export type ModelEffect = {
  state: "waiting" | "done";
  /** Whether somebody may have begun it, or given it up, since it was asked for. */
  isDoubtful: boolean;
  least: number;
  most: number;
};

export type ModelState = "unknown" | "expected" | "overdue" | "received" | "failed" | "deleted";

/** What is to be so of one request. */
export type ModelRequest = {
  id: string;
  state: ModelState;
  current: string | null;
  /** Bodies that came later. */
  others: Set<string>;
  effects: Map<string, ModelEffect>;
  /** How often receivers may have been told before it was deleted. */
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
  effects.set(name, { state: "waiting", isDoubtful: false, least: 1, most: 1 });
}

/** A callback was answered 2xx. */
export function received(request: ModelRequest, body: string, state: "received" | "failed"): void {
  if (request.state === "deleted") return;
  if (request.current === null) {
    request.current = body;
    request.state = state;
    wants(request, `webhook:crm:transcript.${state}`);
  } else if (request.current !== body) request.others.add(body);
}

/** Whether an effect may be in the ledger by now. */
export const isHeld = ({ effects }: ModelRequest, name: string): boolean =>
  effects.has(name) || name.includes(":translation.completed:") || name.endsWith(".overdue");

export function deleted(request: ModelRequest): void {
  for (const [name, { most }] of request.effects) request.before.set(name, most);
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

/** Whoever is told of a transcript hears of each of its translations. */
function wantsOfTranslations(request: ModelRequest): void {
  const names = [...request.effects.keys()];
  for (const name of names.filter((each) => each.startsWith("translate:"))) {
    for (const told of names.filter((each) => each.endsWith(":transcript.received"))) {
      const [channel, to] = told.split(":");
      const event = `${channel}:${to}:translation.completed:${name.split(":")[1]}`;
      if (request.effects.has(event)) continue;
      wants(request, event);
      Object.assign(request.effects.get(event) ?? {}, { isDoubtful: true });
    }
  }
}

function end({ effects }: ModelRequest): void {
  for (const effect of effects.values()) {
    effect.state = "done";
    effect.isDoubtful = false;
  }
}
