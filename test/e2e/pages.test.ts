import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { streamScript } from "../fake-deepgram/stream-script.ts";
import { sizedBody, wholeBody } from "../support/bodies/sized.ts";
import { listenBody } from "../support/bodies.ts";
import { notHere } from "./chromium.ts";
import { looks } from "./pages-look.ts";
import { startWorld, TOKEN, type World } from "./pages-world.ts";

let world: World;

const newId = () => crypto.randomUUID();

/** As `expect.poll`, with time enough for a machine that is busy. */
const poll = <Value>(look: () => Value | Promise<Value>) => expect.poll(look, { timeout: 20_000 });

if (notHere !== null) it.skip(`in Chromium: not run, ${notHere}`);

describe.skipIf(notHere !== null)("in Chromium", () => {
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.close());

  async function transcribed(words = 120, more: object = {}): Promise<string> {
    const requestId = newId();
    const options = { words, diarize: true, utterances: true, smartFormat: true, ...more };
    await world.deliver(listenBody({ requestId, ...options }));
    return requestId;
  }

  describe("what people do", () => {
    afterEach(() => world.closePages());

    it("from submission by waiting to reading, finding, translating, sharing and deleting", async () => {
      const { page, wrong } = await world.openSignedIn();
      await page.goto("/");
      world.deepgram.misbehave("delay:2500,words:300", 1);
      await page.getByText("Submit audio").click();
      await page.getByLabel("or a file").setInputFiles({
        name: "call.wav",
        mimeType: "audio/wav",
        buffer: Buffer.alloc(200_000, 1),
      });
      await page.getByRole("textbox", { name: "Tag" }).fill("e2e");
      await page.getByRole("button", { name: "Submit" }).click();
      await page.getByRole("heading", { name: "Waiting for Deepgram" }).waitFor();
      const { pathname } = new URL(page.url());
      // Without a hand on it.
      await page.getByRole("article", { name: "Transcript" }).waitFor();
      expect(world.deepgram.jobs.at(-1)?.audio.bytes).toBe(200_000);

      await page.getByLabel("Find in transcript").fill("you");
      await page.getByRole("button", { name: "Find", exact: true }).click();
      const found = page.locator("#found");
      await poll(() => found.textContent()).toMatch(/^1 of [1-9]/);
      await page.getByRole("button", { name: "Next hit" }).click();
      await poll(() => found.textContent()).toMatch(/^2 of /);
      await page.getByRole("button", { name: "Previous hit" }).click();
      await poll(() => found.textContent()).toMatch(/^1 of /);
      expect(await page.evaluate("CSS.highlights.get('found').size")).toBe(1);

      await page.getByLabel("Speaker 1").fill("Elena");
      await page.getByRole("button", { name: "Save names" }).click();
      await page.locator(".turn bdi", { hasText: "Elena" }).first().waitFor();

      await page.getByLabel("Translate into").fill("es");
      await page.getByRole("button", { name: "Translate" }).click();

      await page.getByRole("button", { name: "Make a link" }).click();
      const url = await page.getByLabel("Link").inputValue();
      const reader = await world.open();
      await reader.page.goto(url);
      await reader.page.locator(".turn").first().waitFor();
      expect(await reader.page.getByRole("button", { name: "Save names" }).count()).toBe(0);
      await page.getByRole("button", { name: "Revoke" }).click();
      await poll(async () => (await reader.page.reload())?.status()).toBe(404);

      // The tab of the translation has come by itself.
      await page.getByRole("link", { name: "Spanish" }).click();
      await poll(() => page.locator(".turn .original").count()).toBeGreaterThan(0);

      await page.getByText("Delete this transcript").click();
      await page.getByRole("button", { name: "Delete for good" }).click();
      await page.getByRole("heading", { name: "Deleted" }).waitFor();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.goto(pathname);
      expect(new URL(page.url()).pathname).toBe("/sign-in");
      expect([...wrong, ...reader.wrong]).toEqual([]);
    });

    it("what failed, and what was unknown when it was opened, comes by itself", async () => {
      const { page } = await world.openSignedIn();
      const [failed, unknown] = [newId(), newId()];
      await page.goto(`/transcripts/${failed}`);
      await page.getByRole("heading", { name: "Not known" }).waitFor();
      await world.deliver({ request_id: failed, err_code: "BAD", err_msg: "No sound in it." });
      await page.getByText("No sound in it.").waitFor();
      await page.goto(`/transcripts/${unknown}`);
      await world.deliver(listenBody({ requestId: unknown, utterances: true }));
      await page.locator(".turn").first().waitFor();
    });

    it("the page of a job becomes that of its request, and stays", async () => {
      const { page, wrong } = await world.openSignedIn();
      const asked = await fetch(`${world.worker.url}/v1/expected`, {
        method: "POST",
        headers: { authorization: `Bearer ${TOKEN}` },
        body: "{}",
      });
      const its = (await asked.json()) as { request_id: string; callback_url: string };
      await page.goto(`/transcripts/${its.request_id}`);
      await page.getByRole("heading", { name: "Waiting for Deepgram" }).waitFor();
      const { origin, pathname, username, password } = new URL(its.callback_url);
      const requestId = newId();
      const called = await fetch(origin + pathname, {
        method: "POST",
        headers: { authorization: `Basic ${btoa(`${username}:${password}`)}` },
        body: JSON.stringify(listenBody({ requestId, utterances: true })),
      });
      expect(called.status).toBe(200);
      await page.locator(".turn").first().waitFor();
      expect(new URL(page.url()).pathname).toBe(`/transcripts/${requestId}`);
      let loads = 0;
      page.on("load", () => loads++);
      await page.waitForTimeout(3_000);
      expect(loads).toBe(0);
      expect(wrong).toEqual([]);
    });

    it("what is being spoken appears as it comes, and then the transcript", async () => {
      const requestId = newId();
      const { messages } = streamScript({ requestId, marks: false });
      const { page, wrong } = await world.openSignedIn();
      const finals = messages.filter(({ message }) => message.is_final === true);
      const [begin, ...rest] = messages.map(({ message }) => message);
      await world.deliver(begin);
      await page.goto(`/transcripts/${requestId}`);
      await page.getByRole("heading", { name: "Being spoken now" }).waitFor();
      for (const message of rest) await world.deliver(message);
      await poll(() => page.locator("#live p").count()).toBeGreaterThan(1);
      // Once it has been silent for long enough.
      await page.locator(".turn").first().waitFor();
      const said = (await page.locator(".turn p").allTextContents()).join(" ");
      const [first] = finals.map(({ message }) => message.channel as Channel);
      const words = first?.alternatives[0]?.transcript.split(" ").slice(0, 3) ?? [];
      expect(said).toContain(words.join(" "));
      expect(wrong).toEqual([]);
    });

    type Channel = { alternatives: { transcript: string }[] };

    it("ten hours open at once, come as the reader scrolls, and are found to their end", async () => {
      const requestId = newId();
      const body = sizedBody({ requestId, bytes: 12_000_000, diarize: true, utterances: true });
      await world.deliver(wholeBody(body));
      const { page, wrong } = await world.openSignedIn();
      await page.goto(`/transcripts/${requestId}`);
      const turns = page.locator(".turn");
      const first = await turns.count();
      await page.evaluate("scrollTo(0, document.body.scrollHeight)");
      await poll(() => turns.count()).toBeGreaterThan(first);
      const last = await lastTime(requestId);
      await page.goto(`/transcripts/${requestId}#t=${last}`);
      await page.reload();
      await poll(() => page.locator(".at").getAttribute("data-s")).toBe(last);
      const top = async () => (await page.locator(".at").boundingBox())?.y;
      await poll(top).toBeLessThan(page.viewportSize()?.height ?? 0);
      expect(await top()).toBeGreaterThan(0);
      await page.goto(`/transcripts/${requestId}`);
      await page.getByLabel("Find in transcript").fill("peonies");
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Previous hit" }).click();
      const found = page.locator("#found");
      await poll(() => found.textContent()).toMatch(/^(\d+) of \1$/);
      await poll(async () =>
        Number(await page.locator(".at").getAttribute("data-s")),
      ).toBeGreaterThan(Number(last) / 2);
      expect(wrong).toEqual([]);
    });

    async function lastTime(requestId: string): Promise<string> {
      const response = await fetch(`${world.worker.url}/v1/transcripts/${requestId}.html`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      return [...(await response.text()).matchAll(/id="t=([\d.]+)"/g)].at(-1)?.[1] ?? "";
    }

    it("a word that is clicked is played, and the page follows until the reader scrolls", async () => {
      const id = await transcribed(120, { extra: { audio_url: world.audioUrl } });
      const { page, wrong } = await world.openSignedIn();
      await page.goto(`/transcripts/${id}`);
      const word = page.locator("[data-t]").nth(30);
      const at = Number(await word.getAttribute("data-t"));
      await word.click();
      const now = "document.getElementById('audio').currentTime";
      await poll(() => page.evaluate(now)).toBeGreaterThan(at);
      expect(await page.evaluate(now)).toBeLessThan(at + 10);
      await page.locator(".now").waitFor();
      expect(await page.getByLabel("Follow along").isChecked()).toBe(true);
      await page.mouse.wheel(0, 300);
      await poll(() => page.getByLabel("Follow along").isChecked()).toBe(false);
      expect(wrong).toEqual([]);
    });

    it("the whole way can be gone with the keyboard alone", async () => {
      const { page, wrong } = await world.open();
      // A document that has only just started has no active element.
      const focused = () =>
        page.evaluate("document.activeElement?.id || document.activeElement?.textContent.trim()");
      const tabTo = async (name: string) => {
        for (let i = 0; i < 150 && (await focused()) !== name; i++)
          await page.keyboard.press("Tab");
        expect(await focused()).toBe(name);
      };
      const press = async (name: string, key = "Enter") => {
        await tabTo(name);
        await page.keyboard.press(key);
      };
      const write = async (name: string, text: string) => {
        await tabTo(name);
        await page.keyboard.type(text);
      };
      await page.goto("/");
      // The browser gives it the focus by itself, in its own time.
      await poll(focused).toBe("token");
      await page.keyboard.type(TOKEN);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Transcripts" }).waitFor();
      world.deepgram.misbehave("delay:1000,words:300", 1);
      await press("Submit audio");
      await write("audio-url", world.audioUrl);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Waiting for Deepgram" }).waitFor();
      await page.locator(".turn").first().waitFor();

      // It is made while the rest is done.
      await write("translate", "es");
      await page.keyboard.press("Enter");
      await page.locator("#follow-ups li").waitFor();
      await press("Skip to content");
      await write("q", "you");
      await page.keyboard.press("Enter");
      await poll(() => page.locator("#found").textContent()).toMatch(/^1 of /);
      await press("next", "Space");
      await poll(() => page.locator("#found").textContent()).toMatch(/^2 of /);
      await press("shade", "Space");
      expect(await page.getByLabel("Mark uncertain words").isChecked()).toBe(true);
      await write("speaker-0:0", "Dana");
      await page.keyboard.press("Enter");
      await page.locator(".turn bdi", { hasText: "Dana" }).first().waitFor();

      await page.getByRole("link", { name: "Spanish" }).waitFor();
      await press("Spanish");
      await page.locator(".turn .original").first().waitFor();
      await press("Make a link");
      await page.getByLabel("Link").waitFor();
      await press("Revoke");
      await page.getByLabel("Link").waitFor({ state: "detached" });
      await page.waitForLoadState();
      await press("Delete this transcript");
      await press("Delete for good");
      await page.getByRole("heading", { name: "Deleted" }).waitFor();
      await press("Sign out");
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      expect(wrong).toEqual([]);
    });

    it("the whole way can be gone without JavaScript", async () => {
      const { page } = await world.openSignedIn({ javaScriptEnabled: false });
      const turns = page.locator(".turn");
      const reloadUntil = (there: string) =>
        poll(async () => {
          await page.reload();
          return page.locator(there).count();
        }).toBeGreaterThan(0);
      await page.goto("/");
      world.deepgram.misbehave("delay:1000,words:3000", 1);
      await page.getByText("Submit audio").click();
      await page.getByLabel("Address of the audio").fill(world.audioUrl);
      await page.getByRole("button", { name: "Submit" }).click();
      await page.getByRole("heading", { name: "Waiting for Deepgram" }).waitFor();
      const { pathname } = new URL(page.url());
      await reloadUntil(".turn");

      await page.getByLabel("Translate into").fill("es");
      await page.getByRole("button", { name: "Translate" }).click();
      expect(await page.getByRole("button", { name: "Copy text" }).isVisible()).toBe(false);
      await page.getByRole("link", { name: "What follows" }).click();
      const later = await turns.first().getAttribute("data-s");
      await page.getByRole("link", { name: "From the beginning" }).click();
      expect(await turns.first().getAttribute("data-s")).not.toBe(later);
      const word =
        /\b[a-z]{5,}\b/.exec((await turns.locator("p").last().textContent()) ?? "")?.[0] ?? "";
      await page.getByLabel("Find in transcript").fill(word);
      await page.getByRole("button", { name: "Find", exact: true }).click();
      await page.locator("#hits a").last().click();
      await turns.getByText(word).first().waitFor();
      await page.getByLabel("Speaker 0").fill("Dana");
      await page.getByRole("button", { name: "Save names" }).click();
      await page.locator(".turn bdi", { hasText: "Dana" }).first().waitFor();

      await page.goto(pathname);
      await reloadUntil(".tabs");
      await page.goto("/");
      await page.getByLabel("Words that were said").fill(word);
      await page.getByRole("button", { name: "Search" }).click();
      await page.locator(`.hits a[href^="${pathname}"]`).first().click();
      await turns.getByText(word).first().waitFor();

      await page.getByRole("button", { name: "Make a link" }).click();
      const reader = await world.open({ javaScriptEnabled: false });
      await reader.page.goto(await page.getByLabel("Link").inputValue());
      await reader.page.getByRole("link", { name: "Spanish" }).click();
      await reader.page.getByText("[es]").first().waitFor();
      await page.getByText("Delete this transcript").click();
      await page.getByRole("button", { name: "Delete for good" }).click();
      await page.getByRole("heading", { name: "Deleted" }).waitFor();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
    });

    it("another site can neither act in a session nor frame a page", async () => {
      const id = await transcribed();
      const { page } = await world.openSignedIn();
      const target = `${world.worker.url}/transcripts/${id}`;
      // The audio's server stands for another origin.
      await page.route("**/evil", (route) =>
        route.fulfill({
          contentType: "text/html",
          body: `<iframe src="${target}"></iframe><form method="post" action="${target}/delete"><button>Win</button></form>`,
        }),
      );
      await page.goto(new URL("/evil", world.audioUrl.replace("127.0.0.1", "localhost")).href);
      const framed = page.frames()[1];
      await poll(() => framed?.url()).toMatch(/^chrome-error:/);
      await page.getByRole("button", { name: "Win" }).click();
      await page.getByRole("heading").waitFor();
      await page.goto(target);
      await page.locator(".turn").first().waitFor();
    });
  });

  looks(() => world);
});
