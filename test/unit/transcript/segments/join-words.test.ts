import { expect, test } from "vitest";
import { joinWords, sentenceSeparator } from "../../../../src/transcript/segments/scripts.ts";

test.each([
  [["Hello,", "world."], "Hello, world."],
  [["你好，", "世界", "。"], "你好，世界。"],
  [["東京", "タワー", "へ"], "東京タワーへ"],
  [["สวัสดี", "ครับ"], "สวัสดีครับ"],
  [["ສະບາຍ", "ດີ"], "ສະບາຍດີ"],
  [["សួស្តី", "ពិភពលោក"], "សួស្តីពិភពលោក"],
  [["မင်္ဂလာ", "ပါ"], "မင်္ဂလာပါ"],
  [["안녕하세요", "여러분"], "안녕하세요 여러분"],
  [["مرحبا", "بكم"], "مرحبا بكم"],
  [["我用", "iPhone", "手机"], "我用 iPhone 手机"],
  [["です。", "Hello", "（OK）", "です"], "です。Hello（OK）です"],
  [["人々", "Ada"], "人々 Ada"],
  [["one"], "one"],
  [[], ""],
])("%j reads %j", (words, text) => {
  expect(joinWords(words)).toBe(text);
});

test("Thai sets a space between sentences, Chinese none", () => {
  expect(sentenceSeparator("ครับ", "วันนี้")).toBe(" ");
  expect(sentenceSeparator("好。", "我")).toBe("");
});
