import type { Queue, R2Bucket } from "@cloudflare/workers-types";

type Env = { BUCKET: R2Bucket; QUEUE: Queue };

/** The floor of the small lane: the least that stores a callback and hands it over. */
export default {
  async fetch(request: Request, { BUCKET, QUEUE }: Env): Promise<Response> {
    const key = new URL(request.url).searchParams.get("id") ?? "";
    await BUCKET.put(key, await request.arrayBuffer());
    await QUEUE.send({ key });
    return new Response();
  },
};
