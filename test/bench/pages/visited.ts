import type { BrowserContext } from "playwright-core";

/** One visit of a page. Times are milliseconds since it was asked for. */
export type Seen = {
  /** Of the page and all that it loads, over the network. */
  requests: number;
  bytes: number;
  firstByteMs: number;
  firstPaintMs: number;
  /** When the first of what people come for was there, and painted. */
  contentMs: number;
};

type Observed = Omit<Seen, "contentMs"> & { contentMs: number | null };

/** Notes when something that fits `selector` is painted: in the first frame after it is there. */
const watch = (selector: string) => `
  const look = () => {
    if (document.querySelector(${JSON.stringify(selector)}) === null) requestAnimationFrame(look);
    else requestAnimationFrame(() => { globalThis.contentMs = performance.now(); });
  };
  look();`;

const READ = `(() => {
  const [page] = performance.getEntriesByType("navigation");
  const all = [page, ...performance.getEntriesByType("resource")];
  const fetched = all.filter(({ transferSize }) => transferSize > 0);
  return {
    requests: fetched.length,
    bytes: fetched.reduce((sum, { transferSize }) => sum + transferSize, 0),
    firstByteMs: page.responseStart,
    firstPaintMs: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN,
    contentMs: globalThis.contentMs ?? null,
  };
})()`;

/** Opens a page in a tab of its own and waits until it stands still. */
export async function visited(
  context: BrowserContext,
  path: string,
  selector: string,
): Promise<Seen> {
  const page = await context.newPage();
  await page.addInitScript(watch(selector));
  await page.goto(path, { waitUntil: "networkidle" });
  await page.waitForFunction("globalThis.contentMs !== undefined");
  const { contentMs, ...observed } = (await page.evaluate(READ)) as Observed;
  await page.close();
  if (contentMs === null) throw new Error(`${path} shows no ${selector}`);
  return { ...observed, contentMs };
}
