import { parseAccept } from "hono/utils/accept";

/**
 * The media type that `Accept` wants most (RFC 9110, section 12.5.1): of the ranges that match a type
 * the most specific one gives its weight; of equal weights the first of `offered` wins. Parameters
 * other than `q` are passed over. Null when none is acceptable.
 */
export function negotiate<Type extends string>(
  accept: string | undefined,
  offered: readonly [Type, ...Type[]],
): Type | null {
  const ranges = parseAccept(accept ?? "");
  if (ranges.length === 0) return offered[0];
  const weigh = (type: string) =>
    ranges
      .map((range) => ({ rank: specificity(range.type.toLowerCase(), type), weight: range.q }))
      .filter(({ rank }) => rank > 0)
      .reduce((best, next) => (next.rank > best.rank ? next : best), { rank: 0, weight: 0 }).weight;
  const [best] = offered
    .map((type) => ({ type, weight: weigh(type) }))
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight);
  return best?.type ?? null;
}

/** 0 where the range does not match. */
function specificity(range: string, type: string): 0 | 1 | 2 | 3 {
  if (range === type) return 3;
  if (range === `${type.split("/")[0]}/*`) return 2;
  return range === "*/*" ? 1 : 0;
}
