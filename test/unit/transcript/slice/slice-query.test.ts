import { HTTPException } from "hono/http-exception";
import { describe, expect, test } from "vitest";
import { query } from "../../../../src/http/route.ts";
import { sliceQuery } from "../../../../src/transcript/slice/slice.ts";

const read = (parameters: string) =>
  query(sliceQuery, Object.fromEntries(new URLSearchParams(parameters)));

test("parameters become the options of a slice", () => {
  expect(read("from=1.5&to=20&channel=0&speaker=12&min_confidence=.75")).toEqual({
    from: 1.5,
    to: 20,
    channel: 0,
    speaker: 12,
    minConfidence: 0.75,
  });
  expect(read("from=0&min_confidence=1")).toEqual({ from: 0, minConfidence: 1 });
});

test("no parameters, and those of others, are no options", () => {
  expect(read("")).toEqual({});
  expect(read("version=x&minConfidence=2")).toEqual({});
});

describe("refused, with the name of the parameter:", () => {
  const senseless = [
    "",
    "-1",
    "-0",
    "NaN",
    "1e999",
    "1e3",
    "Infinity",
    "0x10",
    " 1",
    "1,5",
    "1.",
    "٣",
  ];
  const cases = [
    ...["from", "to", "min_confidence"].flatMap((name) => senseless.map((value) => [name, value])),
    ...["channel", "speaker"].flatMap((name) =>
      [...senseless, "1.5", "1.0", "true", "9007199254740992"].map((value) => [name, value]),
    ),
    ["from", "1000000001"],
    ["to", "9".repeat(400)],
    ["channel", "9".repeat(400)],
    ["min_confidence", "1.01"],
    ["min_confidence", "2"],
  ] as [string, string][];
  test.each(cases)("%s=%s", async (name, value) => {
    expect(await refusal({ [name]: value })).toContain(`${name} must be a`);
  });

  test.each([{ from: "2", to: "1" }, { from: "2", to: "2" }, { to: "0" }])(
    "%j",
    async (parameters) => {
      expect(await refusal(parameters)).toBe("to must be greater than from.");
    },
  );
});

test("a long number is refused without delay", async () => {
  const before = Date.now();
  await refusal({ from: `${"1".repeat(100_000)}x` });
  expect(Date.now() - before).toBeLessThan(1000);
});

async function refusal(parameters: Record<string, string>): Promise<string> {
  try {
    expect.fail(`accepted: ${JSON.stringify(query(sliceQuery, parameters))}`);
  } catch (error) {
    if (!(error instanceof HTTPException)) throw error;
    expect(error.status).toBe(400);
    return ((await error.getResponse().json()) as { detail: string }).detail;
  }
}
