import type { createLocalStorage } from '@graphiql/toolkit';
import type { Operation } from './settings';

/**
 * What the page opens with: on a first visit every published operation in a tab of its own, the first one active;
 * nothing later, when GraphiQL finds the visitor's own tabs in the storage.
 */
export function startingTabs(
  storage: ReturnType<typeof createLocalStorage>,
  operations: Operation[],
): { defaultTabs?: Operation[] } {
  const [first] = operations;
  if (first === undefined || storage.getItem('graphiql:tabState') !== null) {
    return {};
  }
  // GraphiQL fills the variables editor from here and never from a tab, also when an untouched page is loaded again.
  storage.setItem('graphiql:query', first.query);
  storage.setItem('graphiql:variables', first.variables ?? '');
  return { defaultTabs: operations };
}
