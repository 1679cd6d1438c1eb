const OWN_PAGE = /^\/(?:transcripts\/[0-9a-fA-F-]{36})?$/;

/** Where to go after the sign-in: one of our pages, and `/` for anything else that was asked for. */
export function returnPath(asked: string | undefined): string {
  // Resolved as a browser would: `//host` and `/\host` are other hosts.
  const url = URL.parse(asked ?? "/", "https://own.invalid");
  if (url === null || url.origin !== "https://own.invalid") return "/";
  return OWN_PAGE.test(url.pathname) ? url.pathname + url.search : "/";
}
