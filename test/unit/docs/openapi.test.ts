import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, it } from "vitest";

const DOCUMENT = new URL("../../../src/assets/openapi.json", import.meta.url);

const read = () => JSON.parse(readFileSync(DOCUMENT, "utf8"));

it("the document is valid OpenAPI 3.1", async () => {
  const validator = new Validator();
  expect(await validator.validate(read())).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
});

it("one that is not is seen", async () => {
  const document = read();
  document.paths["/health"].get.parameters = [{ name: "x", in: "nowhere" }];
  expect(await new Validator().validate(document)).toMatchObject({ valid: false });
});
