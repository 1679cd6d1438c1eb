/** The one style of `html`: for light and dark, small and large screens, and paper. */
export const STYLE = `
:root { color-scheme: light dark }
body { max-width: 42rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.6 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.3rem; line-height: 1.3 }
h2 { margin: 1.5rem 0 0; font-size: .9rem; break-after: avoid }
p { margin: .25rem 0 0; orphans: 3; widows: 3 }
a { color: inherit; font-weight: normal; font-variant-numeric: tabular-nums; text-decoration: none }
a:hover, a:focus-visible { text-decoration: underline }
:target { outline: 2px solid; outline-offset: 2px }
@media print { body { max-width: none; margin: 0; padding: 0; font-size: 11pt } :target { outline: none } }
`;

const STYLE_SHA256 = "CFuq/PfyA2KvZ6ykMW43NZmTgSVPlgD2qptUvxRMuiw=";

/** The `Content-Security-Policy` to send with what `html` gives: its style, and nothing else at all. */
export const HTML_CSP = `default-src 'none'; style-src 'sha256-${STYLE_SHA256}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
