import { expect } from "vitest";
import { basic, deliver } from "../../support/deliver.ts";
import { fc } from "../../support/fast-check.ts";
import { faulty, refuses } from "../../support/faulty.ts";
import type { Death } from "../../support/mortal.ts";
import { later } from "../../support/work-off.ts";
import { bodyOf } from "./bodies.ts";
import {
  checkLists,
  checkRendered,
  checkRequest,
  checkSearch,
  checkTold,
  checkWorkedOff,
} from "./check.ts";
import {
  deleted,
  type Model,
  type ModelRequest,
  REQUESTS,
  received,
  takesPlace,
  wants,
  workedOff,
} from "./model.ts";
import {
  ask,
  consumerDies,
  DEADLINE_SECONDS,
  dying,
  giveUp,
  sweep,
  type World,
  workOffDue,
} from "./world.ts";

type Command = fc.AsyncCommand<Model, World>;
type Work = (model: Model, world: World) => Promise<void>;

/** A command that is always possible, named for the report of a failure. */
const command = (name: string, work: Work, given: unknown = ""): Command => ({
  check: () => true,
  run: work,
  toString: () => `${name}(${given === "" ? "" : JSON.stringify(given)})`,
});

/** One about a request, whose invariants are looked at afterwards. */
const about = (
  name: string,
  at: number,
  work: (request: ModelRequest, world: World, model: Model) => Promise<void>,
  given: object = {},
): Command =>
  command(
    name,
    async (model, world) => {
      const request = model.requests[at] as ModelRequest;
      await work(request, world, model);
      await checkRequest(world, request);
    },
    { at, ...given },
  );

const at = fc.nat({ max: REQUESTS - 1 });
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const chances = fc.array(chance, { minLength: 1, maxLength: 8 });
const when = fc.constantFrom("before" as const, "after" as const);
const death: fc.Arbitrary<Death> = fc.record({ operation: fc.integer({ min: 1, max: 12 }), when });
const mayDie = fc.option(death, { freq: 4 });
const choice = fc.record({
  variant: fc.nat({ max: 2 }),
  kind: fc.constantFrom("small", "small", "small", "small", "small", "error", "error", "large"),
});

/** Also a duplicate, a conflict, a late one: there are few bodies. */
const callback = fc
  .record({ at, choice, dies: mayDie, key: chance, isQueueAway: fc.boolean() })
  .map(({ at, choice, dies, key, isQueueAway }) =>
    about(
      "callback",
      at,
      async (request, world, { credentials }) => {
        const body = bodyOf(request.id, at, choice);
        const pair = credentials[Math.floor(key * credentials.length)] ?? "";
        const answer = await dying(world, dies, (replaced) => {
          const queue = world.env.FOLLOW_UP_QUEUE as Queue;
          const away = isQueueAway && {
            FOLLOW_UP_QUEUE: faulty(queue, { send: refuses("queue away") }),
          };
          const env = { ...world.env, ...away, ...replaced };
          return deliver(body, { env, authorization: basic(pair) });
        });
        expect(answer.status).toBe(200);
        received(request, body, choice.kind === "error" ? "failed" : "received");
      },
      { choice, dies, isQueueAway },
    ),
  );

async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}

/** A person makes one of its other bodies the current one, or what is none of them. */
const promotion = fc.record({ at, choice, dies: mayDie }).map(({ at, choice: which, dies }) =>
  about(
    "promote",
    at,
    async (request, world) => {
      const body = bodyOf(request.id, at, which);
      const path = `/v1/transcripts/${request.id}/versions/${await digestOf(body)}/promote`;
      const answer = await dying(world, dies, (replaced) =>
        ask(world, "POST", path, undefined, replaced),
      );
      const isKnown = request.current === body || request.others.has(body);
      const isDeleted = request.state === "deleted";
      expect(answer.status).toBe(isDeleted ? 410 : isKnown ? 200 : 404);
      if (!isKnown || request.current === body) return;
      takesPlace(request, body, which.kind === "error" ? "failed" : "received", true);
    },
    { choice: which, dies },
  ),
);

const unverified = fc.record({ at, choice }).map(({ at, choice }) =>
  about("unverified", at, async (request, world, { retired }) => {
    const authorization = basic(retired.at(-1) ?? "deepgram:wrong");
    const env = world.env;
    const answer = await deliver(bodyOf(request.id, at, choice), { env, authorization });
    expect(answer.status).toBe(401);
  }),
);

const erase = fc.record({ at, dies: mayDie }).map(({ at, dies }) =>
  about(
    "delete",
    at,
    async (request, world) => {
      const path = `/v1/transcripts/${request.id}`;
      const isKnown = request.state !== "unknown";
      const answer = await dying(world, dies, (replaced) =>
        ask(world, "DELETE", path, undefined, replaced),
      );
      expect(answer.status).toBe(isKnown ? 204 : 404);
      if (isKnown) deleted(request);
    },
    { dies },
  ),
);

const EXPECTED = { unknown: 404, expected: 409, overdue: 409, deleted: 410 };

const followUp = fc
  .record({ at, what: fc.constantFrom("webhook", "translate"), dies: mayDie })
  .map(({ at, what, dies }) =>
    about(
      "ask",
      at,
      async (request, world) => {
        const isWebhook = what === "webhook";
        const body = isWebhook
          ? { notify: [{ channel: "webhook", to: "second" }] }
          : { translate: ["es"] };
        const path = `/v1/transcripts/${request.id}/follow-ups`;
        const answer = await dying(world, dies, (replaced) =>
          ask(world, "POST", path, body, replaced),
        );
        const { state } = request;
        const accepted = state === "received" || isWebhook ? 202 : 409;
        const isThere = state === "received" || state === "failed";
        expect(answer.status).toBe(isThere ? accepted : EXPECTED[state]);
        if (answer.status !== 202) return;
        wants(request, isWebhook ? `webhook:second:transcript.${state}` : "translate:es");
      },
      { what, dies },
    ),
  );

const NAMES = [
  "webhook:crm:transcript.received",
  "webhook:crm:transcript.failed",
  "webhook:crm:transcript.overdue",
  "webhook:second:transcript.received",
  "webhook:crm:translation.completed:es",
  "translate:es",
];

const retry = fc.record({ at, name: fc.constantFrom(...NAMES) }).map(({ at, name }) =>
  about(
    "retry",
    at,
    async (request, world) => {
      const path = `/v1/transcripts/${request.id}/follow-ups/${encodeURIComponent(name)}/retry`;
      const { status } = await ask(world, "POST", path);
      const effect = request.effects.get(name);
      if (effect === undefined) {
        // What a translation or a deadline calls for may be there before the model looks.
        if (!isHeldOf(name) || request.state === "deleted") expect(status).toBe(404);
        if (status === 202) wants(request, name);
        return;
      }
      // What is moot may not be there, and is cancelled when it is started again.
      if (effect.isMoot || (request.revision > 0 && isHeldOf(name))) {
        if (status === 202) effect.most += 1;
        return;
      }
      if (effect.state === "done") {
        expect(status).toBe(202);
        Object.assign(effect, { state: "waiting", least: effect.least + 1, most: effect.most + 1 });
      } else if (effect.isDoubtful && status === 202) effect.most += 1;
    },
    { name },
  ),
);

const isHeldOf = (name: string) => name.includes("completed") || name.includes("overdue");

const expected = fc.record({ at }).map(({ at }) =>
  about("expected", at, async (request, world) => {
    const answer = await ask(world, "POST", "/v1/expected", { request_id: request.id });
    expect(answer.status).toBe(request.state === "deleted" ? 410 : 201);
    if (request.state !== "unknown") return;
    request.state = "expected";
    request.deadlineAt = Date.now() + DEADLINE_SECONDS * 1_000;
  }),
);

async function settle(model: Model, world: World, order: readonly number[]): Promise<void> {
  await workOffDue(world, order);
  await sweep(world);
  await workOffDue(world, order);
  workedOff(model, Date.now());
  await checkTold(world, model);
  for (const request of model.requests) await checkRequest(world, request);
  if (!model.isGivenUp) await checkWorkedOff(world, model);
}

const workOff = chances.map((order) =>
  command("workOff", (model, world) => settle(model, world, order), order),
);

const timePasses = chances.map((order) =>
  command("timePasses", async (model, world) => {
    later(DEADLINE_SECONDS + 1);
    await settle(model, world, order);
  }),
);

const doubted = ({ requests }: Model): void => {
  for (const { effects } of requests)
    for (const effect of effects.values()) effect.isDoubtful = true;
};

const consumerDying = fc.record({ death, chances }).map(({ death, chances: order }) =>
  command(
    "consumerDies",
    async (model, world) => {
      const message = (await consumerDies(world, death)) as { type: string } | null;
      doubted(model);
      model.deaths++;
      if (message?.type === "deadline") return settle(model, world, order);
      for (const request of model.requests) await checkRequest(world, request);
    },
    death,
  ),
);

const givingUp = chances.map((order) =>
  command("giveUp", async (model, world) => {
    if (await giveUp(world)) {
      model.isGivenUp = true;
      doubted(model);
    }
    await settle(model, world, order);
  }),
);

/** A person has all that was given up done again. */
export async function redriven(
  model: Model,
  world: World,
  order: readonly number[],
): Promise<void> {
  await workOffDue(world, order);
  const answer = await ask(world, "POST", "/v1/dead-letters/redrive", {});
  expect(answer.status).toBe(200);
  model.isGivenUp = false;
  await settle(model, world, order);
  const dry = await ask(world, "POST", "/v1/dead-letters/redrive", { dry_run: true });
  expect(await dry.json()).toMatchObject({ count: 0 });
}

const redrive = chances.map((order) =>
  command("redrive", (model, world) => redriven(model, world, order), order),
);

const receiverFails = fc
  .constantFrom({ status: 503 }, { status: 400 }, { drop: "after" as const })
  .map((order) =>
    command("receiverFails", (_, world) => world.channels.webhook.fail(order), order),
  );

const rotate = fc.boolean().map((isNew) =>
  command(
    "rotate",
    async (model, world) => {
      const { credentials, retired } = model;
      const made = credentials.length + retired.length;
      if (isNew) credentials.push(`deepgram:password-${made}`);
      else if (credentials.length > 1) retired.push(credentials.shift() as string);
      world.env.CALLBACK_CREDENTIALS = credentials.join(" ");
    },
    isNew,
  ),
);

const read = at.map((at) => about("read", at, (request, world) => checkRendered(world, request)));
const list = fc.constant(
  command("list", async (model, world) => {
    await settle(model, world, [0]);
    if (model.isGivenUp) return;
    await checkLists(world, model);
    await checkSearch(world, model);
  }),
);

export const COMMANDS: fc.Arbitrary<Command>[] = [
  callback,
  callback,
  callback,
  promotion,
  unverified,
  erase,
  followUp,
  retry,
  expected,
  workOff,
  timePasses,
  consumerDying,
  givingUp,
  redrive,
  receiverFails,
  rotate,
  read,
  list,
];
