import type { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { ListenBody } from "../support/bodies/listen-body.ts";
import type { Sample } from "./bodies.ts";
import { type Answer, read, type Target } from "./receiver.ts";

/** For what a receiver keeps after it has answered. */
const KEPT_WITHIN_MS = 5_000;
const POLL_MS = 50;

export type Scenario = {
  /** As `--only` takes it. */
  name: string;
  /** What Deepgram does, or says, that makes it necessary; in our words. */
  because: string;
  /** How it is known: documented by Deepgram, captured from the live service, or inferred. */
  known: "documented" | "captured" | "inferred";
  /** The page of Deepgram's documentation; empty where there is none. */
  page: string;
  /** Throws a `Fault` when the receiver does not hold, `Unchecked` when that cannot be seen. */
  run: (target: Target) => Promise<void>;
};

/** Pages of developers.deepgram.com. */
export const PAGES = {
  callback: "https://developers.deepgram.com/docs/callback",
  changelog: "https://developers.deepgram.com/changelog/2026/10/27",
  recorded: "https://developers.deepgram.com/docs/pre-recorded-audio",
  missing: "https://developers.deepgram.com/docs/payload-too-large",
  multichannel: "https://developers.deepgram.com/docs/multichannel",
} as const;

/** What the receiver did wrong. */
export class Fault extends Error {}

/** What the options given do not let the kit see. */
export class Unchecked extends Error {}

/** Passes an answer with which Deepgram is content: any 2xx. */
export function accepted({ status, text }: Answer, what = "the callback"): void {
  if (status < 200 || status > 299) throw new Fault(`${what}: ${said(status, text)}`);
}

/** Passes an answer that refuses for good: 4xx. */
export function refused({ status, text }: Answer, what = "the callback"): void {
  if (status < 400 || status > 499)
    throw new Fault(`${what}: ${said(status, text)}, not a refusal`);
}

/** Passes any answer that is not a breakdown: 2xx or 4xx. */
export function answered({ status, text }: Answer, what = "the callback"): void {
  const isAnswer = (status >= 200 && status <= 299) || (status >= 400 && status <= 499);
  if (!isAnswer) throw new Fault(`${what}: ${said(status, text)}`);
}

/** Passes when exactly this text is read under an id, at once. */
export async function keptAtOnce(target: Target, { id, body }: Sample): Promise<void> {
  const found = await reading(target, id);
  if (found.status !== 200) throw new Fault(`read at once after the 2xx: ${found.status}`);
  if (found.text !== body) throw new Fault("read back: other bytes than were sent");
}

/** Passes when what was said on each channel is read under an id, within some seconds. */
export async function kept(target: Target, { id, body }: Sample): Promise<void> {
  const { results } = JSON.parse(body) as ListenBody;
  const said = results.channels.map(({ alternatives: [first] }) => first?.transcript ?? "");
  await saying(target, id, said);
}

/** Passes when all of it is read the first time that it is asked for, in whatever JSON. */
export async function wholeAtOnce(
  target: Target,
  { id, body }: Sample,
  agent: Agent,
): Promise<void> {
  const { status, text } = await reading(target, id, agent);
  if (status !== 200) throw new Fault(`read at once after the 2xx: ${status}`);
  if (text === "") throw new Fault("read at once after the 2xx: nothing yet");
  if (!isDeepStrictEqual(parsed(text), JSON.parse(body)))
    throw new Fault("read at once after the 2xx: not all that was sent");
}

/** Passes when all these texts are read under an id, within some seconds. */
export async function saying(target: Target, id: string, texts: string[]): Promise<void> {
  const until = Date.now() + KEPT_WITHIN_MS;
  for (;;) {
    const { status, text } = await reading(target, id);
    const missing = texts.filter((one) => !text.includes(JSON.stringify(one).slice(1, -1)));
    if (status === 200 && missing.length === 0) return;
    if (Date.now() > until) {
      throw new Fault(
        status === 200
          ? `${missing.length} of ${texts.length} texts are not kept`
          : `it is not kept: reading it is answered ${status}`,
      );
    }
    await sleep(POLL_MS);
  }
}

/** Passes when nothing is read under an id. */
export async function notKept(target: Target, id: string): Promise<void> {
  const { status } = await reading(target, id);
  if (status === 200) throw new Fault("it was kept all the same");
}

/** What is read under an id. */
export async function reading(target: Target, id: string, agent?: Agent): Promise<Answer> {
  const found = await read(target, id, agent);
  if (found === null) throw new Unchecked("what is kept: needs --read");
  return found;
}

/** Undefined when it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const said = (status: number, text: string) =>
  status === 0 ? `no answer (${text})` : `answered ${status}`;
