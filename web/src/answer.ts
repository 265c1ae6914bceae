import { useCallback, useEffect, useState } from 'react';
import { type Asking, Failure } from './server';
import { useSession } from './session';

/** An answer on its way, here, or not to be had. While a next one is on its way, the one before stays in `data`. */
export interface Asked<Data> {
  data: Data | null;
  failure: Failure | null;
  loading: boolean;
  again: () => void;
}

/**
 * Asks whenever `key` changes, or the language or the token; null asks nothing. What is on its way then is given up,
 * so that a slow answer never takes the place of a later one.
 */
export function useAnswer<Data>(key: string | null, asked: (asking: Asking) => Promise<Data>): Asked<Data> {
  const { asking } = useSession();
  const [state, setState] = useState<{ key: string | null; data: Data | null; failure: Failure | null; loading: boolean }>({
    key: null,
    data: null,
    failure: null,
    loading: false,
  });
  const [attempt, setAttempt] = useState(0);
  const again = useCallback(() => setAttempt((count) => count + 1), []);

  useEffect(() => {
    if (key === null) return;
    const stop = new AbortController();
    setState((before) => ({ key, data: before.data, failure: null, loading: true }));
    asked({ ...asking, signal: stop.signal }).then(
      (data) => {
        if (!stop.signal.aborted) setState({ key, data, failure: null, loading: false });
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        const failure = error instanceof Failure ? error : new Failure('other');
        setState({ key, data: null, failure, loading: false });
      },
    );
    return () => stop.abort();
  }, [key, asking, attempt]);

  if (key === null) return { data: null, failure: null, loading: false, again };
  return { data: state.data, failure: state.failure, loading: state.loading || state.key !== key, again };
}
