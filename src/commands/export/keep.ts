import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A file and what is in it; the digest in lower-case hexadecimal. */
export type Kept = { bytes: number; sha256: string };

/** What is in a file; null when there is none. */
export async function inspect(file: string): Promise<Kept | null> {
  const stream = createReadStream(file);
  try {
    return await measured(stream);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Writes a body to a file, which is there only once all of it has come. */
export async function keep(file: string, body: ReadableStream<Uint8Array>): Promise<Kept> {
  await mkdir(dirname(file), { recursive: true });
  const partial = `${file}.partial`;
  try {
    await pipeline(Readable.fromWeb(body), createWriteStream(partial));
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return measured(createReadStream(file));
}

async function measured(chunks: AsyncIterable<Buffer>): Promise<Kept> {
  const digest = createHash("sha256");
  let bytes = 0;
  for await (const chunk of chunks) {
    digest.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: digest.digest("hex") };
}
