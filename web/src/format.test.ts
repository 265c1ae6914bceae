import { expect, test } from 'vitest';
import { dateText, instantText, isOver, nameOf, officialName, present, shareText, shortText } from './format';

test.each([
  ['2024', '2024'],
  ['2024-02', 'Feb 2024'],
  ['2024-02-09', '9 Feb 2024'],
  ['2024-12-31T23:45:00-05:00', '31 Dec 2024, 23:45'],
  ['0024', '0024'],
  ['soon', 'soon'],
])('%s is written %s', (value, text) => {
  expect(dateText(value, 'en')).toBe(text);
});

test('when something was stored is told by the clock of whoever looks at it', () => {
  expect(instantText('2026-11-30T23:30:00.123Z', 'en', 'Europe/Paris')).toBe('1 Dec 2026, 00:30 CET');
  expect(instantText('2026-07-14T10:00:00Z', 'fr', 'Europe/Paris')).toBe('14 juil. 2026, 12:00 UTC+2');
  expect(instantText('soon', 'en')).toBe('soon');
  expect(instantText(null, 'en')).toBe('');
});

test.each([
  [950, '950'],
  [120_000, '120k'],
])('%d beside an axis is %s', (value, text) => {
  expect(shortText(value, 'en')).toBe(text);
});

test('an official name is told where it is another one', () => {
  const official = { use: 'official', family: 'Duclos', given: ['Paulette'] };
  expect(officialName([official, { use: 'usual', family: 'Giraud', given: ['Paulette'] }])).toBe('DUCLOS Paulette');
  expect(officialName([official])).toBe('');
  expect(officialName([{ use: 'usual', family: 'Giraud' }])).toBe('');
  expect(officialName(null)).toBe('');
});

test('a date that is missing is no text', () => {
  expect(dateText(null, 'fr')).toBe('');
});

test('dates are written in the language', () => {
  expect(dateText('2024-02-09', 'fr')).toBe('9 févr. 2024');
});

test('the usual name comes before the official one', () => {
  const official = { use: 'official', family: 'Pujol', given: ['Anne', null, 'Lise'] };
  expect(nameOf([official])).toBe('PUJOL Anne Lise');
  expect(nameOf([official, null, { use: 'usual', family: 'Loiseau' }])).toBe('LOISEAU');
  expect(nameOf([{ text: 'Dr. X' }])).toBe('Dr. X');
  expect(nameOf([])).toBe('');
  expect(nameOf(null)).toBe('');
});

test.each([
  ['2026-11-29', true],
  ['2026-11-30', false],
  ['2026-11', false],
  ['2026-10', true],
  ['2025', true],
  ['', false],
])('on the last day of November 2026, %s is over: %s', (value, over) => {
  expect(isOver(value, '2026-11-30')).toBe(over);
});

test.each([
  [1, '100%'],
  [0.99999, '99.9%'],
  [0.00001, '0.1%'],
  [0, '0%'],
  [0.5, '50%'],
])('%s is %s', (value, text) => {
  expect(shareText(value, 'en')).toBe(text);
});

test('holes of a list are left out', () => {
  expect(present([null, 1, undefined, 0])).toEqual([1, 0]);
  expect(present(null)).toEqual([]);
});
