import { fail, ok, type Result } from "../result.ts";

/**
 * Reads a request's body whole, up to `maxBytes`; what is longer is not taken off the wire.
 * `interrupted` when the sender did not send all that it announced.
 */
export async function readBody(
  request: Request,
  maxBytes: number,
): Promise<Result<Uint8Array, "too-large" | "interrupted">> {
  const announced = request.headers.get("content-length");
  if (Number(announced) > maxBytes) return fail("too-large");
  try {
    if (announced !== null) return ok(new Uint8Array(await request.arrayBuffer()));
    return await readStream(request, maxBytes);
  } catch {
    return fail("interrupted");
  }
}

async function readStream(
  request: Request,
  maxBytes: number,
): Promise<Result<Uint8Array, "too-large">> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) return fail("too-large");
    chunks.push(chunk);
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return ok(body);
}
