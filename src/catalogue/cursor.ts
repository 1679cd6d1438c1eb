import * as z from "zod";
import { parseJson } from "../lib/bytes.ts";

/** Where a page ends, as text that clients hand back unread. */
export const encodeCursor = (position: unknown): string =>
  new TextEncoder()
    .encode(JSON.stringify(position))
    .toBase64({ alphabet: "base64url", omitPadding: true });

/** The first `limit` of at most one row more, and where they end if there is one. */
export function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  positionOf: (last: Row) => unknown,
): { page: Row[]; next_cursor: string | null } {
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return { page, next_cursor: last === undefined ? null : encodeCursor(positionOf(last)) };
}

/** The parameter that `encodeCursor` wrote, and what it stands for. */
export const cursorOf = <Position>(position: z.ZodType<Position>) =>
  z.string().transform((text, context): Position => {
    const decoded = position.safeParse(decode(text));
    if (decoded.success) return decoded.data;
    context.addIssue("is not a cursor that a page ended with");
    return z.NEVER;
  });

function decode(text: string): unknown {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    return parseJson(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
