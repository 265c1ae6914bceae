import { useState } from 'react';
import { useAnswer } from '../answer';
import { conceptText, jsonText } from '../concept';
import { dateText, nameOf, present } from '../format';
import { ProcedureChangesDocument, ProcedureVersionsDocument, type ProcedureVersionsQuery, ProcedureViewDocument } from '../generated';
import { Absent, Facts, Raw } from '../parts/facts';
import { Pager, usePages } from '../parts/pager';
import { DeviceLink, Expiry, Numbers, PatientLink } from '../parts/records';
import { Loading, Partly, Trouble } from '../parts/states';
import { ask } from '../server';
import { useSession } from '../session';

/** A procedure with all that it says, its versions, and the stored JSON. */
export default function Procedure({ id }: { id: string }) {
  const { say, language } = useSession();
  const asked = useAnswer(id, (asking) => ask(ProcedureViewDocument, { id }, asking));
  if (asked.failure) {
    return (
      <>
        <Trouble failure={asked.failure} again={asked.again} />
        {asked.failure.code === 'deleted' && <Versions id={id} />}
      </>
    );
  }
  if (!asked.data) return <Loading />;
  const procedure = asked.data.data.Procedure;
  if (procedure === null) return <Absent id={id} />;
  const { performedPeriod: period, subject } = procedure;
  const who = subject?.resource;
  const span = [period?.start, period?.end].map((each) => dateText(each, language)).filter(Boolean);
  return (
    <>
      <h1>
        {say('procedure')} {dateText(procedure.performedDateTime ?? period?.start, language)}
      </h1>
      <Partly missing={asked.data.missing} />
      <Facts
        facts={[
          ['patient', who?.id ? <PatientLink patient={{ id: who.id, name: who.name ?? null, birthDate: who.birthDate ?? null }} /> : subject?.display],
          ['act', conceptText(procedure.code)],
          ['date', dateText(procedure.performedDateTime, language) || span.join(' – ')],
          ['status', procedure.status],
          ['bodySite', present(procedure.bodySite).map(conceptText).filter(Boolean).join(', ')],
          ...present(procedure.performer).flatMap(({ actor, onBehalfOf }) => [
            ['surgeon', nameOf(actor?.resource?.name) || actor?.resource?.id || actor?.display] as const,
            ['hospital', onBehalfOf?.resource?.name ?? onBehalfOf?.resource?.id ?? onBehalfOf?.display] as const,
          ]),
          ...present(procedure.identifier).map(({ value, type }) => ['identifiers', <span key={value}>{value} <small>{conceptText(type)}</small></span>] as const),
          ['note', present(procedure.note).map(({ text }) => text).join(' ')],
          ['record', <code key="id">{id}</code>],
        ]}
      />
      <section aria-labelledby="devices">
        <h2 id="devices">{say('devices')}</h2>
        {present(procedure.focalDevice).map(({ action, manipulated }, index) => (
          <article key={manipulated?.resource?.id ?? index}>
            <h3>{manipulated?.resource ? <DeviceLink device={manipulated.resource} /> : (manipulated?.display ?? say('unknownPatient'))}</h3>
            <Facts
              facts={[
                ['action', conceptText(action)],
                ['numbers', (manipulated?.resource?.lotNumber ?? manipulated?.resource?.serialNumber) && <Numbers device={manipulated?.resource ?? null} />],
                [
                  'expires',
                  manipulated?.resource?.expirationDate && (
                    <Expiry date={manipulated.resource.expirationDate} at={procedure.performedDateTime ?? null} mark="expiredThen" />
                  ),
                ],
              ]}
            />
          </article>
        ))}
        {present(procedure.focalDevice).length === 0 && <p className="dim">{say('noDevices')}</p>}
      </section>
      <Versions id={id} />
      <Raw json={procedure.raw} />
    </>
  );
}

/** Its versions, the newest first, two of which are compared: the newest with the one before, unless others are chosen. */
function Versions({ id }: { id: string }) {
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
                <td>{dateText(at, language)} UTC</td>
                <td>{author ?? '–'}</td>
                <td>{operation}</td>
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
