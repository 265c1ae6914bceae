import { keepDigits } from './decimals';
import type { TypedDocumentString } from './generated';
import type { Language } from './messages';

/** Whom the requests are made for: the language of messages and the access token, if there is one. */
export interface Asking {
  language: Language;
  token: string;
  signal?: AbortSignal;
  /** The same for every repeat of a request that stores something: the server does it once. */
  idempotencyKey?: string;
}

export type FailureKind = 'unauthorised' | 'forbidden' | 'throttled' | 'unreachable' | 'refused' | 'other';

/** Why there is no answer, or not all of it; `messages` are the server's, in the language that was asked for. */
export class Failure extends Error {
  constructor(
    readonly kind: FailureKind,
    readonly messages: readonly string[] = [],
    readonly status = 0,
    readonly code = '',
  ) {
    super(messages[0] ?? kind);
  }
}

/** What came back: data, and what of it is missing and why. */
export interface Answer<Result> {
  data: Result;
  missing: Failure | null;
}

interface GraphQLAnswer<Result> {
  data?: Result | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

/** Runs a document of src/operations. Throws a Failure where there are no data at all. */
export async function ask<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  asking: Asking,
): Promise<Answer<Result>> {
  const response = await reach('graphql', asking, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  const { data, errors = [] } = await read<GraphQLAnswer<Result>>(response);
  const failure = errors.length > 0 ? refusal(response.status, errors) : null;
  if (data === null || data === undefined || Object.values(data).every((each) => each === null && failure !== null)) {
    throw failure ?? new Failure('other', [], response.status);
  }
  return { data, missing: failure };
}

/** A table that the server makes, whole: one that broke off is a Failure. */
export async function fetchTable(path: string, asking: Asking): Promise<Blob> {
  const response = await reach(path, asking, { headers: { Accept: 'text/csv' } });
  if (!response.ok) {
    const { issue = [] } = await read<{ issue?: { code?: string; details?: { text?: string } }[] }>(response);
    const errors = issue.map(({ code = '', details }) => ({ message: details?.text ?? '', extensions: { code } }));
    throw refusal(response.status, errors);
  }
  try {
    return await response.blob();
  } catch {
    throw new Failure('unreachable');
  }
}

async function reach(path: string, { language, token, signal, idempotencyKey }: Asking, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('Accept-Language', language);
  if (token !== '') headers.set('Authorization', `Bearer ${token}`);
  if (idempotencyKey) headers.set('Idempotency-Key', idempotencyKey);
  try {
    return await fetch(new URL(path, document.baseURI), { ...init, headers, signal: signal ?? null });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Failure('unreachable');
  }
}

async function read<Body>(response: Response): Promise<Body> {
  const text = await response.text();
  try {
    return JSON.parse(text, keepDigits) as Body;
  } catch {
    throw refusal(response.status, []); // a proxy's answer, or one that was cut
  }
}

const KINDS: Readonly<Record<number, FailureKind>> = { 401: 'unauthorised', 403: 'forbidden', 429: 'throttled' };

function refusal(status: number, errors: { message: string; extensions?: { code?: string } }[]): Failure {
  const code = errors[0]?.extensions?.code ?? '';
  const byCode = code === 'login' ? 'unauthorised' : code === 'forbidden' ? 'forbidden' : undefined;
  const kind = KINDS[status] ?? byCode ?? (errors.length > 0 ? 'refused' : 'other');
  const messages = [...new Set(errors.map(({ message }) => message).filter(Boolean))];
  return new Failure(kind, messages, status, code);
}
