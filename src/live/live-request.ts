import { DurableObject } from "cloudflare:workers";
import { configOf } from "../config/config.ts";
import { utf8Bytes } from "../lib/bytes.ts";
import { hex, sha256 } from "../lib/digest.ts";
import { log, observe, reasonOf } from "../lib/log.ts";
import { timeout } from "../lib/timeout.ts";
import { jsonl } from "../transcript/formats/jsonl.ts";
import { type Claim, claim, requestOfNone } from "./claim-request.ts";
import { liveObject } from "./deliver-message.ts";
import { documentParts, liveSegments } from "./document.ts";
import { createListeners, segmentLines } from "./listeners.ts";
import { type LiveMessage, liveMessage, MAX_KEPT_BYTES, masked } from "./message.ts";
import { nextStep, type Step } from "./next-step.ts";
import { allMessages, quarantineOrphans, takeOrQuarantine } from "./quarantine-messages.ts";
import { storeDocument, streamed } from "./store-document.ts";
import { createStream, type LiveProgress, type Origin, type StreamState } from "./stream.ts";

/** What became of a message. */
export type Taken = "taken" | "another-request" | "deleted" | "too-large";

const TRY_AGAIN_MS = 30_000;
/** Less than the sender of a message is kept waiting. */
const CLAIM_WITHIN_MS = 5_000;
/** By then one who is still sending has been heard. */
const DOUBT_MS = 15_000;
/** RFC 6455, section 7.4.1: these are never sent. */
const UNSENT_CODES = [1005, 1006, 1015];

/**
 * The owner of one live request: takes its messages, from POSTs or a WebSocket, keeps what is final,
 * and makes one document of it at the end.
 */
export class LiveRequest extends DurableObject<Env> {
  readonly #stream = createStream(this.ctx.storage);
  readonly #listeners = createListeners();
  #claiming: Promise<Claim> | null = null;
  #saving: ReturnType<typeof setTimeout> | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /**
   * Takes one message, `callback_secret` masked. What is final is kept before this resolves, here or
   * by the owner of the request. Rejects when the request cannot be made known; repeating it is
   * harmless.
   */
  async take(origin: Origin, text: string): Promise<Taken> {
    const message = liveMessage(text);
    if (utf8Bytes(message.json) > MAX_KEPT_BYTES) return "too-large";
    const { requestId } = message;
    const state = this.#stream.state() ?? (await this.#begin(origin));
    if (requestId !== null && requestId !== (state.requestId ?? requestId)) {
      return "another-request";
    }
    if (requestId !== null && state.requestId === null) this.#stream.change({ requestId });
    if (state.forwardTo !== null) return this.#forward(state.forwardTo, text);
    this.#stream.hear(Date.now());
    if (message.kind === "interim") this.#show(message);
    else await this.#keep(message);
    const claimed = await this.#claim();
    if (claimed === "mine") return "taken";
    if (claimed === "deleted") await this.erase();
    else if (claimed === "another-request") await this.#disown();
    else {
      const isHanded = await this.#handOver(claimed.owner);
      return isHanded ? this.#forward(claimed.owner, text) : "taken";
    }
    return claimed;
  }

  /** Opens the WebSocket of a stream; who asks for it was verified. */
  override async fetch(request: Request): Promise<Response> {
    const query = new URL(request.url).searchParams;
    const origin: Origin = { name: query.get("name") ?? "", job: query.get("job") };
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    server.serializeAttachment(origin);
    // The stream continues on this socket.
    this.#stream.change({ closedAt: null });
    return new Response(null, { status: 101, webSocket: client });
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const origin = socket.deserializeAttachment() as Origin;
    const text = await masked(data, configOf(this.env), origin.job);
    try {
      const refusal = await takeOrQuarantine(this.env, text, () => this.take(origin, text));
      if (refusal !== null) socket.close(refusal.code, refusal.reason);
    } catch (error) {
      // It is kept already; the request is made known with the next message, or at the end.
      this.#log("warn", "live.unclaimed", { reason: reasonOf(error) });
    }
  }

  override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
    if (UNSENT_CODES.includes(code)) socket.close();
    else socket.close(code);
    await this.#closed(socket);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.#closed(socket);
  }

  override async alarm(): Promise<void> {
    try {
      await this.#wake(Date.now());
    } catch (error) {
      this.#log("error", "live.stuck", { reason: reasonOf(error) });
      await this.ctx.storage.setAlarm(Date.now() + TRY_AGAIN_MS);
    }
  }

  /** How far it has come; null when nothing is live here. */
  progress(): LiveProgress | null {
    return this.#stream.liveProgress();
  }

  /** The document so far, interims included; null when nothing is live here. */
  document(): Response | null {
    const messages = this.#stream.soFar();
    return messages && streamed(documentParts(messages));
  }

  /** The segments so far as JSON Lines, interims included; null when nothing is live here. */
  segments(): Response | null {
    const messages = this.#stream.soFar();
    return messages && streamed(jsonl(liveSegments(messages)));
  }

  /**
   * The segments of finals that came since a moment (milliseconds), and from then on each as it comes,
   * as lines of `LiveEvent`. Ends with the stream; null when nothing is live here.
   */
  listen(since: number): Response | null {
    const state = this.#stream.state();
    if (state === null || state.storedAt !== null) return null;
    const past = this.#stream.finalsSince(since).map(segmentLines);
    return new Response(this.#listeners.listen(past));
  }

  /** Forgets all that it has. */
  async erase(): Promise<void> {
    if (this.#saving !== null) clearTimeout(this.#saving);
    this.#saving = null;
    this.#stream.clear();
    this.#listeners.end();
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  async #begin(origin: Origin): Promise<StreamState> {
    const now = Date.now();
    const state = this.#stream.begin(origin, now);
    await this.ctx.storage.setAlarm(now + this.#silenceMs());
    return state;
  }

  #show(interim: LiveMessage): void {
    if (this.#stream.show(interim)) this.#listeners.push(segmentLines({ interim: interim.json }));
    this.#saveAt(this.#stream.reach(interim, Date.now()));
  }

  /** An object that is not evicted meanwhile saves at a moment (milliseconds) how far interims reach. */
  #saveAt(dueAt: number | null): void {
    if (dueAt === null || this.#saving !== null) return;
    const save = async () => {
      this.#saving = null;
      const state = this.#stream.state();
      if (state === null) return;
      this.#saveAt(this.#stream.saveInterimEnds(Date.now()));
      if (state.storedAt !== null) await this.#schedule(state);
    };
    this.#saving = setTimeout(
      () => save().catch((error) => this.#log("warn", "live.unsaved", { reason: reasonOf(error) })),
      Math.max(0, dueAt - Date.now()),
    );
  }

  async #keep(message: LiveMessage): Promise<void> {
    const digest = hex(await sha256(message.content));
    const state = this.#stream.state();
    if (state === null) return;
    const kept = this.#stream.keep(message, digest, Date.now());
    if (kept !== null && message.kind === "final") this.#listeners.push(segmentLines(kept));
    // Also for one that is kept already: a crash may have come before its alarm was set.
    if (this.#stream.isEnding() || state.storedAt !== null) await this.#schedule(state);
  }

  /** Makes the request known outside, once. */
  async #claim(): Promise<Claim> {
    const state = this.#stream.state();
    if (state === null || state.requestId === null || state.isClaimed) return "mine";
    const { requestId } = state;
    // One that hangs must not keep the messages after it.
    const claiming = () => claim(this.env, state, requestId, Date.now());
    this.#claiming ??= timeout(claiming(), CLAIM_WITHIN_MS, "the claim").finally(() => {
      this.#claiming = null;
    });
    const claimed = await this.#claiming;
    if (state !== this.#stream.state() || state.isClaimed) return claimed;
    if (claimed === "mine") this.#stream.change({ isClaimed: true });
    return claimed;
  }

  /**
   * The request has another owner: a second WebSocket to `/hook` has an object of its own. Hands over
   * all that is kept here. A crash before the end repeats it. False when the owner does not take it:
   * the messages stay, and become a document of their own.
   */
  async #handOver(owner: string): Promise<boolean> {
    const upTo = this.#stream.count();
    for (const { json } of allMessages(this.#stream.unmatched(upTo))) {
      if ((await this.#forward(owner, json)) === "another-request") {
        this.#stream.change({ isClaimed: true, forwardTo: null });
        return false;
      }
    }
    this.#stream.handedTo(owner, upTo);
    const state = this.#stream.state();
    if (state !== null) await this.ctx.storage.setAlarm(this.#next(state).at);
    return true;
  }

  #forward(owner: string, text: string): Promise<Taken> {
    return liveObject(this.env, owner).take({ name: owner, job: null }, text);
  }

  /** The caller puts the last message into quarantine; those before it have been accepted. */
  async #disown(): Promise<void> {
    const count = this.#stream.count();
    if (count > 1) await quarantineOrphans(this.env, this.#stream.unmatched(count));
    this.#stream.disown();
  }

  async #closed(socket: WebSocket): Promise<void> {
    const others = this.ctx.getWebSockets().filter((other) => other !== socket);
    const state = this.#stream.state();
    if (state === null || others.length > 0) return;
    this.#stream.change({ closedAt: Date.now() });
    await this.#schedule(state);
  }

  #next(state: StreamState): Step {
    return nextStep(this.#stream.progress(state, this.#silenceMs()));
  }

  /** Only ever brings the alarm forward: an alarm that comes too early puts itself off. */
  async #schedule(state: StreamState): Promise<void> {
    const { at } = this.#next(state);
    const alarm = await this.ctx.storage.getAlarm();
    if (alarm === null || at < alarm) await this.ctx.storage.setAlarm(at);
  }

  async #wake(now: number): Promise<void> {
    const state = this.#stream.state();
    if (state === null) return;
    const { step, at } = this.#next(state);
    const isDue = at <= now;
    // What has lost its memory may have heard interims: it listens a little longer, once.
    const isDoubtful = step === "silence" && this.#stream.isFresh() && !state.isDoubted;
    if (isDue && step === "purge") return this.erase();
    if (isDue && !isDoubtful) return this.#end(state);
    const isDoubted = isDue && isDoubtful;
    if (isDoubted !== state.isDoubted) this.#stream.change({ isDoubted });
    await this.ctx.storage.setAlarm(isDoubted ? now + DOUBT_MS : at);
  }

  /** Stores the document. Should it not come to its end, the alarm repeats it. */
  async #end(state: StreamState): Promise<void> {
    if (state.forwardTo !== null && (await this.#handOver(state.forwardTo))) return this.erase();
    const claimed = await this.#claim();
    if (claimed === "deleted") return this.erase();
    const isRefused = typeof claimed === "object" && !(await this.#handOver(claimed.owner));
    if (typeof claimed === "object" && !isRefused) return;
    const upTo = this.#stream.count();
    const messages = this.#stream.unmatched(upTo);
    if (claimed === "another-request") await quarantineOrphans(this.env, messages);
    const requestId =
      claimed === "mine" || isRefused
        ? (state.requestId ?? (await requestOfNone(this.env, state, messages)))
        : null;
    if (requestId === null) return this.erase();
    const parts = documentParts(this.#stream.kept(requestId, upTo));
    const stored = await storeDocument(this.env, requestId, parts, {
      owner: state.name,
      startedAt: state.startedAt,
      messages: upTo,
    });
    const fields = { request_id: requestId, outcome: stored, reason: "live", messages: upTo };
    observe(this.env, "info", "callback", fields);
    if (stored === "deleted" || state !== this.#stream.state()) return this.erase();
    this.#stream.stored(upTo, Date.now());
    this.#listeners.end();
    await this.ctx.storage.setAlarm(this.#next(state).at);
  }

  #silenceMs(): number {
    return configOf(this.env).liveSilenceSeconds * 1_000;
  }

  #log(level: "warn" | "error", event: string, facts: Record<string, unknown>): void {
    log(level, event, { request_id: this.#stream.state()?.requestId, ...facts });
  }
}
