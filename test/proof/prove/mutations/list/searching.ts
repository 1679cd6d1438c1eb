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
      {
        breaks: "a month that does not answer is named where the best are asked for",
        from: "if (named === null) incomplete.push(month);\n    else",
        to: "if (named !== null)",
      },
      {
        breaks: "a page is filled up when candidates were dropped",
        from: "if (named.length < limit) break;",
        to: "break;",
      },
      {
        breaks: "the next page begins after the one before",
        from: "const asked = { ...monthQuery(query), after, limit };",
        to: "const asked = { ...monthQuery(query), after: null, limit };",
      },
      {
        breaks: "a tombstone is read as no transcript",
        from: 'return record.state === "received" ? findHits(segmentsOf(bucket, record), terms) : [];',
        to: "return findHits(segmentsOf(bucket, record as never), terms);",
        survives: "equivalent: neither a tombstone nor a failure has words in which a term is said",
      },
      {
        breaks: "what comes in later is on no page of the best",
        from: "ranked.push(...named.filter(isOld))",
        to: "ranked.push(...named)",
      },
      {
        breaks: "the newest 1,000 are ranked, and no more months asked",
        from: "if (ranked.length >= MAX_RANKED) break;",
        to: "",
        survives: "equivalent: with 1,000 ranked the next months are asked for none",
      },
      {
        breaks: "large bodies are not in memory together",
        from: "held + waiting[0].bytes <= most",
        to: "true",
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
        breaks: "words of different rows are found",
        from: "if (terms.length === 1) return",
        to: "if (terms.length > 0) return",
      },
      {
        breaks: "a search up to a time finds nothing of after it",
        from: "until === null ? Number.MAX_SAFE_INTEGER : timePlace(until)",
        to: "Number.MAX_SAFE_INTEGER",
        tests: [SEARCH],
      },
      {
        breaks: "rows that are left of a longer body are removed",
        from: "if (part.isLast && there !== undefined) this.#removeRows(place, rows);",
        to: "",
        survives:
          "what a row names is read before it is shown: the answers are the same, and the space is lost",
      },
      {
        breaks: "transcripts of one millisecond have places of their own",
        from: "if (++place === end)",
        to: "if (place === end || true) break;\n      if (++place === end)",
      },
    ],
  ),
  ...mutationsOf(
    "src/catalogue/search/terms.ts",
    [SEARCH],
    [
      {
        breaks: "a tag restricts what is found",
        from: "tag === undefined ? said : ",
        to: "tag === undefined || tag ? said : ",
      },
      {
        breaks: "a phrase that ends with a beginning has the words before it",
        from: '(keys : "${keys.slice(0, -1).join(" ")}" AND ${start})',
        to: '(keys : "${keys.slice(1, -1).join(" ")}" AND ${start})',
        survives:
          "equivalent: more transcripts are named, and what is said in them is read before it is shown",
      },
    ],
  ),
  ...mutationsOf(
    "src/catalogue/search/month-schema.ts",
    [SEARCH],
    [
      {
        breaks: "the beginnings of words are found",
        from: "if (start !== null) starts.add(start);",
        to: "",
      },
      {
        breaks: "what is indexed in part is not found",
        from: '"version IS NOT NULL AND (words.rowid & 255) < rows"',
        to: '"1"',
        tests: [INDEXING],
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
        breaks: "SEARCH=off indexes nothing",
        from: "const isSearched = configOf(env).isSearched;",
        to: "const isSearched = true;",
        tests: [SEARCH],
      },
      {
        breaks: "a small body is read once for the plan and the index",
        from: "segmentsOf(env.TRANSCRIPTS, record, look, change.body)",
        to: "segmentsOf(env.TRANSCRIPTS, record, look)",
        tests: ["test/proof/cost/cost.test.ts"],
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
