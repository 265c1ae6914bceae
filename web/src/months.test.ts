import { expect, test } from 'vitest';
import { MOST_BARS, withoutGaps } from './months';

test('months without procedures have a bar too', () => {
  expect(withoutGaps([{ month: '2023-11', count: 2 }, { month: '2024-02', count: 1 }])).toEqual([
    { month: '2023-11', count: 2 },
    { month: '2023-12', count: 0 },
    { month: '2024-01', count: 0 },
    { month: '2024-02', count: 1 },
  ]);
});

test('no months have no bars', () => {
  expect(withoutGaps([])).toEqual([]);
});

test('a long time is shown by years, and nothing is lost', () => {
  const bars = withoutGaps([{ month: '2006-01', count: 1 }, { month: '2006-12', count: 3 }, { month: '2026-05', count: 5 }]);
  expect(bars).toHaveLength(21);
  expect(bars[0]).toEqual({ month: '2006', count: 4 });
  expect(bars.at(-1)).toEqual({ month: '2026', count: 5 });
});

test('a year of a wrong record makes no endless list', () => {
  const bars = withoutGaps([{ month: '0023-01', count: 1 }, { month: '2029-12', count: 1 }]);
  expect(bars.map(({ month }) => month)).toEqual(['0023', '2029']);
  expect(withoutGaps([{ month: '2014-01', count: 1 }, { month: '2025-12', count: 1 }])).toHaveLength(MOST_BARS);
});
