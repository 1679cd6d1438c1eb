import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { deliver, send, transcript } from "../../support/deliver.ts";

const statusOf = async (id: string) => {
  const headers = { authorization: "Bearer read-token" };
  const response = await send(
    new Request(`https://edge.test/v1/transcripts/${id}/status`, { headers }),
  );
  return response.json<Record<string, unknown>>();
};

it("facts in any script come back as they were", async () => {
  const extra = { ключ: "値 — \u2028 \u0000 😀" };
  const { id, body } = transcript({ extra, tags: ["ü"] });
  await deliver(body);
  expect(await statusOf(id)).toMatchObject({ extra, tags: ["ü"] });
  const { customMetadata } = (await env.TRANSCRIPTS.head(`callbacks/${id}`)) ?? {};
  expect(JSON.stringify(customMetadata)).toMatch(/^[\x20-\x7e]*$/);
});

it("facts that are too many for the metadata are read from the body", async () => {
  const extra = Object.fromEntries([..."abcdefgh"].map((name) => [name, "ü".repeat(2_000)]));
  const { id, body } = transcript({ extra });
  expect((await deliver(body)).status).toBe(200);
  const { customMetadata } = (await env.TRANSCRIPTS.head(`callbacks/${id}`)) ?? {};
  expect(customMetadata).not.toHaveProperty("facts");
  expect(await statusOf(id)).toMatchObject({ state: "received", extra });
});
