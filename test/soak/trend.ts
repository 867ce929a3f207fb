/** Whether a series of samples grows, by regression and not by eye. */

export interface Sample {
  readonly atS: number;
  readonly value: number;
}

/** Sawtooth of the garbage collector: what is kept is the lowest of each of this many stretches. */
const STRETCHES = 24;
/** The start is not part of a trend: code is compiled, caches fill. */
const WARM_UP = 0.25;

/**
 * Growth per hour: the median slope between all pairs of the stretches' lowest values (Theil and Sen), which a few
 * outliers on either side do not move. 0 where there are too few samples to tell.
 */
export function growthPerHour(samples: readonly Sample[]): number {
  const floor = lowest(samples.slice(Math.floor(samples.length * WARM_UP)));
  const slopes: number[] = [];
  for (const [index, a] of floor.entries())
    for (const b of floor.slice(index + 1)) if (b.atS > a.atS) slopes.push((b.value - a.value) / (b.atS - a.atS));
  return slopes.length < 3 ? 0 : median(slopes) * 3600;
}

function lowest(samples: readonly Sample[]): readonly Sample[] {
  const size = Math.max(1, Math.ceil(samples.length / STRETCHES));
  const floor: Sample[] = [];
  for (let from = 0; from < samples.length; from += size)
    floor.push(samples.slice(from, from + size).reduce((low, one) => (one.value < low.value ? one : low)));
  return floor;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** The value that this share of all values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
