/** Whether two BCP 47 tags name one language in one script, whatever their regions. */
export function isSameLanguage(one: string, other: string): boolean {
  const [first, second] = [likely(one), likely(other)];
  return first !== null && first === second;
}

/** Null for what is not a language tag. */
function likely(tag: string): string | null {
  try {
    const { language, script } = new Intl.Locale(tag).maximize();
    return `${language}-${script}`;
  } catch {
    return null;
  }
}
