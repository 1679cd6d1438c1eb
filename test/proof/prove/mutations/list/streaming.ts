import { type Mutation, mutationsOf } from "../mutation.ts";

const SOCKET = "test/integration/live/socket.test.ts";
const POST = "test/integration/live/post.test.ts";

/** Whose streams are taken, and as whose. */
export const STREAMING: readonly Mutation[] = [
  ...mutationsOf(
    "src/receive/routes.ts",
    [SOCKET],
    [
      {
        breaks: "a socket that is not verified is not opened",
        from: 'if (credential === null) return refuse("unverified");',
        to: "",
      },
      {
        breaks: "without any credential no socket is opened",
        from: 'if (!isConfigured({ job, config })) return refuse("unconfigured");',
        to: "",
      },
      {
        breaks: "a socket of a job takes the stream of that job alone",
        from: "? { name: job, job }",
        to: "? { name: job, job: null }",
      },
    ],
  ),
  ...mutationsOf(
    "src/live/claim-request.ts",
    [POST],
    [
      {
        breaks: "a stream that comes for a job is that job's",
        from: 'if (claimed !== "granted") return "another-request";',
        to: "",
      },
      {
        breaks: "a stream of a deleted request is not taken",
        from: 'if (record?.state === "deleted") return "deleted";',
        to: "",
      },
    ],
  ),
  ...mutationsOf(
    "src/live/deliver-message.ts",
    [POST],
    [
      {
        breaks: "a job's credential is good for the stream of that job alone",
        from: 'taken !== "another-request" || isJobAlone',
        to: 'taken !== "another-request"',
      },
    ],
  ),
];
