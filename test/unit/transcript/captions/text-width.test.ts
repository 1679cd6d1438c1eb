import { expect, test } from "vitest";
import { splitByWidth, textWidth } from "../../../../src/transcript/captions/break-units.ts";

test.each([
  ["plain", 5],
  ["déjà vu", 7],
  ["de\u0301ja\u0300", 4],
  ["привет", 6],
  ["今天", 4],
  ["東京タワー。", 12],
  ["안녕", 4],
  ["สวัสดี", 4],
  ["مرحبا", 5],
  ["👨‍👩‍👧‍👦", 2],
  ["❤️", 2],
  ["", 0],
])("%s takes %i columns", (text, width) => {
  expect(textWidth(text)).toBe(width);
});

test("text is split between the characters a reader sees", () => {
  expect(splitByWidth("ab👨‍👩‍👧‍👦cd", 3)).toEqual(["ab", "👨‍👩‍👧‍👦c", "d"]);
  expect(splitByWidth("e\u0301e\u0301", 1)).toEqual(["e\u0301", "e\u0301"]);
  expect(splitByWidth("字", 1)).toEqual(["字"]);
});
