/** Where a callback goes: `authorization` holds the credentials that stood in the URL. */
export type CallbackTarget = { url: URL; authorization: string | null };

export type CallbackRefusal = { refused: string };

/** https://developers.deepgram.com/docs/callback */
const PORTS = ["80", "443", "8080", "8443"];
const DEFAULT_PORTS: Record<string, string> = { "http:": "80", "https:": "443" };

const isLoopback = ({ hostname }: URL): boolean =>
  /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);

const portIsAllowed = (url: URL, anyLoopbackPort: boolean): boolean =>
  PORTS.includes(url.port || DEFAULT_PORTS[url.protocol]!) || (anyLoopbackPort && isLoopback(url));

const basicOf = (url: URL): string | null => {
  if (url.username === "" && url.password === "") return null;
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
};

const basicOrRefusal = (url: URL): CallbackTarget | CallbackRefusal => {
  try {
    const authorization = basicOf(url);
    url.username = "";
    url.password = "";
    return { url, authorization };
  } catch {
    return { refused: "Invalid callback URL: credentials are not percent-encoded" };
  }
};

/**
 * Takes a callback URL as Deepgram does for audio that is not streamed: `http` or `https`, a port of
 * its short list, no underscore.
 */
export const callbackTarget = (
  callback: string,
  anyLoopbackPort: boolean,
): CallbackTarget | CallbackRefusal => {
  if (!URL.canParse(callback)) return { refused: "Invalid callback URL" };
  const url = new URL(callback);
  if (!(url.protocol in DEFAULT_PORTS))
    return {
      refused: `Invalid callback URL: scheme ${url.protocol} is only for streaming or unknown`,
    };
  if (!portIsAllowed(url, anyLoopbackPort))
    return { refused: `Invalid callback URL: port ${url.port} is not one of ${PORTS.join(", ")}` };
  if (callback.includes("_") || url.hostname.endsWith(".invalid"))
    return { refused: "Failed to resolve callback" };
  return basicOrRefusal(url);
};
