/**
 * What workerd writes of itself while tests do what they are for: delete every Durable Object, break off
 * requests and connections, and read WebVTT as text. The pool of Vitest passes it on past the reporters
 * and `silent`, and has a list like this one that cannot be added to. A failure is reported by its test.
 */
const EXPECTED = [
  /^(uncaught )?exception.*Application called deleteAllDurableObjects\(\)/,
  /^(uncaught exception; )?(uncaught )?exception = .*: disconnected: /,
  /^uncaught exception; source = Uncaught \(in promise\); stack = Error: Network connection lost\./,
  /^uncaught exception; .*Can't read from request stream because client disconnected/,
  /^console warning; message = Called \.text\(\) on an HTTP body which does not appear to be text/,
  // A package on npm whose source map names files that it does not have.
  /^Sourcemap for ".*node_modules.*" points to missing source files/,
];

/** Leaves out of the output of this process what is expected, with its stack; call it once. */
export function quietRuntime(): void {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    let isExpected = false;
    const isHidden = (line: string): boolean => {
      const isItsStack = isExpected && line.startsWith("stack: ");
      isExpected = EXPECTED.some((pattern) => pattern.test(line));
      return isItsStack || isExpected;
    };
    const quiet = (chunk: string | Uint8Array, ...rest: never[]): boolean => {
      if (typeof chunk !== "string") return write(chunk, ...rest);
      const lines = chunk.split(/(?<=\n)/);
      const shown = lines.filter((line) => !isHidden(line));
      return shown.length === 0 ? true : write(shown.join(""), ...rest);
    };
    stream.write = quiet as typeof stream.write;
  }
}
