import { env } from "cloudflare:workers";
import { expect, inject, it } from "vitest";
import { deadLetterKey, shareKey } from "../../../src/store/keys.ts";
import { putTranslation } from "../../../src/store/translations.ts";
import { deliver, send } from "../../support/deliver.ts";
import { recordOf } from "../../support/record-of.ts";
import { CONFIGURED } from "./ask.ts";
import { OPERATIONS, REQUEST_ID } from "./documented.ts";

const ENVIRONMENT: Record<string, string> = {
  $TOKEN: "admin-token",
  $CALLBACK_CREDENTIALS: "deepgram:first-password",
};

/** What must have happened before. */
const FIRST: Record<string, () => Promise<unknown>> = {
  getTranslation: translated,
  getTranslationFile: translated,
  revokeShare: () => env.TRANSCRIPTS.put(shareKey(REQUEST_ID, "q3X0mZr7bT_4cLwD"), ""),
  retryFollowUp: () => run("addFollowUps"),
  dismissDeadLetters: () => env.TRANSCRIPTS.put(deadLetterKey(REQUEST_ID, "translate:es"), ""),
  getQuarantined: () => deliver("hello"),
  deleteQuarantined: () => deliver("hello"),
  attachQuarantined: () => deliver("hello"),
  revokeToken: () => run("createToken"),
};

it.each(OPERATIONS)(
  "the command line of $method $path does what it says",
  async ({ operation }) => {
    await run("receiveCallback");
    await FIRST[operation.operationId]?.();
    const response = await run(operation.operationId);
    await response.body?.cancel();
    expect(response.status).toBeLessThan(300);
  },
);

async function translated() {
  await run("addFollowUps");
  const part = { language: "es", part: 0, lines: "" };
  await putTranslation(env.TRANSCRIPTS, await recordOf(REQUEST_ID), part, { next: 1, last: true });
}

/** Runs the command line that the page shows for an operation. */
async function run(operationId: string): Promise<Response> {
  const page = await (await send(new Request("https://edge.test/docs"))).text();
  const [, article = ""] = page.split(`<article id="${operationId}">`);
  const [, command = ""] = article.match(/<pre><code>(curl [^<]*)<\/code>/) ?? [];
  return send(requestOf(words(unescaped(command))), {
    ...CONFIGURED,
    DEEPGRAM_URL: inject("usageUrl"),
    DEEPGRAM_API_KEY: "a-deepgram-key",
  });
}

/** What curl makes of its arguments. */
function requestOf([, url = "", ...options]: string[]): Request {
  let method: string | undefined;
  let body: string | undefined;
  const headers = new Headers(url.startsWith("ws") ? { upgrade: "websocket" } : {});
  for (let at = 0; at < options.length; at += 2) {
    const [option, value = ""] = options.slice(at);
    const [name = "", ...rest] = value.split(": ");
    if (option === "-X") method = value;
    else if (option === "-u") headers.set("authorization", `Basic ${btoa(value)}`);
    else if (option === "-H") headers.set(name, rest.join(": "));
    else if (option === "-d") body = value;
    else throw new Error(`What is ${option}?`);
  }
  return new Request(url.replace(/^ws/, "http"), {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers,
    ...(body !== undefined && { body }),
  });
}

/** The words of a POSIX shell: quoted ones, variables and continued lines. */
const words = (command: string): string[] =>
  [...command.replaceAll("\\\n", " ").matchAll(/(?:'[^']*'|"[^"]*"|\\'|[^\s'"\\])+/g)].map(
    ([word]) =>
      word.replace(
        /'([^']*)'|"([^"]*)"|\\(')/g,
        (_, single, double, escaped) =>
          single ?? escaped ?? double.replace(/\$\w+/g, (name: string) => ENVIRONMENT[name] ?? ""),
      ),
  );

const unescaped = (markup: string) =>
  markup
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
