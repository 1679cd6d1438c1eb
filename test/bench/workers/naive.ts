import type { R2Bucket } from "@cloudflare/workers-types";

type Env = { BUCKET: R2Bucket };

/** What a receiver looks like at first: it parses the body to know its id. */
export default {
  async fetch(request: Request, { BUCKET }: Env): Promise<Response> {
    const body = (await request.json()) as { metadata: { request_id: string } };
    await BUCKET.put(body.metadata.request_id, JSON.stringify(body));
    return new Response();
  },
};
