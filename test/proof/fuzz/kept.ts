import { expect } from "vitest";
import { isStreamMessage } from "../../../src/deepgram/callback.ts";
import { parseJson } from "../../../src/lib/bytes.ts";
import { hex, sha256 } from "../../../src/lib/digest.ts";
import { get, OPERATOR } from "../../support/get.ts";

const STAR = 0x2a;

const asOperator = (path: string, method = "GET") =>
  get(path, { method, headers: { authorization: OPERATOR } });

const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

/** Fails unless both are the same; the value of a `callback_secret` may be masked. */
function expectSame(kept: Uint8Array<ArrayBuffer>, sent: Uint8Array): void {
  const hasSecret = new TextDecoder().decode(sent).includes("callback_secret");
  const isSame = (byte: number, at: number) => byte === sent[at] || (hasSecret && byte === STAR);
  expect([kept.length, kept.every(isSame)]).toEqual([sent.length, true]);
}

type Listed = { quarantine: { digest: string; bytes: number }[] };

/** Empties the quarantine; gives what was in it. */
export async function takeQuarantined(): Promise<Uint8Array<ArrayBuffer>[]> {
  const { quarantine } = await (await asOperator("/v1/quarantine")).json<Listed>();
  const taken: Uint8Array<ArrayBuffer>[] = [];
  for (const { digest, bytes } of quarantine) {
    const path = `/v1/quarantine/${digest}`;
    const body = await bytesOf(await asOperator(path));
    expect([body.length, hex(await sha256(body))]).toEqual([bytes, digest]);
    expect((await asOperator(path, "DELETE")).status).toBe(204);
    taken.push(body);
  }
  return taken;
}

/** Fails unless what was set aside is this body alone. */
export async function expectQuarantined(sent: Uint8Array): Promise<void> {
  const [body, ...more] = await takeQuarantined();
  expect(more).toEqual([]);
  expectSame(body ?? new Uint8Array(), sent);
}

type Status = { state: string; sha256: string; follow_ups: { name: string; state: string }[] };

/** The status of a request that must be known. */
export async function statusOf(id: string): Promise<Status> {
  const response = await get(`/v1/transcripts/${id}/status`);
  expect([id, response.status]).toEqual([id, 200]);
  return response.json<Status>();
}

/** Fails unless a transcript, or a failure, is read as it was sent; gives its state. */
export async function expectKept(id: string, sent: Uint8Array): Promise<string> {
  const { state, sha256: digest } = await statusOf(id);
  expect(["received", "failed"]).toContain(state);
  const response = await get(`/v1/transcripts/${id}.json?version=${digest}`);
  expect(response.status).toBe(200);
  const body = await bytesOf(response);
  expect(hex(await sha256(body))).toBe(digest);
  expectSame(body, sent);
  return state;
}

/** Fails unless what was acknowledged without a callback is a message of a stream, which is live. */
export async function expectLive(id: string, sent: Uint8Array): Promise<void> {
  const text = new TextDecoder().decode(sent);
  const message = parseJson(text);
  expect(isStreamMessage(message), text.slice(0, 300)).toBe(true);
  // Some messages have no id: those say nothing of a request.
  if (text.includes(id)) expect(["live", "received"]).toContain((await statusOf(id)).state);
}
