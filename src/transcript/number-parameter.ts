import * as z from "zod";

const DECIMAL = /^(?:\d+(?:\.\d+)?|\.\d+)$/;
const WHOLE = /^\d+$/;

/** A parameter of a query that is a decimal number between both limits: no sign, no exponent. */
export function decimalParameter(least: number, most: number) {
  return numberParameter(DECIMAL, least, most, `must be a number from ${least} to ${most}`);
}

/** A parameter of a query that is a whole number between both limits. */
export function wholeParameter(least: number, most: number) {
  return numberParameter(WHOLE, least, most, `must be a whole number from ${least} to ${most}`);
}

function numberParameter(form: RegExp, least: number, most: number, error: string) {
  const number = z.number(error).min(least, error).max(most, error);
  return z.string(error).regex(form, error).transform(Number).pipe(number);
}
