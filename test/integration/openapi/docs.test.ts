import { describe, expect, it } from "vitest";
import { docsPage } from "../../../src/openapi/page.ts";
import { STYLE } from "../../../src/openapi/routes.ts";
import { send } from "../../support/deliver.ts";
import { contrast } from "./contrast.ts";
import { DOCUMENT, OPERATIONS } from "./documented.ts";

const ask = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  send(new Request(`https://edge.test${path}`, { method, headers }));

const page = async () => (await ask("/docs")).text();

describe.each([
  ["/openapi.json", "application/json"],
  ["/docs", "text/html; charset=utf-8"],
])("%s", (path, type) => {
  it("is open to everyone and to pages of any origin", async () => {
    const response = await ask(path, { origin: "https://elsewhere.test" });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(type);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
  });

  it("is kept, and asked about before each use", async () => {
    const response = await ask(path);
    expect(response.headers.get("cache-control")).toBe("no-cache");
    const etag = response.headers.get("etag") ?? "";
    const again = await ask(path, { "if-none-match": etag });
    expect(again.status).toBe(304);
    expect(again.headers.get("etag")).toBe(etag);
    expect(again.headers.get("access-control-allow-origin")).toBe("*");
    expect(await again.text()).toBe("");
  });

  it("answers HEAD without a body", async () => {
    const response = await ask(path, {}, "HEAD");
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
  });
});

it("/openapi.json is the document", async () => {
  expect(await (await ask("/openapi.json")).json()).toEqual(DOCUMENT);
});

it("/docs is the page of the document, with the addresses of this Worker", async () => {
  expect(await page()).toBe(await docsPage(DOCUMENT, "https://edge.test"));
});

describe("/docs", () => {
  it("allows its own style and nothing else at all", async () => {
    const policy = (await ask("/docs")).headers.get("content-security-policy");
    const [, style = ""] = (await page()).match(/<style>(.*)<\/style>/s) ?? [];
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
    expect(style).toBe(STYLE);
    expect(policy?.split("; ")).toEqual([
      "default-src 'none'",
      `style-src 'sha256-${new Uint8Array(digest).toBase64()}'`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
  });

  it("needs nothing from elsewhere: no script, no image, no other address", async () => {
    const markup = await page();
    expect(markup).not.toMatch(
      /<(script|img|link|iframe|object|embed|form|base)\b|\bstyle=|\bon\w+=/i,
    );
    expect(STYLE).not.toMatch(/url\(|@import/);
    const links = [...markup.matchAll(/\b(?:href|src)="([^"]*)"/g)].map(([, target]) => target);
    expect(links.filter((target) => !/^(#|\/openapi\.json$)/.test(target ?? ""))).toEqual([]);
  });

  it("has every operation with its parameters and answers, and an anchor for each", async () => {
    const markup = await page();
    for (const { path, method, operation } of OPERATIONS) {
      const [, article = ""] = markup.split(`<article id="${operation.operationId}">`);
      const text = textOf(article.split("</article>")[0] ?? "");
      expect(text).toContain(`${method.toUpperCase()} ${path}`);
      for (const { name } of operation.parameters ?? []) expect(text).toContain(name);
      for (const status of Object.keys(operation.responses)) expect(text).toContain(status);
      const isOpen = operation.security.length === 0;
      expect(/^open$/m.test(text)).toBe(isOpen);
    }
  });

  it("has an id once, and for every link within the page", async () => {
    const markup = await page();
    const ids = [...markup.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    const targets = [...markup.matchAll(/href="#([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
  });

  it("shows markup in the document as text", async () => {
    const hostile = `<script>alert("1")</script>&amp;'`;
    const evil = JSON.parse(
      JSON.stringify(DOCUMENT, (name, value) =>
        ["description", "summary", "title", "pattern", "default"].includes(name) &&
        typeof value === "string"
          ? `\`${hostile}\` ${hostile}`
          : value,
      ),
    );
    const markup = await docsPage(evil, `https://${hostile}`);
    expect(markup).not.toContain("<script");
    expect(textOf(markup)).toContain(hostile);
  });

  it.each(["light", "dark"] as const)("has enough contrast (WCAG 2.2, 1.4.3) when %s", (scheme) => {
    expect(contrast(STYLE, scheme).filter(({ ratio }) => ratio < 4.5)).toEqual([]);
    expect(contrast(STYLE, scheme).length).toBeGreaterThan(10);
  });
});

const textOf = (markup: string) =>
  markup
    .replace(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
