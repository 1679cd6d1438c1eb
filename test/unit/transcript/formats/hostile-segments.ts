import type { Segment } from "../../../../src/transcript/segments/segment.ts";
import { fc } from "../../../support/fast-check.ts";
import { segment } from "./segment.ts";

const MARKUP = [
  ..."# a| - x|1. y|1) y|> q|+ z|---|===|```|~~~|`c`|*e*|**b**|_e_|~~s~~|[l](u)|![i](u)|[a]: b|$x$".split(
    "|",
  ),
  ..."<b>|</p>|</title>|<script>|<!-- x -->|<http://a.b>|&amp;|&#60;|&|<|>|\"|' x='|]]>|\\|!|(|:".split(
    "|",
  ),
  ...'=1+1|;=1|;"=1|+1|-1|@x|＝1|,|,,|""'.split("|"),
  ..."Hello.|word|今天天气|مرحبا،|שלום|\n|\r\n|\t|    x|\u0000|\u2028|\u202e|\ud800|👨‍👩‍👧‍👦".split(
    "|",
  ),
  "|",
  "a | b",
];

/** Text in which much could be taken for markup, a cell's end or a formula. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(
    fc.tuple(fc.oneof(fc.constantFrom(...MARKUP), fc.string({ unit: "binary" })), fc.boolean()),
    { maxLength: 12 },
  )
  .map((parts) => parts.map(([part, spaced]) => (spaced ? ` ${part}` : part)).join(""));

/** Segments of such text, some of one turn and some at one time. */
export const hostileSegments: fc.Arbitrary<Segment[]> = fc.array(
  fc
    .record({
      text: hostileText,
      start: fc.nat(30),
      channel: fc.constantFrom(0, 0, 1),
      speaker: fc.constantFrom(null, 0, 1),
      language: fc.constantFrom(null, "en", "ar", "multi", '"><b>', "=1+1", "en-"),
    })
    .map(({ text, start, ...more }) => segment(text, start, start + 1, more)),
  { maxLength: 8 },
);
