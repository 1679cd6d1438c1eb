/** Items as a stream brings them: some at once, some after a wait. It can be read several times. */
export function streamed<T>(items: Iterable<T>, waits: readonly boolean[] = [true]) {
  return {
    async *[Symbol.asyncIterator]() {
      let i = 0;
      for (const item of items) {
        if (waits[i++ % waits.length]) await Promise.resolve();
        yield item;
      }
    },
  };
}
