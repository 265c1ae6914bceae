import { expect, test } from 'vitest';
import { afterwards, socketUrl } from './live';

const refused = (code: string) => [{ message: '', extensions: { code } }];

test.each([
  ['a connection that broke', { code: 1006 }, 'again'],
  ['a reader that was too slow', { code: 1013 }, 'again'],
  ['no token', { code: 4401 }, 'end'],
  ['a token that has ended', { code: 4403 }, 'end'],
  ['another protocol', { code: 4406 }, 'end'],
  ['no socket at all', new Error('refused'), 'again'],
  ['nothing', undefined, 'again'],
  ['a store that is away', refused('transient'), 'again'],
  ['no leave', refused('forbidden'), 'end'],
  ['a store that tells nothing', refused('not-supported'), 'end'],
  ['an error without a code', [{ message: '' }], 'end'],
])('after %s: %o %s', (_name, reason, next) => {
  expect(afterwards(reason, true)).toBe(next);
});

test.each(['not-found', 'invalid'])('behind a cursor that is no good, listening begins anew: %s', (code) => {
  expect(afterwards(refused(code), true)).toBe('anew');
  expect(afterwards(refused(code), false)).toBe('end');
});

test('a socket stands beside the page, as safe as the page', () => {
  expect(socketUrl('graphql', 'https://chu.example/dmi/#/overview')).toBe('wss://chu.example/dmi/graphql');
  expect(socketUrl('graphql', 'http://127.0.0.1:8000/')).toBe('ws://127.0.0.1:8000/graphql');
});
