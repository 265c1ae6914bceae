import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';
import { createClient } from 'graphql-ws';
import { keepDigits } from '../decimals';
import { givenToken } from '../session';

/** Requests over HTTP, subscriptions over graphql-transport-ws on the same path, numbers with all their digits. */
export function createFetcher(endpoint: URL): Fetcher {
  const socket = new URL(endpoint);
  socket.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:';
  return (request, options) => {
    const wsClient = createClient({
      url: socket.href,
      connectionParams: options?.headers ?? {},
      jsonMessageReviver: keepDigits,
      retryAttempts: 0,
    });
    const fetcher = createGraphiQLFetcher({
      url: endpoint.href,
      fetch: fetchWithDigits,
      wsClient,
      enableIncrementalDelivery: false,
    });
    return fetcher(request, options);
  };
}

const fetchWithDigits: typeof fetch = async (input, init) => {
  const headers = new Headers(init?.headers);
  const token = givenToken();
  if (token !== '' && !headers.has('Authorization')) headers.set('Authorization', `Bearer ${token}`);
  const response = await fetch(input, { ...init, headers });
  response.json = async () => {
    const text = await response.text();
    try {
      return JSON.parse(text, keepDigits);
    } catch {
      throw new Error(`HTTP ${response.status} ${response.statusText}: the answer is not JSON.`);
    }
  };
  return response;
};
