const MS_PER_SECOND = 1_000;

/** Moments in seconds as whole milliseconds, each as the distance from the one before: short in JSON. */
export function toSteps(moments: readonly number[]): number[] {
  let last = 0;
  return moments.map((moment) => {
    const ms = Math.round(moment * MS_PER_SECOND);
    const step = ms - last;
    last = ms;
    return step;
  });
}

/** The moments again, in seconds. */
export function fromSteps(steps: readonly number[]): number[] {
  let ms = 0;
  return steps.map((step) => {
    ms += step;
    return ms / MS_PER_SECOND;
  });
}
