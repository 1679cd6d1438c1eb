import type { Queue, R2Bucket } from "@cloudflare/workers-types";

type Env = { BUCKET: R2Bucket; QUEUE: Queue };

/** The floor, with what a receiver must do besides, each in one native call. */
export default {
  async fetch(request: Request, { BUCKET, QUEUE }: Env): Promise<Response> {
    const body = await request.arrayBuffer();
    const sha256 = await crypto.subtle.digest("SHA-256", body);
    const { metadata } = JSON.parse(new TextDecoder().decode(body));
    await BUCKET.put(metadata.request_id, body, {
      sha256,
      onlyIf: { etagDoesNotMatch: "*" },
      customMetadata: { state: "received", facts: JSON.stringify(metadata).slice(0, 1_000) },
    });
    await QUEUE.send({ key: metadata.request_id });
    return new Response();
  },
};
