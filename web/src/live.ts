import { createClient } from 'graphql-ws';
import { keepDigits } from './decimals';
import type { TypedDocumentString } from './generated';
import type { Asking } from './server';

/**
 * How it stands with what is told as it happens: on its way, told, interrupted and soon tried again, or not to be had
 * (`off`), for want of leave or because something on the way lets no web socket through.
 */
export type LiveState = 'connecting' | 'live' | 'interrupted' | 'off';

export interface Listener<Result> {
  /** Something happened. Its cursor, if it has one, is where listening goes on after an interruption. */
  heard: (event: Result) => string | null | undefined;
  state: (state: LiveState) => void;
  /** What happened up to now may have been missed: ask again for what is shown. */
  missed: () => void;
}

const FIRST_WAIT = 1_000; // milliseconds, doubled up to the longest
const LONGEST_WAIT = 30_000;
const PATIENCE = 10_000; // milliseconds for a server to take a socket
const SILENCE = 20_000; // milliseconds after which a ping asks whether there is still somebody
const ECHO = 10_000; // milliseconds for the answer to that; a network that is gone tells nothing of it

// Closing codes that a repeat would only bring again: https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverWebSocket.md
const FINAL = new Set([4400, 4401, 4403, 4406]);
const TEMPORARY = new Set(['throttled', 'transient', 'timeout', 'lock-error', 'exception']);
const GONE = new Set(['not-found', 'invalid']);

/**
 * Listens to a subscription whose variables have a `cursor`, over one web socket after another; the returned function
 * ends that. After an interruption it goes on behind the last cursor, so nothing is missed and nothing comes twice.
 */
export function listen<Result, Variables extends { cursor?: string | null }>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  asking: Asking,
  listener: Listener<Result>,
): () => void {
  const stop = new AbortController();
  void stay(document, variables, asking, listener, stop.signal);
  return () => stop.abort();
}

async function stay<Result, Variables extends { cursor?: string | null }>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  asking: Asking,
  listener: Listener<Result>,
  ended: AbortSignal,
) {
  let cursor: string | null = null;
  let attempts = 0;
  let before: LiveState = 'connecting'; // what an interruption is: one of something that was
  listener.state('connecting');
  while (!ended.aborted) {
    try {
      await once(document, { ...variables, cursor }, asking, ended, {
        ...listener,
        state: (state) => {
          attempts = 0;
          before = 'interrupted';
          listener.state(state);
          if (cursor === null) listener.missed();
        },
        heard: (event) => (cursor = listener.heard(event) ?? cursor),
      });
    } catch (reason) {
      if (ended.aborted) return;
      const next = afterwards(reason, cursor !== null);
      if (next === 'end') return listener.state('off');
      if (next === 'anew') cursor = null;
    }
    if (ended.aborted) return;
    listener.state(attempts > 2 ? 'off' : before);
    await pause(Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempts) * (0.75 + Math.random() / 2), ended);
    attempts += 1;
  }
}

/** One socket, until it is closed. Throws why it was. */
async function once<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  asking: Asking,
  ended: AbortSignal,
  { heard, state }: Listener<Result>,
) {
  let echo: ReturnType<typeof setTimeout> | undefined;
  let inForce = false;
  const client = createClient({
    url: socketUrl('graphql'),
    connectionParams: { 'accept-language': asking.language, ...(asking.token && { authorization: `Bearer ${asking.token}` }) },
    connectionAckWaitTimeout: PATIENCE,
    keepAlive: SILENCE,
    jsonMessageReviver: keepDigits,
    retryAttempts: 0,
    on: {
      // The client subscribes before anything else runs; a ping behind that is answered when it is in force.
      connected: (socket) => setTimeout(ping, 0, socket),
      ping: (received) => {
        if (!received) echo = setTimeout(close, ECHO);
      },
      pong: (received) => {
        if (!received) return; // it is ours
        clearTimeout(echo);
        if (!inForce) state('live');
        inForce = true;
      },
    },
  });
  const close = () => client.terminate();
  ended.addEventListener('abort', close);
  try {
    for await (const { data, errors } of client.iterate<Result>({ query: document.toString(), variables: variables as Record<string, unknown> })) {
      if (data) heard(data);
      else if (errors) throw errors;
    }
  } finally {
    clearTimeout(echo);
    ended.removeEventListener('abort', close);
    await client.dispose();
  }
}

function ping(socket: WebSocket) {
  if (socket.readyState === socket.OPEN) socket.send('{"type":"ping"}');
}

/**
 * What is to be done after an end: try again behind the cursor, begin `anew` without one (the server keeps no more what
 * came behind it, or has another store by now), or `end` it.
 */
export function afterwards(reason: unknown, resumed: boolean): 'again' | 'anew' | 'end' {
  if (Array.isArray(reason)) {
    const code = (reason as { extensions?: { code?: string } }[])[0]?.extensions?.code ?? '';
    if (resumed && GONE.has(code)) return 'anew';
    return TEMPORARY.has(code) ? 'again' : 'end';
  }
  const code = (reason as { code?: number } | null)?.code;
  return code !== undefined && FINAL.has(code) ? 'end' : 'again';
}

/** The address of a web socket at a path beside the page. */
export function socketUrl(path: string, base = document.baseURI): string {
  const url = new URL(path, base);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

function pause(milliseconds: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      ended.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    addEventListener('online', done);
    ended.addEventListener('abort', done);
  });
}
