import { afterEach, expect, test, vi } from 'vitest';
import { TypedDocumentString } from './generated';
import { ask, Failure, fetchTable } from './server';

const DOCUMENT = new TypedDocumentString<{ a: number | null; b: number | null }, { x: string }>('query Q { a b }');
const ASKING = { language: 'fr', token: '' } as const;

function answering(body: BodyInit | Error, status = 200) {
  const fetched = vi.fn<(url: URL, init: RequestInit) => Promise<Response>>(async () => {
    if (body instanceof Error) throw body;
    return new Response(body, { status });
  });
  vi.stubGlobal('fetch', fetched);
  vi.stubGlobal('document', { baseURI: 'https://hospital.example/dmi/' });
  return fetched;
}

async function failure(asked: Promise<unknown>): Promise<Failure> {
  return asked.then(
    () => expect.unreachable('there was an answer'),
    (error: unknown) => error as Failure,
  );
}

afterEach(() => vi.unstubAllGlobals());

test('values travel in the body, the language and the token in the header', async () => {
  const fetched = answering('{"data": {"a": 1, "b": null}}');
  const { data, missing } = await ask(DOCUMENT, { x: 'LOT' }, { language: 'fr', token: 't' });
  expect(data).toEqual({ a: 1, b: null });
  expect(missing).toBeNull();
  const [url, init] = fetched.mock.calls[0]!;
  expect(url.href).toBe('https://hospital.example/dmi/graphql');
  expect(init.body).toBe('{"query":"query Q { a b }","variables":{"x":"LOT"}}');
  const headers = new Headers(init.headers);
  expect(headers.get('accept-language')).toBe('fr');
  expect(headers.get('authorization')).toBe('Bearer t');
});

test('without a token nothing is said about one', async () => {
  const fetched = answering('{"data": {"a": 1, "b": 2}}');
  await ask(DOCUMENT, { x: '' }, ASKING);
  expect(new Headers(fetched.mock.calls[0]![1].headers).has('authorization')).toBe(false);
});

test('a request that may be repeated has its key', async () => {
  const fetched = answering('{"data": {"a": 1, "b": 2}}');
  await ask(DOCUMENT, { x: '' }, { ...ASKING, idempotencyKey: 'k' });
  expect(new Headers(fetched.mock.calls[0]![1].headers).get('idempotency-key')).toBe('k');
});

test('data beside errors are an answer that tells what is missing', async () => {
  answering('{"data": {"a": 1, "b": null}, "errors": [{"message": "M", "extensions": {"code": "too-costly"}}]}');
  const { data, missing } = await ask(DOCUMENT, { x: '' }, ASKING);
  expect(data.a).toBe(1);
  expect(missing).toMatchObject({ kind: 'refused', code: 'too-costly', messages: ['M'] });
});

test.each([
  ['{"data": {"a": null, "b": null}, "errors": [{"message": "M"}]}', 200, 'refused'],
  ['{"errors": [{"message": "M", "extensions": {"code": "login"}}]}', 401, 'unauthorised'],
  ['{"errors": [{"message": "M", "extensions": {"code": "login"}}]}', 200, 'unauthorised'],
  ['{"errors": [{"message": "M"}]}', 403, 'forbidden'],
  ['{"errors": [{"message": "M"}]}', 429, 'throttled'],
  ['<html>', 502, 'other'],
  ['{}', 200, 'other'],
])('%s with %i is a failure: %s', async (body, status, kind) => {
  answering(body, status);
  expect((await failure(ask(DOCUMENT, { x: '' }, ASKING))).kind).toBe(kind);
});

test('a server that is away is unreachable', async () => {
  answering(new TypeError('Failed to fetch'));
  expect((await failure(ask(DOCUMENT, { x: '' }, ASKING))).kind).toBe('unreachable');
});

test('a table that breaks off is no table', async () => {
  let parts = 0;
  answering(
    new ReadableStream({
      pull(controller) {
        parts += 1;
        if (parts === 1) controller.enqueue(new TextEncoder().encode('half'));
        else controller.error(new TypeError('broken off'));
      },
    }),
  );
  expect((await failure(fetchTable('recall.csv?lot=x', ASKING))).kind).toBe('unreachable');
});

test('a table that is refused tells why', async () => {
  answering('{"issue": [{"code": "invalid", "details": {"text": "Pourquoi."}}]}', 400);
  expect(await failure(fetchTable('recall.csv', ASKING))).toMatchObject({ kind: 'refused', messages: ['Pourquoi.'] });
});
