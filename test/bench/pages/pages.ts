import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { CHROMIUM } from "../../e2e/chromium.ts";
import { eventually } from "../../e2e/eventually.ts";
import { signIn, TOKEN } from "../../e2e/pages-world.ts";
import { type RunningWorker, runWorker } from "../../e2e/run-worker.ts";
import { sizedBody, wholeBody } from "../../support/bodies/sized.ts";
import { listenBody } from "../../support/bodies.ts";
import { heading, inMs, must, note, table } from "../print.ts";
import { median } from "../rounds.ts";
import { type Seen, visited } from "./visited.ts";

const ROUNDS = 7;
const ROWS = 1_000;
const AT_ONCE = 16;
const CALLBACK = "deepgram:bench-password";
/** Of script and style together. */
const ASSET_BYTES = 60_000;
const FILL_TIMEOUT_MS = 300_000;

type Page = { name: string; path: string; content: string };

/** What people wait for: pages of `npm start` on this machine, in a real browser where there is one. */
export async function pages(): Promise<void> {
  const persistTo = mkdtempSync(join(tmpdir(), "bench-pages-"));
  const worker = await runWorker({
    persistTo,
    vars: {
      CALLBACK_CREDENTIALS: CALLBACK,
      CALLBACK_SECRETS: "",
      SIGNING_KEYS: "bench-signing-key-0123456789abcdef0123",
      API_TOKENS: `bench:read+submit+admin:${TOKEN}`,
      FOLLOW_UPS: "{}",
    },
  });
  try {
    const measured = await fill(worker);
    await served(worker, measured);
    await shown(worker, measured);
  } finally {
    await worker.stop();
    rmSync(persistTo, { recursive: true, force: true });
  }
}

/** Delivers what the pages show, and waits until the catalogue has it. */
async function fill(worker: RunningWorker): Promise<Page[]> {
  const large = await Promise.all(
    // Of 5 MB the audio is two hours long.
    [1_000_000, 5_000_000, 50_000_000].map(async (bytes): Promise<Page> => {
      const requestId = crypto.randomUUID();
      const body = sizedBody({ requestId, bytes, diarize: true, utterances: true });
      await deliver(worker, wholeBody(body));
      const name = `transcript of ${bytes / 1e6} MB`;
      return { name, path: `/transcripts/${requestId}`, content: ".turn" };
    }),
  );
  for (let made = large.length; made < ROWS; made += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, ROWS - made) }, () => {
      const body = listenBody({ requestId: crypto.randomUUID(), words: 20, tags: ["front"] });
      return deliver(worker, Buffer.from(JSON.stringify(body)));
    });
    await Promise.all(batch);
  }
  const listed = async () => {
    const response = await fetch(`${worker.url}/v1/transcripts?limit=${ROWS}`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    return ((await response.json()) as { transcripts: unknown[] }).transcripts.length;
  };
  await eventually(listed, (count) => count === ROWS, FILL_TIMEOUT_MS);
  return [...large, { name: `list of ${ROWS}`, path: "/", content: ".rows > li" }];
}

async function deliver({ url }: RunningWorker, body: Uint8Array): Promise<void> {
  const response = await fetch(`${url}/hook`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(CALLBACK)}` },
    body: Buffer.from(body),
  });
  if (!response.ok) throw new Error(`the callback was answered ${response.status}`);
}

/** What the Worker sends, without a browser. */
async function served({ url }: RunningWorker, measured: Page[]): Promise<void> {
  heading("As they are served");
  const signedIn = await fetch(`${url}/sign-in`, {
    method: "POST",
    redirect: "manual",
    headers: { origin: url },
    body: new URLSearchParams({ token: TOKEN }),
  });
  const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
  const rows: string[][] = [];
  let assets = "";
  for (const { name, path } of measured) {
    const response = await fetch(`${url}${path}`, { headers: { cookie } });
    const html = await response.text();
    if (!response.ok) throw new Error(`${path} is answered ${response.status}`);
    assets ||= html;
    rows.push([name, inKb(Buffer.byteLength(html)), inKb(gzipSync(html).length)]);
  }
  let assetBytes = 0;
  for (const [address] of assets.matchAll(/\/assets\/page-[0-9a-f]+\.(?:css|js)/g)) {
    const text = await (await fetch(`${url}${address}`)).text();
    const name = address.endsWith(".js") ? "script" : "style";
    rows.push([`${name}, once for all pages`, inKb(text.length), inKb(gzipSync(text).length)]);
    assetBytes += text.length;
  }
  must(assetBytes <= ASSET_BYTES, `script and style of at most ${ASSET_BYTES} bytes`);
  table([["", "bytes", "gzip"], ...rows]);
}

/** How long it takes until there is something to read. */
async function shown(worker: RunningWorker, measured: Page[]): Promise<void> {
  heading(`In Chromium, the median of ${ROUNDS}`);
  if (!existsSync(CHROMIUM)) {
    note(`skipped: there is no ${CHROMIUM}; apt-get install chromium, or set CHROMIUM`);
    return;
  }
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  const context = await browser.newContext({ baseURL: worker.url });
  await signIn(await context.newPage());
  const storageState = await context.storageState();
  const seen = new Map<string, Seen[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, path, content } of measured) {
      const visitor = await browser.newContext({ baseURL: worker.url, storageState });
      for (const when of ["first visit", "again"]) {
        const key = `${name}, ${when}`;
        seen.set(key, [...(seen.get(key) ?? []), await visited(visitor, path, content)]);
      }
      await visitor.close();
    }
  }
  await browser.close();
  const rows = [...seen].map(([name, all]) => {
    const middle = (figure: (each: Seen) => number) => median(all.map(figure));
    return [
      name,
      String(middle((each) => each.requests)),
      inKb(middle((each) => each.bytes)),
      inMs(middle((each) => each.firstByteMs)),
      inMs(middle((each) => each.firstPaintMs)),
      inMs(middle((each) => each.contentMs)),
    ];
  });
  table([["", "requests", "bytes", "first byte", "first paint", "first content"], ...rows]);
  note(
    "Requests and bytes go over the network; compressed; what comes from the cache does not count.",
  );
}

const inKb = (bytes: number) => `${(bytes / 1_000).toFixed(1)} kB`;
