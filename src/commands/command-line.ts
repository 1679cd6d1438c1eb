/**
 * Reads the command line of a command. `--help` prints its usage and ends it with 0. What `read` throws
 * (an unknown flag, a missing value) is printed with the usage and ends it with 2. Either way nothing has
 * been done.
 */
export function commandLine<Options>(usage: string, read: () => Options): Options {
  if (process.argv.slice(2).some((argument) => argument === "--help" || argument === "-h")) {
    console.log(usage.trim());
    process.exit(0);
  }
  try {
    return read();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage.trim()}`);
    process.exit(2);
  }
}
