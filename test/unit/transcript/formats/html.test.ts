import { describe, expect, test } from "vitest";
import { HTML_CSP, html, STYLE } from "../../../../src/transcript/formats/html.ts";
import { segment } from "./segment.ts";

const render = async (
  segments: Parameters<typeof html>[0],
  options: Partial<Parameters<typeof html>[1]> = {},
) => (await Array.fromAsync(html(segments, { title: "A call", ...options }))).join("");
const body = async (...args: Parameters<typeof render>) =>
  (await render(...args)).split("</h1>\n")[1]!.replace("</body>\n</html>\n", "");

test("a turn is a section with who speaks and when, linked to itself", async () => {
  const turns = [
    segment("Hi.", 0.5, 1, { speaker: 0 }),
    segment("Yes?", 61.92, 62, { speaker: 1 }),
    segment("Who is it?", 62, 63, { speaker: 1 }),
  ];
  expect(await body(turns)).toBe(
    `<section dir="ltr">
<h2><a id="t=0.5" href="#t=0.5"><time datetime="PT0.5S">00:00:00</time></a> Speaker 0</h2>
<p lang="">Hi.</p>
</section>
<section dir="ltr">
<h2><a id="t=61.92" href="#t=61.92"><time datetime="PT61.92S">00:01:01</time></a> Speaker 1</h2>
<p lang="">Yes? Who is it?</p>
</section>
`,
  );
  expect(await body(turns, { speakers: false })).not.toContain("Speaker");
});

test("channels are named where there are several", async () => {
  const both = [segment("Hi.", 0, 1), segment("Yes?", 1, 2, { channel: 1 })];
  expect(await body(both)).toMatch(/<\/a> Channel 0<\/h2>.*<\/a> Channel 1<\/h2>/s);
});

test("a document has its title, its encoding, no script and nothing from elsewhere", async () => {
  const page = await render([], { title: "Tom & <Jerry>\n" });
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n/);
  expect(page).toContain("<title>Tom &amp; &lt;Jerry&gt;</title>");
  expect(page).toContain('<h1 dir="auto">Tom &amp; &lt;Jerry&gt;</h1>');
  expect(page).toMatch(/<p>No speech\.<\/p>\n<\/body>\n<\/html>\n$/);
  expect(page).not.toMatch(/script|src=|url\(|@import/);
});

test("speech that shows nothing is none", async () => {
  expect(await body([segment(" \u200b", 0, 1)])).toBe("<p>No speech.</p>\n");
});

test("the policy to send permits the one style of the document, and nothing else", async () => {
  const [, style] = /<style>(.*?)<\/style>/s.exec(await render([]))!;
  expect(style).toBe(STYLE);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
  const directives = HTML_CSP.split("; ");
  expect(directives).toContain("default-src 'none'");
  expect(directives).toContain(
    `style-src 'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`,
  );
  expect(HTML_CSP.match(/-src|unsafe|\*/g)).toEqual(["-src", "-src"]);
});

test("of several turns at one time only the first has the id, so that none is there twice", async () => {
  const starts = [1, 1, 1.0004, 2, 1.5, 2];
  const page = await body(starts.map((start, channel) => segment("Hi.", start, 3, { channel })));
  expect(page.match(/ id="[^"]+"/g)).toEqual([' id="t=1"', ' id="t=2"']);
  expect(page.match(/ href="[^"]+"/g)).toHaveLength(6);
});

describe("language and direction", () => {
  const arabic = "مرحبا بكم.";
  test.each([
    ["en", "Hello.", "en", "ltr"],
    ["ar", arabic, "ar", "rtl"],
    ["fa-IR", "iPhone خوب است", "fa-IR", "rtl"],
    ["az-Arab", "A سلام", "az-Arab", "rtl"],
    [null, arabic, "", "rtl"],
    [null, "“12 שלום”", "", "rtl"],
    [null, "iPhone خوب است", "", "ltr"],
    ["ar", "OK, 12.", "ar", "ltr"],
    ["en", arabic, "en", "rtl"],
    ["multi", "Hello.", "", "ltr"],
    ["e", "Hello.", "", "ltr"],
    ["en_US", "Hello.", "", "ltr"],
    ['en" onclick="', "Hello.", "", "ltr"],
    ["en-a", "Hello.", "", "ltr"],
  ])("%s %s", async (language, text, lang, dir) => {
    const page = await body([segment(text, 0, 1, { language })]);
    expect(page).toContain(`<section dir="${dir}">`);
    expect(page).toContain(`<p lang="${lang}">${text}</p>`);
  });

  test("of the same unknown language may go both ways", async () => {
    expect(await body([segment("Hello.", 0, 1), segment(arabic, 1, 2)])).toContain(
      `<p lang="">Hello. <span lang="" dir="rtl">${arabic}</span></p>`,
    );
  });

  test("are those of each segment within a paragraph", async () => {
    const mixed = [
      segment("Hello.", 0, 1, { language: "en" }),
      segment("Hi.", 1, 2, { language: "en" }),
      segment("Hola.", 2, 3, { language: "es" }),
      segment(arabic, 3, 4),
    ];
    expect(await body(mixed)).toContain(
      `<p lang="en">Hello. Hi. <span lang="es" dir="ltr">Hola.</span> <span lang="" dir="rtl">${arabic}</span></p>`,
    );
  });
});
