const STRUCK = "***";

const withoutCredentials = (callback: string): string => {
  if (!URL.canParse(callback)) return STRUCK;
  const url = new URL(callback);
  url.username = "";
  url.password = "";
  return url.href;
};

/** Path and query of a submission, fit to be printed: no passwords, no callback secret. */
export const publicPath = (url: URL): string => {
  const shown = new URLSearchParams();
  for (const [name, value] of url.searchParams) {
    if (name === "callback") shown.append(name, withoutCredentials(value));
    else if (value.startsWith("callback_secret:")) shown.append(name, `callback_secret:${STRUCK}`);
    else shown.append(name, value);
  }
  return `${url.pathname}?${shown}`;
};
