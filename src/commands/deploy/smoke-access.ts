/** What it takes to try a Worker: a credential of its callback, and an API token. */
type Access = { credentials: string; token: string };

const ENTRY = /^[^:]+:([^:]+):(.+)$/;

/**
 * Of SMOKE_CREDENTIALS and SMOKE_TOKEN in the environment, or else of the secrets that are deployed:
 * the first pair, and the token that may do most. Null when one of the two is lacking.
 */
export function smokeAccess(
  { CALLBACK_CREDENTIALS = "", API_TOKENS = "" }: Record<string, string>,
  { SMOKE_CREDENTIALS, SMOKE_TOKEN }: NodeJS.ProcessEnv,
): Access | null {
  const entries = API_TOKENS.split(/\s+/).flatMap((entry) => {
    const [, scopes = "", token] = ENTRY.exec(entry) ?? [];
    return token === undefined ? [] : [{ scopes: scopes.split("+"), token }];
  });
  const readers = entries.filter(({ scopes }) => scopes.includes("read"));
  const [best] = readers.sort((a, b) => b.scopes.length - a.scopes.length);
  const credentials = SMOKE_CREDENTIALS || CALLBACK_CREDENTIALS.trim().split(/\s+/)[0];
  const token = SMOKE_TOKEN || best?.token;
  return credentials && token ? { credentials, token } : null;
}
