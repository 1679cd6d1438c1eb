import { expect, it } from "vitest";
import { negotiate } from "../../../src/read/formats.ts";

const OFFERED = ["application/json", "text/vtt", "text/plain", "text/html"] as const;

it.each([
  [undefined, "application/json"],
  ["", "application/json"],
  ["*/*", "application/json"],
  ["text/vtt", "text/vtt"],
  ["TEXT/VTT", "text/vtt"],
  ["text/*", "text/vtt"],
  ["text/*;q=0.5, text/plain", "text/plain"],
  ["text/*, text/vtt;q=0.1", "text/plain"],
  ["text/*, text/vtt;q=0, text/plain;q=0", "text/html"],
  ["*/*;q=0.1, text/html;q=0.2", "text/html"],
  ["application/json;q=0, */*", "text/vtt"],
  ["text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "text/html"],
  ["text/plain; charset=utf-8", "text/plain"],
  ["text/vtt;q=0.5, text/plain;q=0.5", "text/vtt"],
  ["audio/wav", null],
  ["text/vtt;q=0", null],
  ["application/json;q=0, text/*;q=0", null],
])("Accept: %s", (accept, type) => {
  expect(negotiate(accept, OFFERED)).toBe(type);
});
