import type { newToken } from "../../auth/token-routes.ts";
import { tokenName } from "../../auth/tokens.ts";
import { badRequest, conflict, empty, json, notFound, one } from "../answers.ts";
import { schemaRef } from "../components.ts";
import { inputSchema } from "../json-schema.ts";
import type { Described } from "../operation.ts";
import { pathParameter } from "../parameters.ts";
import { shared } from "../shared-answers.ts";

const NAME = "laptop";
const SCOPES: typeof newToken._zod.output.scopes = ["read"];
const CREATED_AT = "2026-11-24T09:30:00.000Z";

/** `/v1/tokens`. */
export const tokenOperations: Described[] = [
  {
    method: "get",
    path: "/v1/tokens",
    tag: "Administration",
    scope: "admin",
    operationId: "listTokens",
    summary: "List the API tokens",
    description:
      "Their names and scopes, never themselves: those of the secret `API_TOKENS` and those made at run time.",
    responses: {
      200: json("TokenList", "The tokens.", {
        examples: one({
          tokens: [
            {
              name: "operator",
              scopes: ["read", "submit", "admin"],
              source: "API_TOKENS",
              created_at: null,
            },
            { name: NAME, scopes: SCOPES, source: "created", created_at: CREATED_AT },
          ],
        }),
      }),
    },
  },
  {
    method: "post",
    path: "/v1/tokens",
    tag: "Administration",
    scope: "admin",
    operationId: "createToken",
    summary: "Make an API token",
    description:
      "The token is shown this once and kept only as its SHA-256. It may take a minute until it is known everywhere.",
    requestBody: {
      description: "Its name and its scopes.",
      required: true,
      content: {
        "application/json": {
          schema: schemaRef("NewToken"),
          examples: one({ name: NAME, scopes: SCOPES }),
        },
      },
    },
    responses: {
      201: json("CreatedToken", "The token.", {
        examples: one({
          name: NAME,
          scopes: SCOPES,
          created_at: CREATED_AT,
          token: "dgr_Jb9Q7v0xT3mZk2LwYc5RnH8sUe1AgDf6oPiXqKtBzVM",
        }),
      }),
      400: badRequest(
        "The body is wrong; the answer names what is.",
        "name must be made of letters, digits, - and _.",
      ),
      409: conflict(
        "There is a token of this name.",
        `There is a token of the name ${NAME}; revoke it first or take another name.`,
      ),
      413: shared("BodyTooLarge"),
    },
  },
  {
    method: "delete",
    path: "/v1/tokens/{name}",
    tag: "Administration",
    scope: "admin",
    operationId: "revokeToken",
    summary: "Revoke an API token",
    description: "It may take a minute until it is refused everywhere.",
    parameters: [pathParameter("name", "The name.", inputSchema(tokenName), NAME)],
    responses: {
      204: empty("It is revoked."),
      404: notFound("There is no token of this name.", "There is no token of this name."),
      409: conflict(
        "The token is one of the secret `API_TOKENS`.",
        "The token reader is one of the secret API_TOKENS: take it out there.",
      ),
    },
  },
];
