import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { streamScript } from "../fake-deepgram/stream-script.ts";
import { sizedBody, wholeBody } from "../support/bodies/sized.ts";
import { listenBody } from "../support/bodies.ts";
import { unzipped } from "../support/unzipped.ts";
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

  // A journey has dozens of steps, and the machine may be busy.
  describe("what people do", { timeout: 180_000 }, () => {
    afterEach(() => world.closePages());

    it("from submission by waiting to reading, finding, translating, sharing and deleting", async () => {
      const { page, wrong } = await world.openSignedIn();
      await page.goto("/submit");
      world.deepgram.misbehave("delay:2500,words:300", 1);
      expect(await page.getByRole("progressbar").isVisible()).toBe(false);
      await page.getByLabel("Drop a file or choose one").setInputFiles({
        name: "call.wav",
        mimeType: "audio/wav",
        buffer: Buffer.alloc(200_000, 1),
      });
      await page.getByLabel("Tags").fill("e2e, pages");
      await page.getByRole("button", { name: "Submit audio" }).click();
      await page.getByRole("heading", { name: "Waiting for Deepgram" }).waitFor();
      const { pathname } = new URL(page.url());
      // Without a hand on it.
      await page.getByRole("article", { name: "Transcript" }).waitFor();
      expect(world.deepgram.jobs.at(-1)?.audio.bytes).toBe(200_000);

      await page.getByLabel("Find", { exact: true }).fill("you");
      await page.keyboard.press("Enter");
      const found = page.locator("#found");
      await poll(() => found.textContent()).toMatch(/^1 of [1-9]/);
      await page.keyboard.press("Enter");
      await poll(() => found.textContent()).toMatch(/^2 of /);
      await page.keyboard.press("Shift+Enter");
      await poll(() => found.textContent()).toMatch(/^1 of /);
      expect(await page.evaluate("CSS.highlights.get('current').size")).toBe(1);
      await page.keyboard.press("Escape");
      await poll(() => page.evaluate("CSS.highlights.get('current').size")).toBe(0);

      await page.locator(".speaker", { hasText: "Speaker 1" }).first().click();
      await page.getByLabel("Name of Speaker 1 in this transcript").fill("Elena");
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.locator(".turn bdi", { hasText: "Elena" }).first().waitFor();

      await page.getByText("More", { exact: true }).click();
      await page.getByRole("link", { name: "Translate" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Languages").fill("es");
      await dialog.getByRole("button", { name: "Translate" }).click();
      await page.getByText("Translation into Spanish").waitFor();

      await page.getByRole("link", { name: "Share" }).click();
      await dialog.getByRole("button", { name: "Create link" }).click();
      const url = await page.locator("input.url").inputValue();
      const reader = await world.open();
      await reader.page.goto(url);
      await reader.page.locator(".turn").first().waitFor();
      expect(await reader.page.getByRole("button", { name: "Save names" }).count()).toBe(0);
      await page.getByRole("button", { name: "Revoke" }).click();
      await poll(async () => (await reader.page.reload())?.status()).toBe(404);
      await page.goto(pathname);

      // The tab of the translation has come by itself.
      await page.getByRole("link", { name: "Spanish" }).click();
      await poll(() => page.locator(".turn .original").count()).toBeGreaterThan(0);

      await page.getByText("More", { exact: true }).click();
      await page.getByRole("link", { name: "Delete" }).click();
      await dialog.getByRole("button", { name: "Delete" }).click();
      await page.getByRole("heading", { name: "Deleted" }).waitFor();
      await page.getByText("e2e", { exact: true }).first().click();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByText("You've been signed out.").waitFor();
      await page.goto(pathname);
      expect(new URL(page.url()).pathname).toBe("/sign-in");
      expect([...wrong, ...reader.wrong]).toEqual([]);
    });

    it("what failed, and what was unknown when it was opened, comes by itself", async () => {
      const { page } = await world.openSignedIn();
      const [failed, unknown] = [newId(), newId()];
      await page.goto(`/transcripts/${failed}`);
      await page.getByRole("heading", { name: "No transcript with this request_id" }).waitFor();
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
      await page.getByRole("heading", { name: "Live" }).waitFor();
      for (const message of rest) await world.deliver(message);
      await poll(() => page.locator("#live .speaker .marker").count()).toBeGreaterThan(1);
      // Once it has been silent for long enough.
      await page.locator(".turn").first().waitFor();
      const said = (await page.locator(".turn p").allTextContents()).join(" ");
      const [first] = finals.map(({ message }) => message.channel as Channel);
      const words = first?.alternatives[0]?.transcript.split(" ").slice(0, 3) ?? [];
      expect(said).toContain(words.join(" "));
      expect(wrong).toEqual([]);
    });

    type Channel = { alternatives: { transcript: string }[] };

    it("twenty hours load as the reader scrolls, and are found to their end", async () => {
      const requestId = newId();
      const body = listenBody({ requestId, words: 10, utterances: true });
      const utterances = Array.from({ length: 400 }, (_, index) => ({
        ...{ start: index * 180, end: index * 180 + 170, channel: 0, speaker: index % 2 },
        transcript: `The peonies came. ${"It was said at length. ".repeat(180)}`,
      }));
      const channels = [{ alternatives: [{ transcript: "", words: [] }] }];
      await world.deliver({ ...body, results: { channels, utterances } });
      const { page, wrong } = await world.openSignedIn();
      await page.goto(`/transcripts/${requestId}`);
      const turns = page.locator(".turn");
      const first = await turns.count();
      await page.evaluate("document.querySelector('[data-part]').scrollIntoView()");
      await poll(() => turns.count()).toBeGreaterThan(first);
      const last = await lastTime(requestId);
      await page.goto(`/transcripts/${requestId}#t=${last}`);
      await page.reload();
      await poll(() => page.locator(".at").getAttribute("data-s")).toBe(last);
      const top = async () => (await page.locator(".at").boundingBox())?.y;
      await poll(top).toBeLessThan(page.viewportSize()?.height ?? 0);
      expect(await top()).toBeGreaterThan(0);
      await page.goto(`/transcripts/${requestId}`);
      await page.getByLabel("Find", { exact: true }).fill("peonies");
      await page.keyboard.press("Enter");
      const found = page.locator("#found");
      await poll(() => found.textContent()).toMatch(/^1 of /);
      await page.keyboard.press("Shift+Enter");
      await poll(() => found.textContent()).toMatch(/^(\d+) of \1$/);
      await poll(async () =>
        Number(await page.locator(".at").getAttribute("data-s")),
      ).toBeGreaterThan(Number(last) / 2);
      expect(wrong).toEqual([]);
    });

    it("two hours are whole in one page, printed too, with one stop of the Tab key for all turns", async () => {
      const requestId = newId();
      const body = sizedBody({ requestId, bytes: 2_500_000, diarize: true, utterances: true });
      await world.deliver(wholeBody(body));
      const { page, wrong } = await world.openSignedIn();
      await page.goto(`/transcripts/${requestId}`);
      const last = await lastTime(requestId);
      const lastTurn = page.locator(`.turn[data-s="${last}"]`);
      expect(await lastTurn.count()).toBe(1);
      await page.emulateMedia({ media: "print" });
      expect(await lastTurn.isVisible()).toBe(true);
      await page.emulateMedia({ media: "screen" });
      await page.locator("#q").focus();
      const isInTurns = "document.activeElement.closest('.turn') !== null";
      let stops = 0;
      let isPast = false;
      for (let i = 0; i < 12 && !isPast; i++) {
        await page.keyboard.press("Tab");
        const isIn = await page.evaluate(isInTurns);
        if (isIn) stops += 1;
        isPast = !isIn && stops > 0;
      }
      expect([isPast, stops < 5]).toEqual([true, true]);
      expect(wrong).toEqual([]);
    });

    it("two hits of one turn are two marks", async () => {
      const requestId = newId();
      const body = listenBody({ requestId, words: 40 }) as unknown as Channelled;
      const { alternatives } = body.results.channels[0] as Channel & { alternatives: Spoken[] };
      const words = ["echo", "and", "then", "echo"].map((word, index) => ({
        ...{ word, punctuated_word: word, confidence: 1 },
        ...{ start: index, end: index + 0.5 },
      }));
      alternatives[0] = { transcript: "echo and then echo", words };
      await world.deliver(body);
      const { page, wrong } = await world.openSignedIn();
      await page.goto(`/transcripts/${requestId}?q=echo`);
      const found = page.locator("#found");
      await poll(() => found.textContent()).toBe("1 of 2");
      const marked = "[...CSS.highlights.get('current')].map((range) => range.startOffset).join()";
      const first = await page.evaluate(marked);
      await page.locator("#q").focus();
      await page.keyboard.press("Enter");
      await poll(() => found.textContent()).toBe("2 of 2");
      expect(await page.evaluate(marked)).not.toBe(first);
      expect(wrong).toEqual([]);
    });

    type Spoken = { transcript: string; words: object[] };
    type Channelled = { results: { channels: Channel[] } };

    async function lastTime(requestId: string): Promise<string> {
      const response = await fetch(`${world.worker.url}/v1/transcripts/${requestId}.html`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      return [...(await response.text()).matchAll(/id="t=([\d.]+)"/g)].at(-1)?.[1] ?? "";
    }

    it("a word or a time that is clicked is played, and the page follows until the reader scrolls", async () => {
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
      expect(await page.getByLabel("Follow").isChecked()).toBe(true);
      await page.mouse.wheel(0, 300);
      await poll(() => page.getByLabel("Follow").isChecked()).toBe(false);
      await page.locator(".turn h3 a").first().click();
      await poll(async () => Number(await page.evaluate(now))).toBeLessThan(at);
      await page.keyboard.press("k");
      await page.getByRole("button", { name: "Play" }).waitFor();
      const before = Number(await page.evaluate(now));
      await page.keyboard.press("l");
      await poll(async () => Number(await page.evaluate(now))).toBeCloseTo(before + 5, 0);
      await page.keyboard.press("?");
      await page.getByLabel("Single-key shortcuts").uncheck();
      await page.keyboard.press("Escape");
      await page.keyboard.press("k");
      expect(await page.evaluate("document.getElementById('audio').paused")).toBe(true);
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
      await page.getByRole("navigation", { name: "Site" }).waitFor();
      world.deepgram.misbehave("delay:1000,words:300", 1);
      await page.goto("/submit");
      await write("audio-url", world.audioUrl);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Waiting for Deepgram" }).waitFor();
      await page.locator(".turn").first().waitFor();

      // It is made while the rest is done.
      await press("More", "Enter");
      await press("Translate");
      await page.getByRole("dialog").waitFor();
      await page.keyboard.type("es");
      await page.keyboard.press("Enter");
      await page.getByText("Translation into Spanish").waitFor();
      await page.keyboard.press("/");
      await page.keyboard.type("you");
      await page.keyboard.press("Enter");
      await poll(() => page.locator("#found").textContent()).toMatch(/^1 of /);
      await page.keyboard.press("Enter");
      await poll(() => page.locator("#found").textContent()).toMatch(/^2 of /);
      await page.keyboard.press("Escape");
      await write("speaker-0:0", "Dana");
      await page.keyboard.press("Enter");
      await page.locator(".turn bdi", { hasText: "Dana" }).first().waitFor();

      await page.getByRole("link", { name: "Spanish" }).waitFor();
      await press("Spanish");
      await page.locator(".turn .original").first().waitFor();
      await press("Share");
      await page.getByRole("dialog").waitFor();
      await press("Create link");
      await page.locator("input.url").waitFor();
      await press("Revoke");
      await page.locator("input.url").waitFor({ state: "detached" });
      await page.goBack();
      await page.goBack();
      await page.waitForLoadState();
      await press("More", "Enter");
      await press("Delete");
      await page.getByRole("dialog").waitFor();
      await page.keyboard.press("Tab");
      await press("Delete");
      await page.getByRole("heading", { name: "Deleted" }).waitFor();
      await press("e2e", "Enter");
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
      await page.goto("/submit");
      world.deepgram.misbehave("delay:1000,words:3000", 1);
      await page.getByLabel("Audio URL").fill(world.audioUrl);
      await page.getByRole("button", { name: "Submit audio" }).click();
      await page.getByRole("heading", { name: "Waiting for Deepgram" }).waitFor();
      const { pathname } = new URL(page.url());
      await reloadUntil(".turn");

      expect(await page.locator("audio").isVisible()).toBe(true);
      for (const name of ["Play", "Next hit", "Copy request_id", "Copy text"]) {
        expect(await page.getByRole("button", { name }).isVisible()).toBe(false);
      }
      await page.goto(`${pathname}/translate`);
      await page.getByLabel("Languages").fill("es");
      await page.getByRole("button", { name: "Translate" }).click();
      // A click does not wait for the page that it leads to.
      await turns.first().waitFor();
      await page.waitForLoadState();
      const said = (await turns.locator("p").allTextContents()).slice(-20).join(" ");
      const word = /\b[a-z]{5,}\b/.exec(said)?.[0] ?? "";
      expect(word).not.toBe("");
      await page.getByLabel("Find", { exact: true }).fill(word);
      await page.getByRole("button", { name: "Find", exact: true }).click();
      await page.locator("#hits a").last().click();
      await page.locator("#here").getByText(word).first().waitFor();
      await page.getByLabel("Speaker 0").fill("Dana");
      await page.getByRole("button", { name: "Save names" }).click();
      await page.locator(".turn bdi", { hasText: "Dana" }).first().waitFor();

      await page.goto(pathname);
      await reloadUntil("nav[aria-label=Languages]");
      await page.getByLabel("Search all transcripts").fill(word);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: `Results for "${word}"` }).waitFor();
      // The index follows in its own time.
      await reloadUntil(`.hits a[href^="${pathname}"]`);
      await page.locator(`.hits a[href^="${pathname}"]`).first().click();
      await page.locator("#here").getByText(word).first().waitFor();

      await page.getByRole("link", { name: "Share" }).click();
      await page.getByRole("button", { name: "Create link" }).click();
      const reader = await world.open({ javaScriptEnabled: false });
      await reader.page.goto(await page.locator("input.url").inputValue());
      await reader.page.getByRole("link", { name: "Spanish" }).click();
      await reader.page.getByText("[es]").first().waitFor();
      await page.goto(`${pathname}/rename`);
      await page.getByLabel("Title").fill("The call of Tuesday");
      await page.getByLabel("Tags").fill("no-script");
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByRole("heading", { level: 1, name: "The call of Tuesday" }).waitFor();
      // Of several, from the list.
      await reloadListUntil(page, `li:has(a[href="${pathname}"]) :text("The call of Tuesday")`);
      await page.locator(`li:has(a[href="${pathname}"]) input`).check();
      const downloading = page.waitForEvent("download");
      await page.getByRole("button", { name: "Export" }).click();
      expect((await downloading).suggestedFilename()).toMatch(/^transcripts-.*\.zip$/);
      await page.getByRole("button", { name: "Add tag" }).click();
      await page.getByRole("heading", { name: "Add a tag to 1 transcript" }).waitFor();
      await page.getByLabel("Tag", { exact: true }).fill("urgent");
      await page.getByRole("button", { name: "Add tag" }).click();
      await page.getByText("1 transcript tagged.").waitFor();
      await page.goto("/");
      await page.locator(`li:has(a[href="${pathname}"]) input`).check();
      await page.getByRole("button", { name: "Delete" }).click();
      await page.getByRole("heading", { name: "Delete 1 transcript?" }).waitFor();
      await page.getByRole("button", { name: "Delete" }).click();
      await page.getByText("1 transcript deleted.").waitFor();
      expect((await page.goto(pathname))?.status()).toBe(410);
      await page.getByText("e2e", { exact: true }).first().click();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
    });

    /** The catalogue follows what was changed in its own time. */
    async function reloadListUntil(page: Page, there: string): Promise<void> {
      await poll(async () => {
        await page.goto("/");
        return page.locator(there).count();
      }).toBeGreaterThan(0);
    }

    it("several are exported, tagged and deleted, and a body is attached to its request", async () => {
      const ids = [await transcribed(30), await transcribed(30)];
      const { page, wrong } = await world.openSignedIn({ viewport: { width: 390, height: 844 } });
      const row = (id = "") => page.locator(`li:has(a[href="/transcripts/${id}"])`);
      for (const id of ids) await reloadListUntil(page, `a[href="/transcripts/${id}"]`);
      // On a phone the filters are folded away.
      expect(await page.getByLabel("Length", { exact: true }).isVisible()).toBe(false);
      await page.getByText("Filters", { exact: true }).click();
      await page.getByLabel("Length", { exact: true }).selectOption("Under 1 min");
      await page.getByRole("button", { name: "Apply" }).click();
      await row(ids[0]).waitFor();
      expect(await page.getByLabel("Length", { exact: true }).inputValue()).toBe("short");
      expect(await page.getByRole("button", { name: "Export" }).isVisible()).toBe(false);
      for (const id of ids) await row(id).getByRole("checkbox").check();
      await page.getByText("2 selected").waitFor();
      const downloading = page.waitForEvent("download");
      await page.getByRole("button", { name: "Export" }).click();
      const zip = Uint8Array.from(readFileSync(await (await downloading).path()));
      const files = [...unzipped(zip).keys()].sort();
      const wanted = ids.flatMap((id) => [`Untitled ${id}.json`, `Untitled ${id}.txt`]);
      expect(files).toEqual(wanted.sort());
      await page.getByRole("button", { name: "Add tag" }).click();
      await page.getByLabel("Tag", { exact: true }).fill("bulk");
      await page.getByRole("button", { name: "Add tag" }).click();
      await page.getByText("2 transcripts tagged.").waitFor();
      for (const id of ids)
        await reloadListUntil(page, `li:has(a[href="/transcripts/${id}"]) .chip`);
      await page.goto("/?tag=bulk");
      for (const id of ids) await row(id).getByRole("checkbox").check();
      await page.getByRole("button", { name: "Delete" }).click();
      await page.getByRole("heading", { name: "Delete 2 transcripts?" }).waitFor();
      await page.getByRole("button", { name: "Delete" }).click();
      await page.getByText("2 transcripts deleted.").waitFor();

      const known = await transcribed(30);
      const { request_id: _, ...metadata } = listenBody({ words: 10 }).metadata;
      const unnamed = { ...listenBody({ words: 10 }), metadata };
      await world.deliver(unnamed).catch(() => {});
      await page.goto("/attention");
      await page.getByRole("link", { name: "Attach to a request" }).first().click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("request_id").fill("nonsense");
      await dialog.getByRole("button", { name: "Attach" }).click();
      await page.getByText("This isn't a request_id.").waitFor();
      await page.getByLabel("request_id").fill(known);
      await page.getByRole("button", { name: "Attach" }).click();
      await page.getByText("Another version received").waitFor();
      await page.getByRole("link", { name: "Rename" }).click();
      await dialog.getByLabel("Title").fill("The call of Tuesday");
      await dialog.getByRole("button", { name: "Save" }).click();
      await page.getByRole("heading", { level: 1, name: "The call of Tuesday" }).waitFor();
      expect(wrong).toEqual([]);
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
