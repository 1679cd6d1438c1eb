import { byTests } from "../by-tests.ts";

/** Anything may be asked, delivered and said. */
export const fuzz = byTests({
  name: "fuzz",
  heading: "Fuzz",
  text: "Callbacks mutated in their bytes and headers, small and large, with right, wrong and missing lengths, in parts and broken off, at `/hook` and `/hook/{job}`: each that is acknowledged or set aside is compared byte for byte, and what it asks for is done and counted. WebSockets, directives, tokens, ids, ranges and query parameters of every route, with credentials and without: never a 500, always an answer, never a secret in it, and without a credential nothing is kept. Whatever is said, tagged or reported, pages and documents have the same elements as without it, and captions are what two other parsers accept.",
  files: ["test/proof/fuzz/"],
});
