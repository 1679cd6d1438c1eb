export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  return (low + high) / 2;
}

/**
 * Measures contenders one after the other, round for round and each round begun by another one, so
 * that what disturbs the machine meets all of them. Gives the median of each.
 */
export async function sideBySide<Name extends string>(
  rounds: number,
  contenders: Record<Name, () => Promise<number>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(contenders) as Name[];
  const figures = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let nth = 0; nth < names.length; nth++) {
      const name = names[(round + nth) % names.length] as Name;
      figures.get(name)?.push(await contenders[name]());
    }
  }
  const medians = names.map((name) => [name, median(figures.get(name) ?? [])] as const);
  return Object.fromEntries(medians) as Record<Name, number>;
}

/** The value that so many percent of all are not above. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}
