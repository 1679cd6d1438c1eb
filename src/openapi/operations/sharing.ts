import { conflict, empty, json, notFound, one, problem, told } from "../answers.ts";
import { schemaRef } from "../components.ts";
import type { Examples } from "../examples.ts";
import { unavailable } from "../guard-answers.ts";
import type { Described } from "../operation.ts";
import { pathParameter, requestIdParameter } from "../parameters.ts";
import { shared } from "../shared-answers.ts";

const PATH = "/v1/transcripts/{request_id}";

const SHARE = {
  id: "q3X0mZr7bT_4cLwD",
  url: "https://edge.example/share/eyJpZCI6InEzWDBtWnI3YlRfNGNMd0QifQ.kXq1vYb7c0R2mT5wZ8nL4pJ6hF3dS9aG1eU0iOyKxWc",
  expires_at: "2026-12-01T09:30:00.000Z",
  from: 2,
  to: null,
};

const unconfigured = unavailable(
  "The storage does not answer, or no API tokens or no `SIGNING_KEYS` are configured.",
  "No SIGNING_KEYS are configured: nothing can be shared.",
);

/** Links to a transcript that need no token. */
export function sharingOperations({ requestId }: Examples): Described[] {
  const id = requestIdParameter(requestId);
  const common = { tag: "Sharing", scope: ["submit", "read"] } as const;
  return [
    {
      ...common,
      method: "post",
      path: `${PATH}/share`,
      operationId: "shareTranscript",
      summary: "Share a transcript",
      description:
        "Makes a signed link to a page that shows the transcript to whoever has it, until it expires or is revoked. `from` and `to` share a part alone: seconds from the start of the audio.",
      parameters: [id],
      requestBody: {
        description: "For how many seconds (a minute to a year), and which part.",
        required: true,
        content: {
          "application/json": {
            schema: schemaRef("NewShare"),
            examples: one({ expires_in: 604_800, from: 2 }),
          },
        },
      },
      responses: {
        201: json("Share", "It is shared.", { examples: one(SHARE) }),
        307: shared("Superseded"),
        400: problem("The body is wrong; the answer names what is.", [
          told(400, "Bad Request", "to must be greater than from.", { code: "invalid_body" }),
        ]),
        404: shared("UnknownTranscript"),
        409: conflict(
          "The transcript has not come yet.",
          "The transcript has not come yet: share it when it has.",
        ),
        410: shared("Deleted"),
        413: shared("BodyTooLarge"),
        424: shared("Failed"),
        503: unconfigured,
        504: shared("Overdue"),
      },
    },
    {
      ...common,
      method: "get",
      path: `${PATH}/shares`,
      operationId: "listShares",
      summary: "List the shares of a transcript",
      description: "Those that neither have expired nor were revoked, each with its link.",
      parameters: [id],
      responses: {
        200: json("ShareList", "The shares; none are an empty list.", {
          examples: one({ shares: [SHARE] }),
        }),
        404: shared("UnknownTranscript"),
        503: unconfigured,
      },
    },
    {
      ...common,
      method: "delete",
      path: `${PATH}/shares/{id}`,
      operationId: "revokeShare",
      summary: "Revoke a share",
      description: "From then on its link opens nothing.",
      parameters: [id, pathParameter("id", "Its `id`.", { type: "string" }, SHARE.id)],
      responses: {
        204: empty("It is revoked."),
        404: notFound(
          "The transcript has no such share.",
          "The transcript has no share of this id.",
          "No transcript is known by this request_id.",
        ),
      },
    },
  ];
}
