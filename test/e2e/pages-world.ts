import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import { type FakeDeepgram, startFakeDeepgram } from "../fake-deepgram/fake-deepgram.ts";
import { startFakeLibreTranslate } from "../support/providers/fake-libretranslate.ts";
import { CHROMIUM } from "./chromium.ts";
import { type RunningWorker, runWorker } from "./run-worker.ts";

export const TOKEN = "e2e-page-token-0123456789";
const DEEPGRAM_KEY = "e2e-deepgram-key-0123456789";
const SAMPLES_A_SECOND = 8_000;
const AUDIO_SECONDS = 60;

/** Where screenshots are left to be looked at; empty makes none. */
const SCREENSHOTS = process.env.SCREENSHOTS ?? "";

/** Leaves a screenshot, where there is somebody to look at it. */
export async function picture(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS !== "") await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}

export type World = {
  worker: RunningWorker;
  deepgram: FakeDeepgram;
  browser: Browser;
  audioUrl: string;
  /** Sends a callback body to the Worker. */
  deliver: (body: unknown) => Promise<void>;
  /** A page in a browser of its own, and what was wrong on it: errors, and what the policy refused. */
  open: (options?: BrowserContextOptions) => Promise<{ page: Page; wrong: string[] }>;
  /** The same, signed in. */
  openSignedIn: (options?: BrowserContextOptions) => Promise<{ page: Page; wrong: string[] }>;
  /** Closes all browsers that were opened: their event streams stay open otherwise. */
  closePages: () => Promise<void>;
  close: () => Promise<void>;
};

/** The Worker with a Deepgram, a translator, audio to play, and a browser. */
export async function startWorld(): Promise<World> {
  const persistTo = mkdtempSync(join(tmpdir(), "edge-pages-"));
  const deepgram = await startFakeDeepgram({ retryIntervalMs: 300, key: DEEPGRAM_KEY });
  const translator = await startFakeLibreTranslate({});
  const audio = await serveAudio();
  const launching = chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  // The caller that awaits it sees a failure.
  launching.catch(() => {});
  const worker = await runWorker({
    persistTo,
    vars: {
      CALLBACK_CREDENTIALS: "deepgram:e2e-callback-password",
      CALLBACK_SECRETS: "",
      SIGNING_KEYS: "e2e-signing-key-0123456789abcdef012345",
      API_TOKENS: `e2e:read+submit+admin:${TOKEN}`,
      DEEPGRAM_URL: deepgram.url,
      DEEPGRAM_API_KEY: DEEPGRAM_KEY,
      TRANSLATOR: "libretranslate",
      LIBRETRANSLATE_URL: translator.url,
      AUDIO_ORIGINS: new URL(audio.url).origin,
      FOLLOW_UPS: "{}",
      LIVE_SILENCE_SECONDS: "5",
    },
  });
  const browser = await launching;
  const contexts: BrowserContext[] = [];
  const open: World["open"] = async (options = {}) => {
    const context = await browser.newContext({ baseURL: worker.url, ...options });
    contexts.push(context);
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("dialog", (dialog) => wrong.push(`dialog: ${dialog.message()}`));
    page.on("console", (message) => {
      if (/Content Security Policy/.test(message.text())) wrong.push(message.text());
    });
    return { page, wrong };
  };
  return {
    worker,
    deepgram,
    browser,
    audioUrl: audio.url,
    open,
    // Each has a session of its own: signing out of one ends it everywhere.
    openSignedIn: async (options) => {
      const opened = await open(options);
      await signIn(opened.page);
      return opened;
    },
    closePages: async () => {
      await Promise.all(contexts.splice(0).map((context) => context.close()));
    },
    deliver: async (body) => {
      const response = await fetch(`${worker.url}/hook`, {
        method: "POST",
        headers: { authorization: `Basic ${btoa("deepgram:e2e-callback-password")}` },
        body: body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body),
      });
      if (!response.ok) throw new Error(`the callback was answered ${response.status}`);
    },
    close: async () => {
      await browser.close();
      await worker.stop();
      await Promise.all([deepgram.close(), translator.close(), audio.close()]);
      rmSync(persistTo, { recursive: true, force: true });
    },
  };
}

export async function signIn(page: Page): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("API token").fill(TOKEN);
  await page.getByRole("button", { name: "Sign in" }).click();
  // On phones the links of the bar are in a menu.
  await page.locator(".bar").waitFor();
}

/** A minute of silence as WAV, with byte ranges, without which a browser cannot seek. */
async function serveAudio() {
  const samples = SAMPLES_A_SECOND * AUDIO_SECONDS;
  const wav = Buffer.alloc(44 + samples, 0x80);
  wav.write("RIFF", 0);
  wav.writeUInt32LE(36 + samples, 4);
  wav.write("WAVEfmt ", 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(SAMPLES_A_SECOND, 24);
  wav.writeUInt32LE(SAMPLES_A_SECOND, 28);
  wav.writeUInt16LE(1, 32);
  wav.writeUInt16LE(8, 34);
  wav.write("data", 36);
  wav.writeUInt32LE(samples, 40);
  const server = createServer((request, response) => {
    const [, from = "0", to = ""] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "") ?? [];
    const last = to === "" ? wav.length - 1 : Number(to);
    response.writeHead(206, {
      "content-type": "audio/wav",
      "accept-ranges": "bytes",
      "content-range": `bytes ${from}-${last}/${wav.length}`,
      "content-length": last - Number(from) + 1,
    });
    response.end(wav.subarray(Number(from), last + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/call.wav`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
