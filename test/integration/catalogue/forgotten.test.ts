import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { consume } from "../../support/consume.ts";
import { deliver } from "../../support/deliver.ts";
import { asOperator } from "../../support/get.ts";

const WORD = "zanzibarquux";

/** Whether the pages of the full-text index hold a word. */
async function isInPages(word: string): Promise<boolean> {
  const { results } = await env.CATALOGUE.prepare(
    "SELECT hex(block) AS block FROM search_data",
  ).all<{
    block: string;
  }>();
  return results.some(({ block }) =>
    block.includes(new TextEncoder().encode(word).toHex().toUpperCase()),
  );
}

it("the words of a deleted transcript leave the pages of the index at once", async () => {
  const id = crypto.randomUUID();
  const words = [{ word: WORD, start: 0.1, end: 0.5 }];
  const channels = [{ alternatives: [{ transcript: WORD, words }] }];
  await deliver(JSON.stringify({ metadata: { request_id: id }, results: { channels } }));
  await consume([{ type: "callback", request_id: id }]);
  expect(await isInPages(WORD.slice(0, 8))).toBe(true);
  await asOperator(`/v1/transcripts/${id}`, "DELETE");
  expect(await isInPages(WORD.slice(0, 8))).toBe(false);
});
