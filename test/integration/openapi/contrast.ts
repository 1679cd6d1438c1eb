const BACKGROUNDS = ["back", "panel"];
const NO_TEXT = ["line", ...BACKGROUNDS];

/** The contrast ratio (WCAG 2.2) of every colour of text on every background of a style. */
export function contrast(style: string, scheme: "light" | "dark") {
  const [light = "", dark = ""] = style.split("prefers-color-scheme: dark");
  const colours = Object.fromEntries(
    [...(scheme === "light" ? light : dark).matchAll(/--(\w+): (#[0-9a-f]{6})/g)].map(
      ([, name, colour]) => [name, colour ?? ""],
    ),
  );
  return Object.keys(colours)
    .filter((name) => !NO_TEXT.includes(name))
    .flatMap((text) =>
      BACKGROUNDS.map((back) => ({ text, back, ratio: ratio(colours[text]!, colours[back]!) })),
    );
}

function ratio(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
