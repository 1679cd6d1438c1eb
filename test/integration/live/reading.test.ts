import { abortAllDurableObjects } from "cloudflare:test";
import { describe, expect, inject, it } from "vitest";
import { streamScript } from "../../fake-deepgram/stream-script.ts";
import { send } from "../../support/deliver.ts";
import { eventually } from "../../support/eventually.ts";
import { get, READER } from "../../support/get.ts";
import { alarmAfter, post, postAll, statusOf } from "./stream.ts";

const script = (options: Parameters<typeof streamScript>[0] = {}) =>
  streamScript({ requestId: crypto.randomUUID(), marks: false, ...options });

type Script = ReturnType<typeof script>;

const isFinal = ({ message }: Script["messages"][number]) => message.is_final === true;
const textOf = ({ message }: Script["messages"][number]): string =>
  (message.channel as { alternatives: [{ transcript: string }] }).alternatives[0].transcript;

const withoutSpaces = (text: string) => text.replace(/\s+/g, "");

describe("while a request is live", () => {
  it("the status shows how far it has come", async () => {
    const its = script();
    const [first, second] = its.messages.filter(isFinal);
    await postAll([first!, second!]);
    const { start, duration } = second!.message as { start: number; duration: number };
    expect(await statusOf(its.requestId)).toMatchObject({
      state: "live",
      duration: start + duration,
      channels: 1,
      live: { finals: 2, heard_at: expect.stringMatching(/Z$/) },
    });
    const listed = await (await get("/v1/transcripts?state=live")).json();
    expect(listed).toMatchObject({ transcripts: [{ request_id: its.requestId, state: "live" }] });
  });

  it("without ?partial=true it is 202", async () => {
    const its = script();
    await postAll(its.messages.slice(0, 4));
    const response = await get(`/v1/transcripts/${its.requestId}.vtt`);
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ state: "live" });
  });

  it.each(["json", "vtt", "srt", "txt", "md", "csv", "jsonl", "html"])(
    "?partial=true gives the text so far as .%s, interims included",
    async (format) => {
      const its = script();
      const at = its.messages.findIndex(isFinal) + 2;
      const soFar = its.messages.slice(0, at);
      const [final, interim] = [soFar.find(isFinal)!, soFar.at(-1)!];
      expect(interim.message.is_final).toBe(false);
      await postAll(soFar);
      const path = `/v1/transcripts/${its.requestId}`;
      const response = await get(`${path}.${format}?partial=true`);
      expect(response.status).toBe(200);
      expect(response.headers.get("cache-control")).toBe("no-store");
      const text = withoutSpaces(await response.text());
      for (const word of textOf(final).split(" ").slice(0, 2)) expect(text).toContain(word);
      if (format === "json") {
        expect(JSON.parse(text)).toMatchObject({ metadata: { request_id: its.requestId } });
        expect(text).toContain(withoutSpaces(`${textOf(final)} ${textOf(interim)}`));
      }
      const accept = response.headers.get("content-type")!.split(";")[0]!;
      const accepted = await get(`${path}?partial=true`, { headers: { accept } });
      expect(accepted.headers.get("content-type")).toBe(response.headers.get("content-type"));
    },
  );

  it("an interim gives way to a newer one, and to the final, whatever comes late", async () => {
    const its = script();
    const firstFinal = its.messages.findIndex(isFinal);
    const [older, newer] = its.messages.slice(0, 2);
    const final = its.messages[firstFinal]!;
    const partial = async () => {
      const response = await get(`/v1/transcripts/${its.requestId}.jsonl?partial=true`);
      const lines = (await response.text()).trim().split("\n");
      return lines.map((line) => JSON.parse(line).text).join(" ");
    };
    await postAll([newer!, older!]);
    expect(await partial()).toBe(textOf(newer!));
    await postAll([final, older!, newer!]);
    expect(await partial()).toBe(textOf(final));
    const within = structuredClone(newer!);
    within.message.start = 0.5;
    await postAll([within]);
    expect(await partial()).toBe(textOf(final));
    const next = structuredClone(its.messages[firstFinal + 1]!);
    expect(next.message.is_final).toBe(false);
    await postAll([next]);
    expect(await partial()).toBe(`${textOf(final)} ${textOf(next)}`);
    const longer = structuredClone(final);
    const channel = { alternatives: [{ transcript: "all at once" }] };
    Object.assign(longer.message, { start: 0.5, duration: 100, channel });
    await postAll([longer]);
    expect(await partial()).toContain("all at once");
    expect(await partial()).not.toContain(textOf(next));
  });

  it("slices are of the finals so far", async () => {
    const its = script({ channels: 2 });
    await postAll(its.messages.slice(0, -1));
    const response = await get(`/v1/transcripts/${its.requestId}.jsonl?partial=true&channel=1`);
    const lines = (await response.text()).trim().split("\n");
    expect(new Set(lines.map((line) => JSON.parse(line).channel))).toEqual(new Set([1]));
  });

  it("once it has ended ?partial=true gives the whole", async () => {
    const its = script();
    await postAll(its.messages);
    await alarmAfter(its.requestId, 3);
    const path = `/v1/transcripts/${its.requestId}.vtt`;
    const [whole, partial] = await Promise.all([get(path), get(`${path}?partial=true`)]);
    expect(await partial.text()).toBe(await whole.text());
    expect(partial.headers.get("etag")).toBe(whole.headers.get("etag"));
  });
});

type Event = { event: string; id: string; data: Record<string, unknown>; at: number };

/** Collects the events of a request as they come. */
async function follow(id: string, headers: Record<string, string> = {}) {
  const events: Event[] = [];
  const client = new AbortController();
  const request = new Request(`https://edge.test/v1/transcripts/${id}/events`, {
    headers: { authorization: READER, ...headers },
    signal: client.signal,
  });
  const response = await send(request);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const reading = (async () => {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      text += value;
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const field = (name: string) => block.match(new RegExp(`^${name}: (.*)$`, "m"))?.[1] ?? "";
        if (field("data") === "") continue;
        const data = JSON.parse(field("data"));
        events.push({ event: field("event"), id: field("id"), data, at: Date.now() });
      }
    }
  })().catch(() => {});
  const leave = async () => {
    client.abort();
    await reader.cancel().catch(() => {});
    await reading;
  };
  const segments = () => events.filter(({ event }) => event === "segment");
  /** A final may make several segments. */
  const said = () =>
    segments()
      .map(({ data }) => data.text)
      .join(" ");
  const heard = (finals: Script["messages"]) =>
    eventually(() => expect(said()).toBe(finals.map(textOf).join(" ")));
  return { events, segments, heard, leave };
}

describe("/events", () => {
  // A time that a busy machine cannot keep is asked for only where all is run.
  const withinMs = inject("isFull") ? 200 : 2_000;

  it(`pushes a segment to twenty listeners within ${withinMs} ms`, async () => {
    const its = script();
    const finals = its.messages.filter(isFinal);
    await postAll(finals.slice(0, 1));
    const listeners = await Promise.all(Array.from({ length: 20 }, () => follow(its.requestId)));
    await Promise.all(listeners.map(({ heard }) => heard(finals.slice(0, 1))));
    for (const count of [2, 3, 4]) {
      const sentAt = Date.now();
      await post(finals[count - 1]!.message);
      await Promise.all(listeners.map(({ heard }) => heard(finals.slice(0, count))));
      for (const { segments } of listeners) {
        expect(segments().at(-1)!.at - sentAt).toBeLessThan(withinMs);
      }
    }
    for (const { segments } of listeners) {
      expect(segments()[0]!.data).toMatchObject({ is_final: true, request_id: its.requestId });
    }
    await Promise.all(listeners.map(({ leave }) => leave()));
  });

  it("shows interims too, without an id", async () => {
    const its = script();
    await postAll(its.messages.slice(0, 1));
    const { segments, leave } = await follow(its.requestId);
    await eventually(async () => {
      await postAll(its.messages.slice(1, 3));
      expect(segments().length).toBeGreaterThan(1);
    });
    expect(segments()[0]).toMatchObject({ id: "", data: { is_final: false } });
    await leave();
  });

  it("sends every segment to a listener that had only the state", async () => {
    const its = script();
    const finals = its.messages.filter(isFinal).slice(0, 2);
    await postAll(finals);
    const id = `${Date.now() + 1_000}.${its.requestId.slice(0, 8)}.live`;
    const { heard, leave } = await follow(its.requestId, { "last-event-id": id });
    await heard(finals);
    await leave();
  });

  it("continues after Last-Event-ID, without a gap", async () => {
    const its = script();
    const finals = its.messages.filter(isFinal);
    await postAll(finals.slice(0, 3));
    const first = await follow(its.requestId);
    await first.heard(finals.slice(0, 3));
    await first.leave();
    await postAll(finals.slice(3, 5));
    const [{ id, data }] = first.segments() as [Event];
    const second = await follow(its.requestId, { "last-event-id": id });
    const rest = finals
      .slice(0, 5)
      .map(textOf)
      .join(" ")
      .slice(String(data.text).length + 1);
    await eventually(() =>
      expect(
        second
          .segments()
          .map(({ data }) => data.text)
          .join(" "),
      ).toBe(rest),
    );
    await second.leave();
  });

  it("continues when the object is restarted", async () => {
    const its = script();
    const finals = its.messages.filter(isFinal);
    await postAll(finals.slice(0, 2));
    const { heard, leave } = await follow(its.requestId);
    await heard(finals.slice(0, 2));
    await abortAllDurableObjects();
    await postAll(finals.slice(2, 4));
    await heard(finals.slice(0, 4));
    await leave();
  });

  it("tells the end", async () => {
    const its = script();
    await postAll(its.messages);
    const { events, leave } = await follow(its.requestId);
    await alarmAfter(its.requestId, 3);
    await eventually(() =>
      expect(events.at(-1)).toMatchObject({ event: "state", data: { state: "received" } }),
    );
    await leave();
  });
});
