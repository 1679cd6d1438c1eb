import { OPERATOR } from "../../../support/get.ts";
import { ask, STORAGE_AWAY } from "../ask.ts";

export const getHealth = async (): Promise<Response[]> => [
  await ask("getHealth", { headers: { authorization: "" } }),
  await ask("getHealth", { env: { API_TOKENS: "" } }),
  await ask("getHealth", { headers: { authorization: OPERATOR } }),
  await ask("getHealth", { headers: { authorization: "Bearer wrong" } }),
  await ask("getHealth", {
    headers: { authorization: "Bearer wrong" },
    env: { GUESS_RATE_LIMIT: { limit: async () => ({ success: false }) } as RateLimit },
  }),
  await ask("getHealth", {
    headers: { authorization: `Bearer dgr_${"a".repeat(43)}` },
    env: STORAGE_AWAY,
  }),
];

const conditional = (operationId: string) => async (): Promise<Response[]> => [
  await ask(operationId),
  await ask(operationId, { headers: { "if-none-match": "*" } }),
  await ask(operationId, { headers: { "if-match": '"other"' } }),
];

export const getOpenApi = conditional("getOpenApi");
export const getDocs = conditional("getDocs");
