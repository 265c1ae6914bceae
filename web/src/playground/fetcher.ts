import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';
import { createClient } from 'graphql-ws';
import { keepDigits } from '../decimals';
import { socketUrl } from '../live';
import { givenToken } from '../session';

/** Requests over HTTP, subscriptions over graphql-transport-ws on the same path, numbers with all their digits. */
export function createFetcher(endpoint: URL): Fetcher {
  return (request, options) => {
    const wsClient = createClient({
      url: socketUrl(endpoint.href),
      connectionParams: withToken(options?.headers),
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
  const response = await fetch(input, { ...init, headers: withToken(init?.headers) });
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

/** Header fields by their small names, with the token that the page was given unless they have one of their own. */
function withToken(given: HeadersInit | undefined): Record<string, string> {
  const headers = new Headers(given);
  const token = givenToken();
  if (token !== '' && !headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
  return Object.fromEntries(headers);
}
