import { useState } from 'react';
import { useSession } from '../session';

/** So many rows are a page. */
export const ROWS = 50;

/** Where a list by cursors stands: the cursors of the pages before, the last one of which the page follows. */
export interface Pages {
  after: string | null;
  number: number;
  next: (cursor: string) => void;
  previous: () => void;
}

/** The pages of a list, begun anew whenever `key` (its filter and order) changes: a cursor belongs to one list. */
export function usePages(key: string): Pages {
  const [state, setState] = useState<{ key: string; cursors: string[] }>({ key, cursors: [] });
  const cursors = state.key === key ? state.cursors : [];
  return {
    after: cursors.at(-1) ?? null,
    number: cursors.length + 1,
    next: (cursor) => setState({ key, cursors: [...cursors, cursor] }),
    previous: () => setState({ key, cursors: cursors.slice(0, -1) }),
  };
}

/** Previous and next; nothing where there is one page only. */
export function Pager({ pages, end, label }: { pages: Pages; end: string | null; label: string }) {
  const { say } = useSession();
  if (pages.number === 1 && end === null) return null;
  return (
    <nav className="pager" aria-label={label}>
      <button type="button" disabled={pages.number === 1} onClick={pages.previous}>
        {say('previous')}
      </button>
      <span role="status">{say('page', { number: pages.number })}</span>
      <button type="button" disabled={end === null} onClick={() => end !== null && pages.next(end)}>
        {say('next')}
      </button>
    </nav>
  );
}
