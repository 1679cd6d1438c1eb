const MAX_ERROR_CHARS = 300;

/**
 * Words of a provider made fit for status, log and dead letters: on one line, at most 300 characters,
 * each of `secrets` masked.
 */
export function sayable(words: string, secrets: readonly string[] = []): string {
  let text = words;
  for (const secret of secrets) if (secret !== "") text = text.replaceAll(secret, "***");
  return text
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, MAX_ERROR_CHARS)
    .toWellFormed();
}
