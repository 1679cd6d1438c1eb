import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { streamScript } from "../fake-deepgram/stream-script.ts";
import { sizedBody, wholeBody } from "../support/bodies/sized.ts";
import { listenBody } from "../support/bodies.ts";
import { notHere, startWorld, TOKEN, type World } from "./pages-world.ts";

let world: World;

const newId = () => crypto.randomUUID();

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

  it("from submission by waiting to reading, finding, translating, sharing and deleting", async () => {
    const { page, wrong } = await world.openSignedIn();
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
    await expect.poll(() => found.textContent()).toMatch(/^1 of [1-9]/);
    await page.getByRole("button", { name: "Next hit" }).click();
    await expect.poll(() => found.textContent()).toMatch(/^2 of /);
    await page.getByRole("button", { name: "Previous hit" }).click();
    await expect.poll(() => found.textContent()).toMatch(/^1 of /);
    expect(await page.evaluate("CSS.highlights.get('found').size")).toBe(1);

    await page.getByLabel("Speaker 1").fill("Elena");
    await page.getByRole("button", { name: "Save names" }).click();
    await page.locator(".turn bdi", { hasText: "Elena" }).first().waitFor();

    await page.getByLabel("Translate into").fill("es");
    await page.getByRole("button", { name: "Translate" }).click();
    // The tab comes by itself.
    await page.getByRole("link", { name: "Spanish" }).click();
    await expect.poll(() => page.locator(".turn .original").count()).toBeGreaterThan(0);

    await page.goto(pathname);
    await page.getByRole("button", { name: "Make a link" }).click();
    const url = await page.getByLabel("Link").inputValue();
    const reader = await world.open();
    await reader.page.goto(url);
    await reader.page.locator(".turn").first().waitFor();
    expect(await reader.page.getByRole("button", { name: "Save names" }).count()).toBe(0);
    await page.getByRole("button", { name: "Revoke" }).click();
    await expect.poll(async () => (await reader.page.reload())?.status()).toBe(404);

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
    await expect.poll(() => page.locator("#live p").count()).toBeGreaterThan(1);
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
    await expect.poll(() => turns.count()).toBeGreaterThan(first);
    const last = await lastTime(requestId);
    await page.goto(`/transcripts/${requestId}#t=${last}`);
    await page.reload();
    await expect
      .poll(() => page.locator(".at").getAttribute("data-s"), { timeout: 20_000 })
      .toBe(last);
    const top = async () => (await page.locator(".at").boundingBox())?.y;
    await expect.poll(top).toBeLessThan(page.viewportSize()?.height ?? 0);
    expect(await top()).toBeGreaterThan(0);
    await page.goto(`/transcripts/${requestId}`);
    await page.getByLabel("Find in transcript").fill("peonies");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Previous hit" }).click();
    const found = page.locator("#found");
    await expect.poll(() => found.textContent()).toMatch(/^(\d+) of \1$/);
    await expect
      .poll(async () => Number(await page.locator(".at").getAttribute("data-s")), {
        timeout: 20_000,
      })
      .toBeGreaterThan(Number(last) / 2);
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
    await expect.poll(() => page.evaluate(now)).toBeGreaterThan(at);
    expect(await page.evaluate(now)).toBeLessThan(at + 10);
    await page.locator(".now").waitFor();
    expect(await page.getByLabel("Follow along").isChecked()).toBe(true);
    await page.mouse.wheel(0, 300);
    await expect.poll(() => page.getByLabel("Follow along").isChecked()).toBe(false);
    expect(wrong).toEqual([]);
  });

  it("everything can be done with the keyboard alone", async () => {
    const id = await transcribed();
    const { page } = await world.open();
    await page.goto(`/transcripts/${id}`);
    await page.keyboard.type(TOKEN);
    await page.keyboard.press("Enter");
    await page.locator(".turn").first().waitFor();
    const focused = () =>
      page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()");
    const tabTo = async (name: string) => {
      for (let i = 0; i < 60 && (await focused()) !== name; i++) await page.keyboard.press("Tab");
      expect(await focused()).toBe(name);
    };
    await tabTo("Skip to content");
    await page.keyboard.press("Enter");
    await tabTo("q");
    await page.keyboard.type("the");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator("#found").textContent()).toMatch(/^1 of /);
    await tabTo("next");
    await page.keyboard.press("Space");
    await expect.poll(() => page.locator("#found").textContent()).toMatch(/^2 of /);
    await tabTo("shade");
    await page.keyboard.press("Space");
    expect(await page.getByLabel("Mark uncertain words").isChecked()).toBe(true);
    await page.goto(`/transcripts/${id}`);
    await tabTo("voice-0:0");
    await page.keyboard.type("Dana");
    await page.keyboard.press("Enter");
    await page.locator(".turn bdi", { hasText: "Dana" }).first().waitFor();
  });

  it("without JavaScript audio is submitted, and a transcript read, searched, named, shared and signed out of", async () => {
    const id = newId();
    await world.deliver(
      wholeBody(sizedBody({ requestId: id, bytes: 900_000, diarize: true, utterances: true })),
    );
    const { page } = await world.openSignedIn({ javaScriptEnabled: false });
    await page.getByText("Submit audio").click();
    await page.getByLabel("Address of the audio").fill("https://audio.test/call.wav");
    await page.getByRole("button", { name: "Submit" }).click();
    await page.waitForURL(/\/transcripts\/[0-9a-f-]{36}$/);
    await page.goto(`/transcripts/${id}`);
    expect(await page.getByRole("button", { name: "Copy text" }).isVisible()).toBe(false);
    await page.getByLabel("Find in transcript").fill("peonies");
    await page.getByRole("button", { name: "Find", exact: true }).click();
    await page.locator("#hits a").last().click();
    await page.getByText("peonies").first().waitFor();
    await page.getByRole("link", { name: "From the beginning" }).click();
    const firstTime = await page.locator(".turn").first().getAttribute("data-s");
    await page.getByRole("link", { name: "What follows" }).click();
    expect(await page.locator(".turn").first().getAttribute("data-s")).not.toBe(firstTime);
    await page.getByLabel("Speaker 0").fill("Dana");
    await page.getByRole("button", { name: "Save names" }).click();
    await page.locator(".turn bdi", { hasText: "Dana" }).first().waitFor();
    await page.getByRole("button", { name: "Make a link" }).click();
    expect(await page.getByLabel("Link").inputValue()).toContain("/share/");
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
    await expect.poll(() => framed?.url()).toMatch(/^chrome-error:/);
    await page.getByRole("button", { name: "Win" }).click();
    await page.getByRole("heading").waitFor();
    await page.goto(target);
    await page.locator(".turn").first().waitFor();
  });
});
