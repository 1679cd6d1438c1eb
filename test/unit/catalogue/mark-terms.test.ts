import { expect, it } from "vitest";
import { markTerms } from "../../../src/catalogue/search/find-hits.ts";
import { terms } from "../../../src/catalogue/search/terms.ts";

const marked = (text: string, query: string): string =>
  markTerms(text, terms(query))
    .map((part) => (part.isMarked ? `[${part.text}]` : part.text))
    .join("");

it.each([
  ["The valve, I said, is open.", "valve open", "The [valve], I said, is [open]."],
  ["I don't want $1,250.", "dont 1250", "I [don't] want $[1,250]."],
  ["Open the open valve.", '"open valve"', "Open the [open valve]."],
  ["Valves and valve.", "valve*", "[Valves] and [valve]."],
  ["one two three", '"one two" "two three"', "[one two][ three]"],
  ["Nothing of it.", "valve", "Nothing of it."],
])("marks in %j what %s finds", (text, query, expected) => {
  expect(marked(text, query)).toBe(expected);
});
