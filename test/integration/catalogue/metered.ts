import { env } from "cloudflare:workers";
import { faulty } from "../../support/faulty.ts";

type Metered = {
  CATALOGUE: D1Database;
  /** Rows that D1 has read since this was asked last. */
  rowsRead: () => number;
  /** The longest parameter of any statement, in bytes of UTF-8. */
  longestParameter: () => number;
};

/** The catalogue, and what using it costs. */
export function metered(): Metered {
  let rows = 0;
  let longest = 0;
  const meter = (statement: D1PreparedStatement): D1PreparedStatement =>
    faulty(statement, {
      bind: (...values: unknown[]) => {
        const bytes = values.map((value) => new TextEncoder().encode(String(value)).length);
        longest = Math.max(longest, ...bytes);
        return meter(statement.bind(...values));
      },
      all: async () => {
        const result = await statement.all();
        rows += result.meta.rows_read;
        return result;
      },
    });
  const CATALOGUE = faulty(env.CATALOGUE, {
    prepare: (sql: string) => meter(env.CATALOGUE.prepare(sql)),
  });
  const rowsRead = () => {
    const read = rows;
    rows = 0;
    return read;
  };
  return { CATALOGUE, rowsRead, longestParameter: () => longest };
}
