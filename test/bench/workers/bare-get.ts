import type { R2Bucket } from "@cloudflare/workers-types";

type Env = { BUCKET: R2Bucket };

/** The floor of reading as it came: the least that gives an object back; a POST stores it. */
export default {
  async fetch(request: Request, { BUCKET }: Env): Promise<Response> {
    const key = new URL(request.url).searchParams.get("id") ?? "";
    if (request.method === "POST") {
      await BUCKET.put(key, await request.arrayBuffer());
      return new Response();
    }
    const object = await BUCKET.get(key);
    if (object === null) return new Response(null, { status: 404 });
    return new Response(object.body as unknown as ReadableStream);
  },
};
