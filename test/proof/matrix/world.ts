import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import worker from "../../../src/index.ts";
import { indexed } from "../../integration/catalogue/said.ts";
import { type Channels, channels, PHONE } from "../../support/channels.ts";
import { deliver } from "../../support/deliver.ts";
import { recordingQueue } from "../../support/faulty.ts";
import { type Death, mortal } from "../../support/mortal.ts";
import { UNLIMITED } from "../../support/unlimited.ts";
import type { Fault } from "./faults.ts";

export const SIGNING_KEYS = "a-signing-key-of-the-tests-0123456789";

export type Work = { type: string; request_id?: string; generation?: number };

export type World = {
  channels: Channels;
  env: Partial<Env>;
  /** What is in the queue. */
  sent: unknown[];
  /** The version of the Worker that is deployed. */
  worker: typeof worker;
};

/** What is wrong for one attempt: bindings, calls to others, and a promise that ends it. */
export type Trouble = {
  env: Partial<Env>;
  died: Promise<"died">;
  sent: unknown[];
  fetch?: typeof fetch;
  /** Resumes what has waited for the retry. */
  release?: () => void;
};

export const NEVER = new Promise<never>(() => {});

/** Every transcript is sent to a webhook, which detects repetitions, and by SMS, which does not. */
const FOLLOW_UPS = {
  notify: [
    { channel: "webhook", to: "crm" },
    { channel: "sms", to: PHONE },
  ],
};

export function newWorld(): World {
  const providers = channels();
  const { queue, sent } = recordingQueue();
  const own = {
    SIGNING_KEYS,
    FOLLOW_UPS: JSON.stringify(FOLLOW_UPS),
    FOLLOW_UP_QUEUE: queue,
  };
  return { channels: providers, env: { ...providers.env, ...UNLIMITED, ...own }, sent, worker };
}

export function troubleOf(fault: Fault, death: Death | null): Trouble {
  if (fault.trouble) return fault.trouble();
  if (death !== null) return mortal(death);
  const sent: unknown[] = [];
  return { env: fault.env?.(sent) ?? {}, died: NEVER, sent };
}

/** Deploys the Worker once more: nothing is in its memory, and every secret was rotated. */
export async function deploy(world: World): Promise<void> {
  vi.resetModules();
  world.worker = (await import("../../../src/index.ts")).default;
  // Vitest ends an object of the version before at its next call, which fails.
  await indexed().catch(() => {});
  const { crm } = JSON.parse(world.env.WEBHOOK_ENDPOINTS ?? "");
  crm.secret = [`whsec_${btoa("the secret of the next version")}`, crm.secret];
  Object.assign(world.env, {
    CALLBACK_CREDENTIALS: `next:password ${env.CALLBACK_CREDENTIALS}`,
    CALLBACK_SECRETS: `next-secret ${env.CALLBACK_SECRETS}`,
    SIGNING_KEYS: `the-signing-key-of-the-next-version ${SIGNING_KEYS}`,
    WEBHOOK_ENDPOINTS: JSON.stringify({ crm }),
  });
}

/** Delivers a body while nothing is wrong. */
export const deliverTo = (world: World, body: string) => deliver(body, { env: world.env });

/** Runs the cron, and takes what it sends. */
export async function sweep(world: World, cron: string): Promise<void> {
  await world.worker.scheduled(createScheduledController({ cron }), { ...env, ...world.env });
}
