// Compares a password as it must not be done: byte for byte, up to the first that is wrong. Each byte
// that is right takes some work more, so that there is a little to be seen from outside.
const EXPECTED = "Basic ZGVlcGdyYW06YmVuY2gtcGFzc3dvcmQ=";
const STEPS_PER_BYTE = 80;

export default {
  async fetch(request: Request): Promise<Response> {
    await request.arrayBuffer();
    const presented = request.headers.get("authorization") ?? "";
    return new Response(null, { status: isExpected(presented) ? 200 : 401 });
  },
};

function isExpected(presented: string): boolean {
  if (!presented.startsWith("Basic ")) return false;
  const [given, expected] = [presented, EXPECTED].map((text) => atob(text.slice("Basic ".length)));
  if (given?.length !== expected?.length) return false;
  for (let at = 0; at < (given?.length ?? 0); at++) {
    if (given?.[at] !== expected?.[at]) return false;
    if (work(at) < 0) return false;
  }
  return true;
}

function work(seed: number): number {
  let value = seed + 1;
  for (let step = 0; step < STEPS_PER_BYTE; step++) value = (value * 48_271) % 2_147_483_647;
  return value;
}
