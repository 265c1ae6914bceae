import { useState } from 'react';
import { useAnswer } from '../answer';
import { codeText } from '../codes';
import { jsonText } from '../concept';
import { instantText, present } from '../format';
import { ProcedureChangesDocument, ProcedureVersionsDocument, type ProcedureVersionsQuery } from '../generated';
import { Pager, usePages } from '../parts/pager';
import { Loading, Trouble } from '../parts/states';
import { ask } from '../server';
import { useSession } from '../session';

/** Its versions, the newest first, two of which are compared: the newest with the one before, unless others are chosen. */
export function Versions({ id }: { id: string }) {
  const { say } = useSession();
  const pages = usePages(id);
  const asked = useAnswer(`${id} ${pages.after}`, (asking) => ask(ProcedureVersionsDocument, { id, after: pages.after }, asking));
  const history = asked.data?.data.Procedure?.history;
  const versions = present(history?.edges);
  return (
    <section aria-labelledby="versions">
      <h2 id="versions">{say('versions')}</h2>
      {asked.loading && <Loading />}
      {asked.failure && <Trouble failure={asked.failure} again={asked.again} />}
      {versions.length > 0 && <Compared key={versions[0]?.version} id={id} versions={versions} />}
      <Pager pages={pages} end={history?.pageInfo.hasNextPage ? history.pageInfo.endCursor : null} label={say('versions')} />
    </section>
  );
}

type Version = NonNullable<NonNullable<NonNullable<NonNullable<ProcedureVersionsQuery['Procedure']>['history']>['edges']>[number]>;

function Compared({ id, versions }: { id: string; versions: Version[] }) {
  const { say, language } = useSession();
  const stored = versions.filter(({ operation }) => operation !== 'delete');
  const [to, setTo] = useState(stored[0]?.version ?? '');
  const [from, setFrom] = useState(stored[1]?.version ?? '');
  const choices = [
    ['from', 'earlier', from, setFrom],
    ['to', 'later', to, setTo],
  ] as const;
  return (
    <>
      <div className="scroll">
        <table className="versions">
          <thead>
            <tr>
              <th scope="col">{say('version')}</th>
              <th scope="col">{say('stored')}</th>
              <th scope="col">{say('author')}</th>
              <th scope="col">{say('operation')}</th>
              {stored.length > 1 && choices.map(([name, message]) => <th scope="col" key={name}>{say(message)}</th>)}
            </tr>
          </thead>
          <tbody>
            {versions.map(({ version, at, author, operation }) => (
              <tr key={version}>
                <th scope="row">{version}</th>
                <td>{instantText(at, language)}</td>
                <td>{author ?? '–'}</td>
                <td>{codeText(operation, language)}</td>
                {stored.length > 1 &&
                  choices.map(([name, message, chosen, choose]) => (
                    <td key={name}>
                      {operation !== 'delete' && (
                        <input
                          type="radio"
                          name={name}
                          aria-label={`${say(message)}: ${say('version')} ${version}`}
                          checked={chosen === version}
                          onChange={() => choose(version ?? '')}
                        />
                      )}
                    </td>
                  ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {stored.length > 1 && <Changes id={id} from={from} to={to} />}
    </>
  );
}

function Changes({ id, from, to }: { id: string; from: string; to: string }) {
  const { say } = useSession();
  const asked = useAnswer(from === to ? null : `${id} ${from} ${to}`, (asking) => ask(ProcedureChangesDocument, { id, from, to }, asking));
  const changes = present(asked.data?.data.Procedure?.changes);
  return (
    <section aria-labelledby="changes" aria-busy={asked.loading}>
      <h3 id="changes">{say('changes', { from, to })}</h3>
      {asked.failure && <Trouble failure={asked.failure} again={asked.again} />}
      {asked.loading && !asked.data && <Loading />}
      {(from === to || (asked.data && !asked.loading && changes.length === 0)) && <p className="dim">{say('noChanges')}</p>}
      {from !== to && changes.length > 0 && (
        <div className="scroll">
          <table className="changes">
            <thead>
              <tr>
                <th scope="col">{say('element')}</th>
                <th scope="col">{say('before', { version: from })}</th>
                <th scope="col">{say('after', { version: to })}</th>
              </tr>
            </thead>
            <tbody>
              {changes.map(({ path, before, after, operation }) => (
                <tr key={`${path} ${operation}`}>
                  <th scope="row">
                    <code>{path}</code>
                  </th>
                  <td>{before !== null && <del>{jsonText(before)}</del>}</td>
                  <td>{after !== null && <ins>{jsonText(after)}</ins>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
