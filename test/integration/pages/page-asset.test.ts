import { expect, it } from "vitest";
import { visit } from "./browse.ts";

async function addressOf(kind: "css" | "js"): Promise<string> {
  const text = await (await visit("/sign-in")).text();
  const [address = ""] = new RegExp(`/assets/page-[0-9a-f]{16}\\.${kind}`).exec(text) ?? [];
  return address;
}

it.each([
  ["css", "text/css; charset=utf-8"],
  ["js", "text/javascript; charset=utf-8"],
] as const)(
  "page.%s is for everyone, and kept for ever at the address of its content",
  async (kind, type) => {
    const address = await addressOf(kind);
    const response = await visit(address);
    expect(response.status).toBe(200);
    const { headers } = response;
    expect(headers.get("content-type")).toBe(type);
    expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("set-cookie")).toBeNull();
    const digest = await crypto.subtle.digest("SHA-256", await response.arrayBuffer());
    expect(address).toContain(new Uint8Array(digest).toHex().slice(0, 16));
    const etag = headers.get("etag") ?? "";
    const again = await visit(address, { headers: { "if-none-match": etag } });
    expect(again.status).toBe(304);
  },
);

it("there are no more than 60 kB of script and style, readable as they are", async () => {
  const script = await (await visit(await addressOf("js"))).bytes();
  expect(script.length).toBeGreaterThan(1_000);
  const style = await (await visit(await addressOf("css"))).bytes();
  expect(script.length + style.length).toBeLessThanOrEqual(60_000);
});

it("a page of another version gets what there is now, and nobody keeps it under that address", async () => {
  const response = await visit(`/assets/page-${"0".repeat(16)}.css`);
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(await response.text()).toContain(":root");
});

it.each(["page.css", "page-0.js", "openapi.json", "page-0123456789abcdef.html"])(
  "there is no other asset: %s",
  async (file) => {
    expect((await visit(`/assets/${file}`)).status).toBe(404);
  },
);
