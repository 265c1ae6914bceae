import { present } from './format';
import type { LatestProceduresQuery, ProceduresLiveSubscription, StoredProcedureFragment } from './generated';

export type Happened = NonNullable<ProceduresLiveSubscription['ProcedureChanged']>;

/** A procedure that was stored lately; `operation` is what was heard of it since the page is open. */
export interface Stored {
  id: string;
  at: string;
  operation: string | null;
  /** Null where it was deleted before it was seen. */
  procedure: StoredProcedureFragment | null;
}

/** What the list has and what was heard since, each procedure once and the last stored first: at most so many. */
export function latest(listed: LatestProceduresQuery['ProcedureList'] | undefined, heard: readonly Happened[], most: number): Stored[] {
  const found = new Map<string, Stored>();
  for (const procedure of present(listed)) {
    const id = procedure.id ?? '';
    found.set(id, { id, at: procedure.meta?.lastUpdated ?? '', operation: null, procedure });
  }
  for (const { id, at, operation, resource } of heard) {
    const known = found.get(id ?? '');
    if (known && at && known.at > at) continue; // the list was asked for later
    found.set(id ?? '', { id: id ?? '', at: at ?? '', operation, procedure: resource ?? known?.procedure ?? null });
  }
  return [...found.values()].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)).slice(0, most);
}
