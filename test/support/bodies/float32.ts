/**
 * The shortest decimal that reads back as the same 32-bit float, which is how Deepgram writes its
 * numbers: 1.5999999, 22.619999.
 */
export const float32 = (value: number): number => {
  const exact = Math.fround(value);
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(exact.toPrecision(digits));
    if (Math.fround(short) === exact) return short;
  }
  return Number(exact.toPrecision(9));
};
