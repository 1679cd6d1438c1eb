import { cutAtWord } from "../../../transcript/captions/break-units.ts";
import { cleanText } from "../../../transcript/segments/clean-text.ts";

/** One segment (3GPP TS 23.040, 9.2.3.16): 140 octets. */
const MAX_SEPTETS = 160;
const MAX_UTF16_UNITS = 70;
/** With less room a preview says nothing. */
const MIN_PREVIEW_UNITS = 12;
/** Far more than is ever shown. */
const MAX_SOURCE_CHARS = 2_000;

type Parts = {
  /** What the preview is taken from, from its start. */
  text: string;
  link: string;
  /** Who or what it is about, before a colon. */
  label?: string;
};

type Alphabet = {
  max: number;
  ellipsis: string;
  units: (text: string) => number;
};

const GSM: Alphabet = {
  max: MAX_SEPTETS,
  ellipsis: "...",
  // A character outside the alphabet shows in the end: then the other one is taken.
  units: (text) => septets(text) ?? text.length,
};
const UCS2: Alphabet = { max: MAX_UTF16_UNITS, ellipsis: "…", units: (text) => text.length };

/**
 * A short message of one segment: a preview cut at a word, and the link whole on its own line. In the
 * GSM alphabet, with typographic characters replaced, if what is shown can be written in it, else in
 * UCS-2; where the link leaves no room in that, without accents and pictures in the GSM alphabet. Where
 * that does not do either, the preview, and then the label, is left out; a link too long for any
 * segment stands alone.
 */
export function smsText({ text, link, label = "" }: Parts): string {
  const preview = oneLine(text);
  const name = oneLine(label);
  const plainName = plainTypography(name);
  const gsm = withPreview(plainTypography(preview), plainName, link, GSM);
  if (gsm !== null && septets(gsm) !== null) return gsm;
  const ucs2 = withPreview(preview, name, link, UCS2);
  if (ucs2 !== null) return ucs2;
  const bareName = withoutAccents(plainName);
  const bare = withPreview(withoutAccents(plainTypography(preview)), bareName, link, GSM);
  if (bare !== null && septets(bare) !== null) return bare;
  const titles = [plainName, name, bareName].filter((title) => title !== "");
  return titles.map((title) => `${title}\n${link}`).find(fitsOneSegment) ?? link;
}

/** Whether a carrier sends a text as a single segment. */
export function fitsOneSegment(text: string): boolean {
  const count = septets(text);
  return count === null ? text.length <= MAX_UTF16_UNITS : count <= MAX_SEPTETS;
}

const oneLine = (text: string): string =>
  cleanText(text.slice(0, MAX_SOURCE_CHARS).normalize("NFC"));

function withPreview(text: string, label: string, link: string, alphabet: Alphabet): string | null {
  if (text === "") return null;
  const { max, ellipsis, units } = alphabet;
  const start = label === "" ? "" : `${label}: `;
  const room = max - units(`${start}\n${link}`);
  if (units(text) <= room) return `${start}${text}\n${link}`;
  if (room < MIN_PREVIEW_UNITS) return null;
  const preview = cutAtWord(text, (part) => units(part + ellipsis) <= room);
  return preview === "" ? null : `${start}${preview}${ellipsis}\n${link}`;
}

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

/** Latin letters that Unicode does not decompose. */
const LATIN: Record<string, string> = {
  ...{ Ł: "L", ł: "l", Đ: "D", đ: "d", Ð: "D", ð: "d", Þ: "Th", þ: "th", Ħ: "H", ħ: "h" },
  ...{ ı: "i", Œ: "OE", œ: "oe", ẞ: "SS", ŋ: "ng", ſ: "s" },
};
const PICTURES =
  /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\u20e3|\ufe0f/gu;

/** Latin letters without the accents that the GSM alphabet does not have, and no pictures. */
function withoutAccents(text: string): string {
  const parts = [...text.replace(PICTURES, "")].map((character) =>
    septets(character) === null ? (LATIN[character] ?? character.normalize("NFD")) : character,
  );
  const bare = parts.join("").replace(/(?<=\p{Script=Latin})\p{M}+/gu, "");
  return bare.normalize("NFC").replace(/ {2,}/g, " ").trim();
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
