// JSON.parse with the source of each number is newer than TypeScript's own declarations:
// https://github.com/tc39/proposal-json-parse-with-source
declare global {
  interface JSON {
    rawJSON?(text: string): object;
  }
}

/**
 * A reviver for JSON.parse that keeps the digits of every number: 1.50 is shown as 1.50, not as 1.5.
 * A browser without JSON.rawJSON shows the shortened number.
 */
export function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || source === undefined || source === String(value)) {
    return value;
  }
  return JSON.rawJSON?.(source) ?? value;
}
