export interface MonthCount {
  month: string;
  count: number;
}

/** At most so many bars are legible; beyond that they are years. */
export const MOST_BARS = 144;

/**
 * Counts for every month from the first to the last, those without any too; where they are too many, for every year;
 * where a record has a year from long ago, for the years that have any.
 */
export function withoutGaps(counts: readonly MonthCount[]): MonthCount[] {
  const first = counts[0]?.month;
  const last = counts.at(-1)?.month;
  if (first === undefined || last === undefined) return [];
  const by = new Map(counts.map(({ month, count }) => [month, count]));
  const months: MonthCount[] = [];
  if (ordinal(last) - ordinal(first) < MOST_BARS) {
    for (let each = ordinal(first); each <= ordinal(last); each += 1) {
      const month = `${Math.floor(each / 12)}`.padStart(4, '0') + `-${(each % 12) + 1}`.replace(/-(\d)$/, '-0$1');
      months.push({ month, count: by.get(month) ?? 0 });
    }
    return months;
  }
  const years = new Map<string, number>();
  const [start, end] = [Number(first.slice(0, 4)), Number(last.slice(0, 4))];
  for (let year = start; year <= end && end - start < MOST_BARS; year += 1) years.set(`${year}`.padStart(4, '0'), 0);
  for (const { month, count } of counts) years.set(month.slice(0, 4), (years.get(month.slice(0, 4)) ?? 0) + count);
  return [...years].map(([month, count]) => ({ month, count }));
}

function ordinal(month: string): number {
  return Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7)) - 1;
}
