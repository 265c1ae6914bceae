import { type FormEvent, useEffect, useRef, useState } from 'react';
import { addressOf, type Place } from '../address';
import { useAnswer } from '../answer';
import { type Found, findMeanings, type Hit, LOOKED_AT } from '../finding';
import { dateText, numberText } from '../format';
import type { Kind } from '../meanings';
import { inSentence } from '../messages';
import { Loading, Trouble, Warning } from '../parts/states';
import { useSession } from '../session';
import { type Go, type Period, RecallAnswer } from './recall-answer';

const EXAMPLES = {
  exampleLot: 'RPG23029001',
  exampleScan: '(01)02990000000361(10)KUG23036001',
  exampleName: 'Prothèse',
} as const;

/** One field, and who carries what it means. */
export function Recall({ place }: { place: Place }) {
  const text = (place.parameters.get('q') ?? '').trim();
  const from = place.parameters.get('from') ?? '';
  const to = place.parameters.get('to') ?? '';
  const { say } = useSession();
  const found = useAnswer(text === '' ? null : text, (asking) => findMeanings(text, asking));
  const go = (changes: Record<string, string>) => {
    location.hash = addressOf('recall', '', { q: text, as: place.parameters.get('as'), from, to, ...changes });
  };
  return (
    <>
      <h1>{say('recallTitle')}</h1>
      <Field text={text} from={from} to={to} go={go} />
      {text === '' && <Start />}
      {found.loading && <Loading />}
      {found.failure && <Trouble failure={found.failure} again={found.again} />}
      {found.data && !found.loading && <Meant found={found.data} as={place.parameters.get('as')} period={{ from, to }} go={go} />}
    </>
  );
}

function Field({ text, from, to, go }: { text: string; from: string; to: string; go: Go }) {
  const { say } = useSession();
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  useEffect(() => field.current?.focus(), []);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    field.current?.select(); // what is scanned next takes its place
    go({ q: typed.trim(), as: '', from: String(given.get('from')), to: String(given.get('to')) });
  }

  return (
    <form className="search" role="search" onSubmit={submit}>
      <label htmlFor="q">{say('field')}</label>
      <div className="line">
        <input
          id="q"
          ref={field}
          type="search"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          // A scanner types GS, which a field of a form leaves out; the sign in its place means the same.
          onKeyDown={(event) => {
            if (event.key === '\u001d' || (event.ctrlKey && event.key === ']')) {
              event.preventDefault();
              setTyped((before) => `${before}␝`);
            }
          }}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          maxLength={200}
        />
        <button type="submit" className="main">
          {say('search')}
        </button>
      </div>
      <fieldset className="line period" key={`${from} ${to}`}>
        <legend className="unseen">{say('period')}</legend>
        <label htmlFor="from">{say('from')}</label>
        <input id="from" name="from" type="date" defaultValue={from} />
        <label htmlFor="to">{say('to')}</label>
        <input id="to" name="to" type="date" defaultValue={to} />
      </fieldset>
    </form>
  );
}

function Start() {
  const { say } = useSession();
  return (
    <section className="start">
      <p>{say('start')}</p>
      <h2>{say('examples')}</h2>
      <ul>
        {(Object.keys(EXAMPLES) as (keyof typeof EXAMPLES)[]).map((example) => (
          <li key={example}>
            <a href={addressOf('recall', '', { q: EXAMPLES[example] })}>
              <span>{say(example)}</span> <code>{EXAMPLES[example]}</code>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Meant({ found, as, period, go }: { found: Found; as: string | null; period: Period; go: Go }) {
  const { say } = useSession();
  const hit = found.hits.find(({ kind }) => kind === as) ?? found.hits[0];
  return (
    <>
      {found.scanned && <Scanned code={found.scanned} />}
      {hit === undefined ? (
        <section className="notice" role="status">
          <h2>{say('nothing')}</h2>
          <p>{say('nothingExplained', { kinds: found.tried.map((kind) => inSentence(say(kind))).join(', ') })}</p>
        </section>
      ) : (
        <>
          <Choice hits={found.hits} chosen={hit.kind} choose={(kind) => go({ as: kind })} />
          {hit.models && <Models models={hit.models} />}
          {hit.criteria && <RecallAnswer criteria={hit.criteria} period={period} go={go} />}
        </>
      )}
    </>
  );
}

function Scanned({ code }: { code: NonNullable<Found['scanned']> }) {
  const { say, language } = useSession();
  const told = [
    ['model', code.udiDi],
    ['lot', code.lot],
    ['serial', code.serial],
    ['manufactured', code.manufactured && dateText(code.manufactured, language)],
    ['expires', code.expires && dateText(code.expires, language)],
  ] as const;
  return (
    <section className="scanned" aria-label={say('scanned')}>
      <dl>
        {told.map(
          ([name, value]) =>
            value && (
              <div key={name}>
                <dt>{say(name)}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </section>
  );
}

function Choice({ hits, chosen, choose }: { hits: Hit[]; chosen: Kind; choose: (kind: Kind) => void }) {
  const { say } = useSession();
  if (hits.length === 1) {
    return (
      <p className="choice">
        <span className="dim">{say('meaning')}</span> {say(chosen)}
      </p>
    );
  }
  return (
    <fieldset className="choice">
      <legend>{say('meaning')}</legend>
      {hits.map(({ kind }) => (
        <label key={kind}>
          <input type="radio" name="meaning" checked={kind === chosen} onChange={() => choose(kind)} />
          {say(kind)}
        </label>
      ))}
    </fieldset>
  );
}

function Models({ models: { models, without, more } }: { models: NonNullable<Hit['models']> }) {
  const { say, language } = useSession();
  if (models.length === 0) return <Warning>{say('modelsNone')}</Warning>;
  return (
    <section aria-labelledby="models">
      <h2 id="models">{say('models')}</h2>
      {more && <Warning>{say('modelsMore', { count: numberText(LOOKED_AT, language) })}</Warning>}
      {without > 0 && <Warning>{say('modelsWithout', { count: numberText(without, language) })}</Warning>}
      <ul className="models">
        {models.map(({ udiDi, name, manufacturer }) => (
          <li key={udiDi}>
            {name} <small>{manufacturer}</small> <code>{udiDi}</code>{' '}
            <a href={addressOf('recall', '', { q: udiDi })} aria-label={`${say('only')}: ${name} ${udiDi}`}>
              {say('only')}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
