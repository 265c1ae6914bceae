import { expect, test } from 'vitest';
import type { StoredProcedureFragment } from './generated';
import { type Happened, latest } from './latest';

const stored = (id: string, at: string): StoredProcedureFragment => ({
  id,
  meta: { versionId: '1', lastUpdated: at },
  status: null,
  performedDateTime: null,
  subject: null,
  performer: null,
  focalDevice: null,
});
const heard = (id: string, at: string, operation = 'create'): Happened => ({
  id,
  at,
  operation,
  cursor: at,
  resource: operation === 'delete' ? null : stored(id, at),
});
const shown = (...rows: ReturnType<typeof latest>) => rows.map(({ id, operation }) => `${id} ${operation}`);

test('what was heard stands above what was listed', () => {
  expect(shown(...latest([stored('a', '1')], [heard('b', '2')], 9))).toEqual(['b create', 'a null']);
});

test('a procedure that is listed and was heard of stands there once, as it was heard', () => {
  expect(shown(...latest([stored('a', '2')], [heard('a', '2')], 9))).toEqual(['a create']);
  expect(shown(...latest([stored('a', '1')], [heard('a', '2', 'update')], 9))).toEqual(['a update']);
});

test('what was listed later than it was heard is not put back', () => {
  expect(shown(...latest([stored('a', '3')], [heard('a', '2', 'delete')], 9))).toEqual(['a null']);
});

test('one that was deleted shows what it was', () => {
  const [row] = latest([stored('a', '1')], [heard('a', '2', 'delete')], 9);
  expect(row).toMatchObject({ operation: 'delete', procedure: { id: 'a' } });
});

test('there are at most so many, the last stored ones', () => {
  expect(shown(...latest([stored('a', '1'), stored('b', '2')], [heard('c', '3')], 2))).toEqual(['c create', 'b null']);
});
