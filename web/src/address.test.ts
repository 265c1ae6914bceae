import { expect, test } from 'vitest';
import { addressOf, placeOf } from './address';

const at = (hash: string, pathname = '/') => placeOf({ hash, pathname });

test('without a place the page begins with the recall, at GraphQL’s address with the playground', () => {
  expect(at('').view).toBe('recall');
  expect(at('#/').view).toBe('recall');
  expect(at('', '/prefix/graphql').view).toBe('playground');
  expect(at('#/recall', '/graphql').view).toBe('recall');
});

test.each(['a/b', 'é?&#%', '100%'])('an address leads back to what it was made of: %s', (text) => {
  const place = at(addressOf('patient', text, { q: text, from: null }));
  expect(place.view).toBe('patient');
  expect(place.id).toBe(text);
  expect([...place.parameters]).toEqual([['q', text]]);
});

test('a cut address is taken as it stands', () => {
  expect(at('#/device/%E0%A4%A').id).toBe('%E0%A4%A');
});
