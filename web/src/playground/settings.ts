/** One of the published operations (graphql/operations/), as the server lists them. */
export interface Operation {
  name: string;
  description: string;
  query: string;
  variables: string | null;
}

export interface PageSettings {
  /** URL of the GraphQL endpoint, relative to the page. */
  endpoint: string;
  /** Whether the server may be asked for its schema. */
  introspection: boolean;
  operations: Operation[];
}

/** What the server says about itself: page.json, next to the page. */
export async function readSettings(): Promise<PageSettings> {
  const response = await fetch(new URL('page.json', document.baseURI), { cache: 'no-cache' });
  if (!response.ok) {
    throw new Error(`page.json: HTTP ${response.status}`);
  }
  return (await response.json()) as PageSettings;
}
