import { expect, test } from 'vitest';
import { conceptText, jsonText } from './concept';

test.each([
  [{ text: 'a', coding: [{ display: 'b' }] }, 'a'],
  [{ text: null, coding: [null, { code: 'c' }, { display: 'b' }] }, 'b'],
  [{ coding: [{ code: 'c', display: null }] }, 'c'],
  [{ coding: null }, ''],
  [null, ''],
])('%j is %s', (concept, text) => {
  expect(conceptText(concept)).toBe(text);
});

test('nothing is no text, false is', () => {
  expect(jsonText(null)).toBe('');
  expect(jsonText(undefined)).toBe('');
  expect(jsonText(false)).toBe('false');
});
