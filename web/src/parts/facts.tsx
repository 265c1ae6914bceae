import type { ReactNode } from 'react';
import { jsonText } from '../concept';
import type { Message } from '../messages';
import { useSession } from '../session';

export type Fact = readonly [Message, ReactNode];

/** What is known of something, by name; what is not known is left out. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  const { say } = useSession();
  const known = facts.filter(([, value]) => value !== null && value !== undefined && value !== '' && value !== false);
  if (known.length === 0) return null;
  return (
    <dl className="facts">
      {known.map(([name, value], index) => (
        <div key={`${name} ${index}`}>
          <dt>{say(name)}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The stored JSON, out of the way until it is asked for. */
export function Raw({ json }: { json: unknown }) {
  const { say } = useSession();
  const text = jsonText(json);
  return (
    <details className="raw">
      <summary>{say('raw')}</summary>
      {/* What scrolls is reached by the keyboard. */}
      <pre tabIndex={0} role="region" aria-label={say('raw')}>
        {text}
      </pre>
    </details>
  );
}

/** Where a resource with that id would be shown, there is none. */
export function Absent({ id }: { id: string }) {
  const { say } = useSession();
  return (
    <section className="notice" role="status">
      <p>{say('absent', { id })}</p>
    </section>
  );
}
