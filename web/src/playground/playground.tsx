import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './playground.css';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { createLocalStorage } from '@graphiql/toolkit';
import { GraphiQL, type GraphiQLProps, HISTORY_PLUGIN } from 'graphiql';
import { use } from 'react';
import { useSession } from '../session';
import { examplesPlugin } from './examples';
import { createFetcher } from './fetcher';
import { type PageSettings, readSettings } from './settings';
import { startingTabs } from './tabs';

// A resource is an object or the text of one, a patch is an array: without this the editor calls them wrong.
const SCALARS: NonNullable<GraphiQLProps['customScalarSchemas']> = { FHIR: { type: ['object', 'array', 'string'] } };

const read: Promise<PageSettings | null> = readSettings().catch(() => null);

/** GraphiQL on this server; its own file, which nobody loads who does not open it. */
export default function Playground() {
  const settings = use(read);
  const { token } = useSession();
  return settings === null ? <Unreachable /> : <div className="playground">{editor(settings, token)}</div>;
}

/** Begun anew with another token: it may be the one with which the server tells its schema. */
function editor({ endpoint, introspection, operations }: PageSettings, token: string) {
  const url = new URL(endpoint, document.baseURI);
  // Other products have their GraphiQL on 127.0.0.1 too; each keeps its own tabs.
  const storage = createLocalStorage({ namespace: `dmi-graph:${url.pathname}` });
  return (
    <GraphiQL
      key={token}
      {...(!introspection && { schema: null })}
      fetcher={createFetcher(url)}
      plugins={[examplesPlugin(operations), explorerPlugin(), HISTORY_PLUGIN]}
      storage={storage}
      defaultEditorToolsVisibility="variables"
      customScalarSchemas={SCALARS}
      {...startingTabs(storage, operations)}
    >
      {/* The frame around it says whose page it is. */}
      <GraphiQL.Logo>
        <span />
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

function Unreachable() {
  return (
    <div role="alert">
      <p className="notice">The server does not answer. Check that it runs, then reload this page.</p>
      <p className="notice" lang="fr">
        Le serveur ne répond pas. Vérifiez qu’il fonctionne, puis rechargez cette page.
      </p>
    </div>
  );
}
