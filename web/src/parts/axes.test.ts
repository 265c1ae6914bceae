import { expect, test } from 'vitest';
import { withoutGaps } from '../months';
import { axesOf } from './axes';

const ROOM = { width: 600, height: 150, left: 36 };
const since = (year: number, count: number) => withoutGaps([{ month: `${year}-03`, count: 1 }, { month: '2026-10', count }]);

test('the highest bar ends below the upper edge, none begins beside the axis', () => {
  const { x, y, values } = axesOf(since(2026, 7), ROOM);
  expect(y(7)).toBeGreaterThanOrEqual(16);
  expect(y(0)).toBe(150);
  expect(x('2026-03')).toBe(36);
  expect(values).toContain(0);
});

test('counts are whole numbers', () => {
  expect(axesOf([{ month: '2026-03', count: 1 }], ROOM).values).toEqual([0, 1]);
});

test('without any count there is an axis', () => {
  expect(axesOf([], ROOM).values).toEqual([0, 1]);
});

test('many months are marked by their years, with room between them', () => {
  const { months } = axesOf(since(2016, 3), ROOM);
  expect(months[0]).toMatchObject({ month: '2017-01', text: '2017' });
  const gaps = months.slice(1).map(({ at }, index) => at - months[index]!.at);
  expect(Math.min(...gaps)).toBeGreaterThan(40);
});

test('names of few months do not touch, nor leave the picture', () => {
  const { months } = axesOf(since(2024, 3), ROOM);
  const gaps = months.slice(1).map(({ at }, index) => at - months[index]!.at);
  expect(Math.min(...gaps)).toBeGreaterThan(60);
  expect(Math.max(...months.map(({ at }) => at))).toBeLessThan(570);
});
