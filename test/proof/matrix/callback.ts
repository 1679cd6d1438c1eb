import { expect } from "vitest";
import { BASIC } from "../../support/deliver.ts";
import { asOperator, get } from "../../support/get.ts";

/** What Deepgram delivers again and again until it is content. */
export type Callback = {
  path: string;
  method: "POST" | "PUT" | "DELETE";
  headers: Record<string, string>;
  body: Uint8Array;
  isChunked: boolean;
  /** The answer when nothing is wrong. */
  ends: number;
  /** The answer to a second call, where it is another one. */
  endsAgain?: number;
  /** Rejects unless all that an acknowledgement promises is so. */
  holds: () => Promise<void>;
  /** Effects of each channel that are to follow. */
  effects: number;
  /** Of webhooks, where they are more. */
  webhooks?: number;
  /** The request that the catalogue is to know. */
  id: string | null;
  /** Puts bindings in the place of those of its Durable Object. */
  within?: (replaced: Partial<Env>) => Promise<void>;
  /** What Deepgram does once it is content. */
  finish?: () => Promise<void>;
  /** Rejects unless nothing is left that is not to be. */
  left?: () => Promise<void>;
};

export const bytesOf = (text: string) => new TextEncoder().encode(text);

export const raw = async (id: string, query = "") =>
  get(`/v1/transcripts/${id}${query}`, { headers: { accept: "application/json" } });

/** Reading gives exactly this text. */
export async function reads(id: string, text: string, query = ""): Promise<void> {
  const response = await raw(id, query);
  expect(response.status).toBe(200);
  const found = await response.text();
  // A difference of megabytes would be printed for minutes.
  expect(found === text).toBe(true);
}

export const stateOf = async (id: string) =>
  (await (await get(`/v1/transcripts/${id}/status`)).json<{ state: string }>()).state;

export async function digestOf(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytesOf(text))).toHex();
}

export const readsVersion = async (id: string, text: string) =>
  reads(id, text, `?version=${await digestOf(text)}`);

/** It is in quarantine as it came, once. */
export async function isQuarantined(text: string): Promise<void> {
  const digest = await digestOf(text);
  const response = await asOperator("/v1/quarantine?limit=200");
  const { quarantine } = await response.json<{ quarantine: { digest: string }[] }>();
  expect(quarantine.filter((one) => one.digest === digest)).toHaveLength(1);
  expect(await (await asOperator(`/v1/quarantine/${digest}`)).text()).toBe(text);
}

/** The failure is reported, and stored as it came. */
export async function isFailed(id: string, text: string): Promise<void> {
  expect(await stateOf(id)).toBe("failed");
  await readsVersion(id, text);
}

export const callback = (given: Partial<Callback> & { text: string }): Callback => ({
  path: "/hook",
  method: "POST",
  headers: { authorization: BASIC, "content-type": "application/json" },
  body: bytesOf(given.text),
  isChunked: false,
  ends: 200,
  holds: async () => {},
  effects: 1,
  id: null,
  ...given,
});
