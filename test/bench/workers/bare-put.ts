import type { R2Bucket } from "@cloudflare/workers-types";

type Env = { BUCKET: R2Bucket };

/** The floor of memory and throughput: the body goes to R2 as it comes, unseen. */
export default {
  async fetch(request: Request, { BUCKET }: Env): Promise<Response> {
    const body = request.body as unknown as Parameters<R2Bucket["put"]>[1];
    await BUCKET.put(new URL(request.url).searchParams.get("id") ?? "", body);
    return new Response();
  },
};
