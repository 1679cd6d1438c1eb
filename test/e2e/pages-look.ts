import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { listenBody } from "../support/bodies.ts";
import { eventually } from "./eventually.ts";
import { picture, TOKEN, type World } from "./pages-world.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");

type Violation = { id: string; nodes: { html: string; failureSummary: string }[] };

/** How pages look, in light and dark, narrow and wide, and on paper, and that they are for everyone. */
export function looks(worldOf: () => World): void {
  describe.runIf(inject("isFull"))("how pages look", () => within(worldOf));
}

function within(worldOf: () => World): void {
  let world: World;
  const paths: Record<string, string> = {};

  beforeAll(async () => {
    world = worldOf();
    const deliver = async (name: string, body: (requestId: string) => unknown) => {
      const requestId = crypto.randomUUID();
      paths[name] = `/transcripts/${requestId}`;
      await world.deliver(body(requestId));
    };
    const headers = { authorization: `Bearer ${TOKEN}` };
    const expected = async (name: string, asked: object) => {
      const request_id = crypto.randomUUID();
      const body = JSON.stringify({ request_id, ...asked });
      await fetch(`${world.worker.url}/v1/expected`, { method: "POST", headers, body });
      paths[name] = `/transcripts/${request_id}`;
    };
    await expected("expected", {});
    await expected("overdue", { deadline_seconds: 1 });
    const options = { words: 200, speakers: 3, diarize: true, utterances: true, punctuate: true };
    await deliver("transcript", (requestId) => {
      const title = "Call to Harbour Lane Clinic";
      const extra = { audio_url: world.audioUrl, title, translate: "es" };
      const warnings = [{ parameter: "summarize", type: "x", message: "Not supported." }];
      const body = listenBody({ requestId, ...options, extra, warnings: warnings as never });
      Object.assign(body.results, {
        summary: { result: "success", short: "A patient moves an appointment." },
        topics: { segments: [{ topics: [{ topic: "Appointments" }] }] },
        sentiments: {
          segments: [{ text: "How kind of you.", sentiment: "positive" }],
          average: { sentiment: "positive", sentiment_score: 0.4 },
        },
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
    const api = `${world.worker.url}/v1${paths.deleted}`;
    await fetch(api, { method: "DELETE", headers });
    paths.unknown = `/transcripts/${crypto.randomUUID()}`;
    paths.list = "/";
    paths.filtered = "/?length=long";
    paths.components = "/components";
    paths.search = "/search?q=the";
    for (const name of ["attention", "settings", "tokens", "submit"]) paths[name] = `/${name}`;
    for (const name of ["share", "translate", "notify", "delete", "rename"]) {
      paths[`form-${name}`] = `${paths.transcript}/${name}`;
    }
    const nothing = JSON.stringify({ nothing: "of Deepgram's" });
    await world.deliver(JSON.parse(nothing)).catch(() => {});
    const digest = createHash("sha256").update(nothing).digest("hex");
    paths.unmatched = `/attention/callbacks/${digest}`;
    paths.attach = `/attention/callbacks/${digest}/attach`;
    const share = async (range: object) => {
      const shared = await fetch(`${world.worker.url}/v1${paths.transcript}/share`, {
        method: "POST",
        headers,
        body: JSON.stringify({ expires_in: 86_400, ...range }),
      });
      return new URL(((await shared.json()) as { url: string }).url).pathname;
    };
    paths.share = await share({ from: 10, to: 40 });
    paths.translated = `${paths.transcript}?lang=es`;
    paths["share-translated"] = `${await share({})}?lang=es`;
    const statusOf = async (path = "") =>
      (await fetch(`${world.worker.url}/v1${path}/status`, { headers })).json() as Promise<{
        state: string;
        follow_ups: { state: string }[];
      }>;
    await eventually(
      () => statusOf(paths.transcript),
      ({ follow_ups }) => follow_ups[0]?.state === "done",
    );
    await eventually(
      () => statusOf(paths.overdue),
      ({ state }) => state === "overdue",
    );
  });

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
    ...[
      "unknown",
      "list",
      "attention",
      "settings",
      "tokens",
      "submit",
      "share",
      "hostile",
      "overdue",
      "search",
      "translated",
    ],
    ...["filtered", "components", "form-rename", "unmatched", "attach"],
    ...["share-translated", "form-share", "form-translate", "form-notify", "form-delete"],
  ];
  const WIDTHS = [
    { look: "wide", width: 1_400 },
    { look: "phone", width: 390 },
  ];
  const MIN_WIDTH = 320;
  /** What of a table or list stands in a column too narrow to be read. */
  const SQUEEZED = `[...document.querySelectorAll("td,dd,th,dt")]
    .filter(({ clientWidth, innerText }) => clientWidth > 0 && clientWidth < 72 && innerText.length > 12)
    .map(({ innerText }) => innerText).join("; ")`;
  /** The elements that end beyond the window. */
  const STICKING_OUT = `[...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > innerWidth)
    .map((element) => element.cloneNode().outerHTML).join(" ")`;
  // Of all that axe looks at, only contrast is another one in the dark.
  const SCHEMES = [
    { colorScheme: "light", rules: '{ resultTypes: ["violations"] }' },
    { colorScheme: "dark", rules: '{ runOnly: ["color-contrast"] }' },
  ] as const;

  it.each(WIDTHS)(
    "$look, light and dark: nothing overflows, and axe finds nothing wrong",
    {
      timeout: 600_000,
    },
    async ({ look, width }) => {
      const options = {
        viewport: { width, height: 900 },
        bypassCSP: true,
        reducedMotion: "reduce",
      } as const;
      const { page, wrong } = await world.openSignedIn(options);
      const found: string[] = [];
      const fits = async (page: Page, name: string) => {
        const sideways = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
        if (Number(sideways) > 0) {
          found.push(`${name}: ${sideways} px too wide: ${await page.evaluate(STICKING_OUT)}`);
        }
        const squeezed = await page.evaluate(SQUEEZED);
        if (squeezed !== "") found.push(`${name}: squeezed: ${squeezed}`);
      };
      const examine = async (name: string) => {
        await page.evaluate(AXE);
        for (const { colorScheme, rules } of SCHEMES) {
          await page.emulateMedia({ colorScheme });
          await picture(page, `${name}-${colorScheme}-${look}`);
          await fits(page, name);
          const { violations } = (await page.evaluate(`axe.run(${rules})`)) as {
            violations: Violation[];
          };
          for (const { id, nodes } of violations) {
            const [node] = nodes;
            found.push(
              `${name}, ${colorScheme}: ${id} ${node?.html.slice(0, 200)} ${node?.failureSummary}`,
            );
          }
        }
      };
      for (const name of NAMES) {
        await page.goto(paths[name] ?? "");
        // All that can be opened beside menus, which hide what is below, and every mark.
        await page.evaluate(
          "document.querySelectorAll('details:not(.menu)').forEach((each) => { each.open = true })",
        );
        await page.evaluate("document.querySelector('#shade')?.click()");
        await examine(name);
        if (look !== "phone") continue;
        await page.setViewportSize({ width: MIN_WIDTH, height: 900 });
        await fits(page, `${name} at ${MIN_WIDTH} px`);
        await page.setViewportSize({ width, height: 900 });
      }
      await page.context().clearCookies();
      await page.goto("/sign-in");
      await examine("sign-in");
      expect([...found, ...wrong]).toEqual([]);
    },
  );

  it("hostile text runs nothing, and does not get past the policy either", async () => {
    const { page, wrong } = await world.openSignedIn();
    for (const path of [paths.hostile ?? "", `/search?q=${encodeURIComponent(EVIL)}`, "/"]) {
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
    await picture(page, "print");
    expect(await page.locator(".turn").first().isVisible()).toBe(true);
    for (const hidden of [".bar", ".tools", "aside"]) {
      expect(await page.locator(hidden).isVisible()).toBe(false);
    }
  });
}
