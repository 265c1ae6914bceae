import { type GraphiQLPlugin, pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect } from 'react';
import type { Operation } from './settings';

/** A sidebar panel that lists the published operations; each opens in a tab of its own, unless one holds it already. */
export function examplesPlugin(operations: Operation[]): GraphiQLPlugin {
  return { title: 'Examples', icon: ExamplesIcon, content: () => <Examples operations={operations} /> };
}

function Examples({ operations }: { operations: Operation[] }) {
  const { addTab, changeTab, updateActiveTabValues } = useGraphiQLActions();
  const { queryEditor, variableEditor, tabs, activeTabIndex } = useGraphiQL(
    pick('queryEditor', 'variableEditor', 'tabs', 'activeTabIndex'),
  );

  // Beside this panel there is rarely room for all tabs.
  useEffect(() => {
    document.querySelector('[role=tab][aria-selected=true]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [activeTabIndex, tabs.length]);

  function open({ query, variables }: Operation) {
    const unchanged = tabs.findIndex((tab) => tab.query === query && (tab.variables ?? '') === (variables ?? ''));
    if (unchanged !== -1) {
      changeTab(unchanged);
      return;
    }
    addTab();
    updateActiveTabValues({ query, variables });
    queryEditor?.setValue(query);
    variableEditor?.setValue(variables ?? '');
  }

  return (
    <section aria-label="Examples">
      <div className="graphiql-doc-explorer-title">Examples</div>
      <ul className="examples">
        {operations.map((operation) => (
          <li key={operation.name}>
            <button type="button" onClick={() => open(operation)}>
              <strong>{operation.name}</strong>
              <span>{withCode(operation.description)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Text with what stands between `backticks` set as code. */
function withCode(text: string) {
  return text.split('`').map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part));
}

function ExamplesIcon() {
  return (
    <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M10 5.5C8.5 4 6 3.5 2.5 3.5v11.5c3.5 0 6 .5 7.5 2 1.5-1.5 4-2 7.5-2V3.5c-3.5 0-6 .5-7.5 2Zm0 0V17" />
    </svg>
  );
}
