/**
 * What workerd writes of itself while tests do what they are for: delete every Durable Object, break off
 * requests and connections, and read WebVTT as text. The pool of Vitest passes it on past the reporters
 * and `silent`, and has a list like this one that cannot be added to. A failure is reported by its test.
 */
const EXPECTED = [
  /^(uncaught )?exception.*Application called deleteAllDurableObjects\(\)/,
  /^(uncaught )?exception = .*: disconnected: /,
  /^uncaught exception; source = Uncaught \(in promise\); stack = Error: Network connection lost\./,
  /^uncaught exception; .*Can't read from request stream because client disconnected/,
  /^console warning; message = Called \.text\(\) on an HTTP body which does not appear to be text/,
];

/** Leaves out of the output of this process what is expected of workerd; call it once. */
export function quietRuntime(): void {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    const quiet = (chunk: string | Uint8Array, ...rest: never[]): boolean =>
      typeof chunk === "string" && EXPECTED.some((pattern) => pattern.test(chunk))
        ? true
        : write(chunk, ...rest);
    stream.write = quiet as typeof stream.write;
  }
}
