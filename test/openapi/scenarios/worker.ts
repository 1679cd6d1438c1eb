import { OPERATOR } from "../../support/get.ts";
import { ask } from "../ask.ts";

export const getHealth = async (): Promise<Response[]> => [
  await ask("getHealth"),
  await ask("getHealth", { env: { API_TOKENS: "" } }),
  await ask("getHealth", { headers: { authorization: OPERATOR } }),
];

const conditional = (operationId: string) => async (): Promise<Response[]> => [
  await ask(operationId),
  await ask(operationId, { headers: { "if-none-match": "*" } }),
  await ask(operationId, { headers: { "if-match": '"other"' } }),
];

export const getOpenApi = conditional("getOpenApi");
export const getDocs = conditional("getDocs");
