import { useCallback, useEffect, useRef, useState } from 'react';
import { type Asking, Failure } from './server';
import { useSession } from './session';

/** An answer on its way, here, or not to be had. While a next one is on its way, the one before stays in `data`. */
export interface Asked<Data> {
  data: Data | null;
  failure: Failure | null;
  loading: boolean;
  /** Whether something is on its way, also what nobody waits for. */
  underway: boolean;
  again: () => void;
}

interface State<Data> {
  key: string | null;
  data: Data | null;
  failure: Failure | null;
  loading: boolean;
  underway: boolean;
}

/**
 * Asks whenever `key` changes, or the language or the token; null asks nothing. What is on its way then is given up,
 * so that a slow answer never takes the place of a later one. When `beat` alone changes, the same is asked in silence:
 * what is shown stays until there is an answer.
 */
export function useAnswer<Data>(key: string | null, asked: (asking: Asking) => Promise<Data>, beat = 0): Asked<Data> {
  const { asking } = useSession();
  const [state, setState] = useState<State<Data>>({ key: null, data: null, failure: null, loading: false, underway: false });
  const [attempt, setAttempt] = useState(0);
  const again = useCallback(() => setAttempt((count) => count + 1), []);
  const last = useRef<readonly unknown[]>([]);

  useEffect(() => {
    if (key === null) return;
    const stop = new AbortController();
    const now = [key, asking, attempt];
    const same = now.every((each, index) => each === last.current[index]);
    last.current = now;
    setState((before) => {
      const silent = same && before.data !== null;
      return silent ? { ...before, underway: true } : { key, data: before.data, failure: null, loading: true, underway: true };
    });
    asked({ ...asking, signal: stop.signal }).then(
      (data) => {
        if (!stop.signal.aborted) setState({ key, data, failure: null, loading: false, underway: false });
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        const failure = error instanceof Failure ? error : new Failure('other');
        // What nobody waits for may fail in silence, but not for want of leave: what is shown may no longer be.
        setState((before) =>
          before.loading || failure.kind === 'unauthorised' || failure.kind === 'forbidden'
            ? { key, data: null, failure, loading: false, underway: false }
            : { ...before, underway: false },
        );
      },
    );
    return () => stop.abort();
  }, [key, asking, attempt, beat]);

  if (key === null) return { data: null, failure: null, loading: false, underway: false, again };
  const { data, failure, loading, underway } = state;
  return { data, failure, loading: loading || state.key !== key, underway, again };
}
