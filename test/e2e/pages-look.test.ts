import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listenBody } from "../support/bodies.ts";
import { notHere, SCREENSHOTS, startWorld, TOKEN, type World } from "./pages-world.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");

type Violation = { id: string; nodes: { html: string; failureSummary: string }[] };

let world: World;
const paths: Record<string, string> = {};

if (notHere !== null) it.skip(`in Chromium: not run, ${notHere}`);

describe.skipIf(notHere !== null)("pages in Chromium", () => {
  beforeAll(async () => {
    world = await startWorld();
    const deliver = async (name: string, body: (requestId: string) => unknown) => {
      const requestId = crypto.randomUUID();
      paths[name] = `/transcripts/${requestId}`;
      await world.deliver(body(requestId));
    };
    const options = { words: 200, speakers: 3, diarize: true, utterances: true, punctuate: true };
    await deliver("transcript", (requestId) => {
      const extra = { audio_url: world.audioUrl, title: "Call to Harbour Lane Clinic" };
      const warnings = [{ parameter: "summarize", type: "x", message: "Not supported." }];
      const body = listenBody({ requestId, ...options, extra, warnings: warnings as never });
      Object.assign(body.results, {
        summary: { result: "success", short: "A patient moves an appointment." },
        topics: { segments: [{ topics: [{ topic: "Appointments" }] }] },
      });
      return body;
    });
    await deliver("arabic", (requestId) => listenBody({ requestId, ...options, language: "ar" }));
    await deliver("japanese", (requestId) => listenBody({ requestId, ...options, language: "ja" }));
    await deliver("channels", (requestId) =>
      listenBody({ requestId, ...options, channels: 2, language: "multi" }),
    );
    await deliver("failed", (request_id) => ({
      request_id,
      err_code: "BAD",
      err_msg: "No sound.",
    }));
    await deliver("deleted", (requestId) => listenBody({ requestId, ...options }));
    await deliver("hostile", hostile);
    const headers = { authorization: `Bearer ${TOKEN}` };
    const api = `${world.worker.url}/v1${paths.deleted}`;
    await fetch(api, { method: "DELETE", headers });
    const request_id = crypto.randomUUID();
    await fetch(`${world.worker.url}/v1/expected`, {
      method: "POST",
      headers,
      body: JSON.stringify({ request_id }),
    });
    paths.expected = `/transcripts/${request_id}`;
    paths.unknown = `/transcripts/${crypto.randomUUID()}`;
    paths.desk = "/";
    const shared = await fetch(`${world.worker.url}/v1${paths.transcript}/share`, {
      method: "POST",
      headers,
      body: JSON.stringify({ expires_in: 86_400, from: 10, to: 40 }),
    });
    paths.share = new URL(((await shared.json()) as { url: string }).url).pathname;
  });
  afterAll(() => world?.close());

  const EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>\u202egnp';

  function hostile(requestId: string) {
    const body = listenBody({
      requestId,
      words: 60,
      diarize: true,
      utterances: true,
      tags: [EVIL],
    });
    Object.assign(body.metadata.extra ?? {}, { title: EVIL });
    body.results.utterances?.forEach((utterance, index) => {
      Object.assign(utterance, { transcript: [EVIL, "a".repeat(100_000)][index % 2], words: [] });
    });
    return body;
  }

  const NAMES = [
    ...["transcript", "arabic", "japanese", "channels", "failed", "deleted", "expected"],
    ...["unknown", "desk", "share", "hostile"],
  ];
  const LOOKS = [
    { look: "light-wide", colorScheme: "light", width: 1_400 },
    { look: "dark-wide", colorScheme: "dark", width: 1_400 },
    { look: "light-phone", colorScheme: "light", width: 390 },
    { look: "dark-phone", colorScheme: "dark", width: 390 },
  ] as const;

  it.each(LOOKS)("$look: nothing overflows, and axe finds nothing wrong", async (given) => {
    const { look, colorScheme, width } = given;
    const options = { colorScheme, viewport: { width, height: 900 }, bypassCSP: true };
    const { page, wrong } = await world.openSignedIn(options);
    const found: string[] = [];
    const examine = async (name: string) => {
      await page.screenshot({ path: join(SCREENSHOTS, `${name}-${look}.png`) });
      const sideways = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      if (Number(sideways) > 0) found.push(`${name}: ${sideways} px too wide`);
      await page.evaluate(AXE);
      const { violations } = (await page.evaluate("axe.run()")) as { violations: Violation[] };
      for (const { id, nodes } of violations) {
        found.push(`${name}: ${id} ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary}`);
      }
    };
    for (const name of NAMES) {
      await page.goto(paths[name] ?? "");
      // All that can be opened, and every mark that can be set.
      await page.evaluate(
        "document.querySelectorAll('details').forEach((each) => { each.open = true })",
      );
      if (name === "transcript") await page.getByLabel("Mark uncertain words").check();
      await examine(name);
    }
    await page.context().clearCookies();
    await page.goto("/sign-in");
    await examine("sign-in");
    expect([...found, ...wrong]).toEqual([]);
  });

  it("hostile text runs nothing, and does not get past the policy either", async () => {
    const { page, wrong } = await world.openSignedIn();
    for (const path of [paths.hostile ?? "", `/?q=${encodeURIComponent(EVIL)}`, "/"]) {
      await page.goto(path);
      expect(await page.locator("img").count()).toBe(0);
      expect(await page.locator("script").count()).toBe(1);
    }
    expect(wrong).toEqual([]);
  });

  it("an Arabic transcript is set from right to left, a Japanese one in its language", async () => {
    const { page } = await world.openSignedIn();
    await page.goto(paths.arabic ?? "");
    const turn = page.locator(".turn").first();
    expect(await page.evaluate("getComputedStyle(document.querySelector('.turn')).direction")).toBe(
      "rtl",
    );
    await page.goto(paths.japanese ?? "");
    expect(await turn.locator("p").textContent()).not.toContain(" ");
  });

  it("on paper there is the transcript and nothing else", async () => {
    const { page } = await world.openSignedIn();
    await page.goto(paths.transcript ?? "");
    await page.emulateMedia({ media: "print" });
    await page.screenshot({ path: join(SCREENSHOTS, "print.png") });
    expect(await page.locator(".turn").first().isVisible()).toBe(true);
    for (const hidden of [".top", ".tools", "aside"]) {
      expect(await page.locator(hidden).isVisible()).toBe(false);
    }
  });
});
