/** A view of the page as it stands in the address, after the #: nothing of it is sent to the server or to its log. */
export interface Place {
  view: string;
  /** The id of a resource, as in #/patient/x. */
  id: string;
  parameters: URLSearchParams;
}

/** The place that an address names; without any, the recall, or the playground where GraphQL's own address was opened. */
export function placeOf({ hash, pathname }: { hash: string; pathname: string }): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const [view = '', id = ''] = path.split('/');
  const start = pathname.endsWith('/graphql') ? 'playground' : 'recall';
  return { view: view || start, id: decoded(id), parameters: new URLSearchParams(query) };
}

/** The address of a view. Parameters without a value are left out. */
export function addressOf(view: string, id = '', parameters: Record<string, string | null | undefined> = {}): string {
  const given = Object.entries(parameters).filter((each): each is [string, string] => Boolean(each[1]));
  const query = new URLSearchParams(given).toString();
  return `#/${view}${id && `/${encodeURIComponent(id)}`}${query && `?${query}`}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // an address that somebody cut
  }
}
