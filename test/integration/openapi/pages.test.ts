import { expect, it } from "vitest";
import { PAGES } from "../../../src/pages/routes.ts";
import { send } from "../../support/deliver.ts";
import { OPERATOR } from "../../support/get.ts";
import { CONFIGURED } from "./ask.ts";
import { REQUEST_ID } from "./documented.ts";

// What is not in the document is for people, who have a session or a link: a program has neither.
it.each(PAGES)("$method $path, a page, opens nothing to an API token", async ({ method, path }) => {
  const filled = path.replace(":request_id", REQUEST_ID).replace(/:\w+/g, "unsigned");
  const request = new Request(`https://edge.test${filled}`, {
    method,
    redirect: "manual",
    headers: { authorization: OPERATOR },
    ...(method !== "GET" && { body: new URLSearchParams() }),
  });
  const response = await send(request, CONFIGURED);
  await response.body?.cancel();
  const isForm = path === "/sign-in" && method === "GET";
  expect(response.status).toSatisfy((status: number) =>
    isForm ? status === 200 : [303, 401, 403, 404].includes(status),
  );
});
