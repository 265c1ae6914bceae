import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { filled, firstLanguage, type Language, type Message } from './messages';
import type { Asking } from './server';

/** What every view knows: the language, the access token, and how to say something. */
export interface Session {
  asking: Asking;
  language: Language;
  token: string;
  say: (message: Message, values?: Record<string, string | number>) => string;
  setLanguage: (language: Language) => void;
  setToken: (token: string) => void;
}

const SessionContext = createContext<Session | null>(null);

// The token lives as long as the tab, the language outlives it.
const TOKEN = 'dmi-graph:token';
const LANGUAGE = 'dmi-graph:language';

export function SessionProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(() => firstLanguage(kept(() => localStorage, LANGUAGE), navigator.languages));
  const [token, setToken] = useState(() => kept(() => sessionStorage, TOKEN) ?? '');

  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);

  const session = useMemo<Session>(
    () => ({
      asking: { language, token },
      language,
      token,
      say: (message, values) => filled(language, message, values),
      setLanguage: (chosen) => {
        keep(() => localStorage, LANGUAGE, chosen);
        setLanguage(chosen);
      },
      setToken: (given) => {
        keep(() => sessionStorage, TOKEN, given);
        setToken(given);
      },
    }),
    [language, token],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('There is no session around this.');
  return session;
}

/** The token that this tab was given; for the playground, which is no view of ours. */
export function givenToken(): string {
  return kept(() => sessionStorage, TOKEN) ?? '';
}

function kept(storage: () => Storage, name: string): string | null {
  try {
    return storage().getItem(name);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function keep(storage: () => Storage, name: string, value: string) {
  try {
    if (value === '') storage().removeItem(name);
    else storage().setItem(name, value);
  } catch {
    // A browser that keeps nothing: it is good until the page is loaded again.
  }
}
