import { expect, it } from "vitest";
import { errorBody } from "../../support/bodies/errors.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { asOperator, get } from "../../support/get.ts";

const statusOf = async (id: string): Promise<Record<string, unknown>> => {
  const response = await get(`/v1/transcripts/${id}/status`);
  expect(response.headers.get("cache-control")).toBe("no-store");
  const known = await response.json<Record<string, unknown>>();
  return { ...known, code: response.status };
};

it("tells all that is known of a transcript", async () => {
  const extra = { customer: "42" };
  const { id, body } = transcript({ extra, tags: ["a"], model: "nova-3", callbackSecret: "s" });
  await deliver(body);
  expect(await statusOf(id)).toEqual({
    code: 200,
    request_id: id,
    state: "received",
    kind: "transcript",
    title: null,
    received_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    bytes: body.length,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    duration: expect.any(Number),
    channels: 1,
    models: [expect.stringContaining("nova-3")],
    languages: [],
    tags: ["a"],
    extra,
    warnings: [],
    conflicts: [],
    error: null,
    follow_ups: [],
    follow_up_problems: [],
  });
});

it("tells of a failure and its error", async () => {
  const id = crypto.randomUUID();
  await deliver(errorBody("err_code", id));
  expect(await statusOf(id)).toMatchObject({
    code: 200,
    state: "failed",
    error: { code: "Bad Request" },
  });
});

it("shows other bytes under the same id as a conflict", async () => {
  const { id, body } = transcript({ seed: 1 });
  const other = transcript({ seed: 2, requestId: id }).body;
  await deliver(body);
  await deliver(other);
  const { conflicts, bytes } = await statusOf(id);
  expect(bytes).toBe(body.length);
  expect(conflicts).toEqual([
    {
      state: "received",
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      bytes: other.length,
      received_at: expect.any(String),
    },
  ]);
});

it("is 404 for an unknown request and says when a deleted one was deleted", async () => {
  const { id, body } = transcript();
  expect((await statusOf(id)).code).toBe(404);
  await deliver(body);
  await asOperator(`/v1/transcripts/${id}`, "DELETE");
  expect(await statusOf(id)).toMatchObject({
    code: 200,
    request_id: id,
    state: "deleted",
    deleted_at: expect.any(String),
  });
});
