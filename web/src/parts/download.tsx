import { useState } from 'react';
import type { Criteria } from '../meanings';
import { Failure, fetchTable } from '../server';
import { useSession } from '../session';
import { Trouble } from './states';

interface Wanted {
  criteria: Criteria;
  period: { from: string; to: string };
}

/** The whole recall as a file. It is fetched, not linked to: a link carries no token, and could not tell of a failure. */
export function Download({ criteria, period }: Wanted) {
  const { asking, language, say } = useSession();
  const [state, setState] = useState<'idle' | 'busy' | Failure>('idle');

  async function download() {
    setState('busy');
    const query = new URLSearchParams((Object.entries(criteria) as [string, string[]][]).flatMap(([name, values]) => values.map((value) => [name, value])));
    if (period.from) query.set('implantedFrom', period.from);
    if (period.to) query.set('implantedTo', period.to);
    if (language === 'fr') query.set('separator', ';');
    try {
      const file = URL.createObjectURL(await fetchTable(`recall.csv?${query}`, asking));
      const link = document.createElement('a');
      link.href = file;
      link.download = language === 'fr' ? 'rappel.csv' : 'recall.csv';
      link.click();
      setTimeout(() => URL.revokeObjectURL(file), 60_000); // by then the browser has begun to read it
      setState('idle');
    } catch (error) {
      setState(error instanceof Failure ? error : new Failure('other'));
    }
  }

  return (
    <>
      <button type="button" disabled={state === 'busy'} onClick={download}>
        {say(state === 'busy' ? 'csvWaiting' : 'csv')}
      </button>
      {state instanceof Failure && <Trouble failure={state} again={download} />}
    </>
  );
}
