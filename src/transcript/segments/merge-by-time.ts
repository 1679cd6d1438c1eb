import { byTime } from "./by-time.ts";
import type { Segment } from "./segment.ts";

type Head = { stream: AsyncGenerator<Segment[]>; batch: Segment[]; at: number };

/** Merges streams that each come in order of time. Only the first batches are read at the same time. */
export async function* mergeByTime(
  streams: readonly AsyncGenerator<Segment[]>[],
): AsyncGenerator<Segment[]> {
  const heads = streams.map((stream): Head => ({ stream, batch: [], at: 0 }));
  const filled = await Promise.all(heads.map(fill));
  let open = heads.filter((_, i) => filled[i]);
  while (open.length > 0) {
    const merged: Segment[] = [];
    const empty = takeInOrder(open, merged);
    yield merged;
    if (!(await fill(empty))) open = open.filter((head) => head !== empty);
  }
}

/** Takes segments until the batch of a stream is used up, which is given back. */
function takeInOrder(heads: readonly Head[], merged: Segment[]): Head {
  for (;;) {
    let first = heads[0]!;
    for (const head of heads) {
      if (byTime(head.batch[head.at]!, first.batch[first.at]!) < 0) first = head;
    }
    merged.push(first.batch[first.at++]!);
    if (first.at === first.batch.length) return first;
  }
}

/** Whether there was another batch; passes over empty ones. */
async function fill(head: Head): Promise<boolean> {
  for (;;) {
    const { done, value } = await head.stream.next();
    if (done) return false;
    if (value.length === 0) continue;
    head.batch = value;
    head.at = 0;
    return true;
  }
}
