// 3GPP TS 23.038, 6.2.1: the default alphabet, and the extension table, whose characters take two.
const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENSION = new Set("\f^{}\\[~]|€");

const TYPOGRAPHIC: [RegExp, string][] = [
  [/[\u2018-\u201b\u2032\u00b4`]/g, "'"],
  [/[\u201c-\u201f\u2033\u00ab\u00bb]/g, '"'],
  [/[\u2010-\u2015\u2212]/g, "-"],
  [/\u2026/g, "..."],
  [/[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g, " "],
  // These show nothing: soft hyphen, zero-width space, word joiner, byte order mark.
  [/[\u00ad\u200b\u2060\ufeff]/g, ""],
];

/** Typographic quotes, dashes, spaces and the ellipsis as the GSM alphabet has them. */
export function plainTypography(text: string): string {
  let plain = text;
  for (const [typographic, instead] of TYPOGRAPHIC) plain = plain.replace(typographic, instead);
  return plain;
}

/** Letters that Unicode does not take apart. */
const LATIN: Record<string, string> = {
  ...{ Ł: "L", ł: "l", Đ: "D", đ: "d", Ð: "D", ð: "d", Þ: "Th", þ: "th", Ħ: "H", ħ: "h" },
  ...{ ı: "i", Œ: "OE", œ: "oe", ẞ: "SS", ŋ: "ng", ſ: "s" },
};
const PICTURES =
  /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\u20e3|\ufe0f/gu;

/** Latin letters without the accents that the GSM alphabet does not have, and no pictures. */
export function withoutAccents(text: string): string {
  const parts = [...text.replace(PICTURES, "")].map((character) =>
    septets(character) === null ? (LATIN[character] ?? character.normalize("NFD")) : character,
  );
  const letters = parts.join("").replace(/(?<=\p{Script=Latin})\p{M}+/gu, "");
  return letters.normalize("NFC").replace(/ {2,}/g, " ").trim();
}

/** Septets a text takes in the GSM 7-bit default alphabet; null when it has other characters. */
export function septets(text: string): number | null {
  let count = 0;
  for (const character of text) {
    if (BASIC.has(character)) count += 1;
    else if (EXTENSION.has(character)) count += 2;
    else return null;
  }
  return count;
}
