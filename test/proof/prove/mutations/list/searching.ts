import { type Mutation, mutationsOf } from "../mutation.ts";

const SEARCH = "test/integration/catalogue/search.test.ts";
const INDEXING = "test/integration/catalogue/indexing.test.ts";

/** The indexes of the months, and the search over them. */
export const SEARCHING: readonly Mutation[] = [
  ...mutationsOf(
    "src/catalogue/search/search-transcripts.ts",
    [SEARCH],
    [
      {
        breaks: "what an index has and R2 has no more is not found",
        from: "return read.filter(({ hits }) => hits.length > 0);",
        to: "return read;",
      },
      {
        breaks: "a month that does not answer is named",
        from: "if (named === null) incomplete.push(month);\n    }\n  }",
        to: "}\n  }",
      },
      {
        breaks: "a few transcripts are read at once",
        from: "Math.min(query.limit - page.length, READS_AT_ONCE));\n      page",
        to: "query.limit);\n      page",
      },
      {
        breaks: "a query wakes no more months than it takes",
        from: "atOnce = Math.min(atOnce, MAX_MONTHS_AT_ONCE);",
        to: "atOnce = months.length;",
      },
    ],
  ),
  ...mutationsOf(
    "src/catalogue/search/month-index.ts",
    [INDEXING],
    [
      {
        breaks: "an earlier body does not take the place of a later one in the index",
        from: " || there.revision > revision",
        to: "",
      },
      {
        breaks: "what is indexed in part is not found",
        from: '"version IS NOT NULL AND (words.rowid & 255) < rows"',
        to: '"1"',
      },
      {
        breaks: "words of different rows are found",
        from: "if (terms.length === 1) return",
        to: "if (terms.length > 0) return",
      },
      {
        breaks: "transcripts of one millisecond have places of their own",
        from: "if (++place === end)",
        to: "if (place === end || true) break;\n      if (++place === end)",
      },
    ],
  ),
  ...mutationsOf(
    "src/catalogue/search/index-rows.ts",
    [INDEXING],
    [
      {
        breaks: "a phrase over two rows is found",
        from: "channel.spelled.slice(-SHARED_TOKENS)",
        to: "[]",
      },
    ],
  ),
  ...mutationsOf(
    "src/catalogue/search/months.ts",
    [INDEXING],
    [
      {
        breaks: "a month of which something is listed stays",
        from: "at >= month AND at < month || '~'",
        to: "at > '~'",
      },
    ],
  ),
  ...mutationsOf(
    "src/catalogue/update-catalogue.ts",
    [INDEXING],
    [
      {
        breaks: "what an index did not take is tried again",
        from: "if (failure !== undefined) throw failure;",
        to: "",
      },
      {
        breaks: "the words of a deleted transcript leave the index",
        from: "writes.push(unindex(env, change));",
        to: "",
      },
      {
        breaks: "SEARCH=off keeps words nowhere but in R2",
        from: "shown: { ...shown, preview: null }",
        to: "shown",
        tests: [SEARCH],
      },
    ],
  ),
];
