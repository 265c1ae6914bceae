import { type DragEvent, type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import example from '../../../graphql/examples/procedure.json?raw';
import { addressOf } from '../address';
import { useAnswer } from '../answer';
import { present } from '../format';
import { IntakeCheckDocument, IntakeSendDocument } from '../generated';
import { lineOf, readLines } from '../lines';
import { Mark } from '../parts/records';
import { Loading, Trouble } from '../parts/states';
import { ask, Failure } from '../server';
import { useSession } from '../session';

interface Finding {
  line: number;
  severity: string;
  text: string;
  rule: string;
}

const BAD = ['fatal', 'error'];

/** Checks a procedure's JSON as the server would before it stores it, shows each finding at its line, and sends it. */
export default function Intake() {
  const { say } = useSession();
  const [text, setText] = useState('');
  const [checked, setChecked] = useState<string | null>(null);
  const editor = useRef<HTMLTextAreaElement>(null);
  const asked = useAnswer(checked, (asking) => ask(IntakeCheckDocument, { resource: checked }, asking));
  const verdict = asked.loading || checked !== text ? null : asked.data?.data.ProcedureValidate;
  const findings = useMemo(() => (verdict ? findingsOf(text, present(verdict.information?.issue)) : []), [verdict, text]);

  function show(line: number) {
    const area = editor.current;
    if (area === null) return;
    const start = text.split('\n', line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    area.focus();
    area.setSelectionRange(start, start + (text.slice(start).split('\n', 1)[0] ?? '').length);
    bringIntoSight(area, line);
  }

  const first = findings[0]?.line;
  useEffect(() => {
    if (first !== undefined && editor.current) bringIntoSight(editor.current, first);
  }, [verdict, first]);

  async function drop(event: DragEvent) {
    const file = event.dataTransfer.files[0];
    if (file === undefined) return;
    event.preventDefault();
    setText(await file.text());
  }

  return (
    <>
      <h1>{say('intakeTitle')}</h1>
      <p>{say('intakeExplained')}</p>
      <div className="intake">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setChecked(text);
          }}
        >
          <label htmlFor="json">{say('intakeField')}</label>
          <Numbered text={text} findings={findings} setText={setText} editor={editor} drop={drop} />
          <div className="line">
            <button type="submit" className="main" disabled={text.trim() === ''}>
              {say('check')}
            </button>
            <label className="file">
              {say('openFile')}
              <input
                className="unseen"
                type="file"
                accept=".json,application/json,application/fhir+json"
                onChange={async (event) => {
                  const file = event.target.files?.[0];
                  if (file) setText(await file.text());
                }}
              />
            </label>
            {text === '' && (
              <button type="button" onClick={() => setText(example)}>
                {say('tryExample')}
              </button>
            )}
          </div>
        </form>
        <section aria-labelledby="findings" aria-live="polite">
          <h2 id="findings">{say('findings')}</h2>
          {asked.loading && <Loading />}
          {asked.failure && <Trouble failure={asked.failure} again={asked.again} />}
          {!asked.loading && !verdict && !asked.failure && (
            <p className="dim">{say(checked === null ? 'notChecked' : 'changedSince')}</p>
          )}
          {verdict && (
            <p className={verdict.valid ? 'verdict good' : 'verdict bad'}>
              {say(verdict.valid ? (findings.length > 0 ? 'validWithWarnings' : 'valid') : 'invalid')}
            </p>
          )}
          <ol className="findings">
            {findings.map((finding, index) => (
              <li key={`${finding.line} ${finding.rule} ${index}`}>
                <button type="button" onClick={() => show(finding.line)}>
                  {say('line', { number: finding.line })}
                </button>
                <span>
                  {!BAD.includes(finding.severity) && <Mark>{say('warning')}</Mark>} {finding.text}
                </span>
              </li>
            ))}
          </ol>
          {verdict?.valid && <Send key={text} text={text} />}
        </section>
      </div>
    </>
  );
}

interface Issue {
  severity: string | null;
  expression: (string | null)[] | null;
  details: { text: string | null; coding: ({ code: string | null } | null)[] | null } | null;
}

/** Brings a line into sight, with some of those above it. */
function bringIntoSight(area: HTMLTextAreaElement, line: number) {
  area.scrollTop = Math.max(0, (line - 5) * parseFloat(getComputedStyle(area).lineHeight));
}

/** Findings by their lines; what breaks the JSON itself stands where it stops being JSON. That nothing was found is none. */
function findingsOf(text: string, issues: readonly Issue[]): Finding[] {
  const lines = readLines(text);
  return issues
    .filter(({ severity }) => severity !== 'information')
    .map(({ severity, expression, details }) => {
      const path = present(expression)[0];
      return {
        line: path === undefined ? (lines.broken?.line ?? 1) : lineOf(lines, path),
        severity: severity ?? '',
        text: details?.text ?? '',
        rule: present(details?.coding)[0]?.code ?? '',
      };
    })
    .sort((a, b) => a.line - b.line);
}

interface NumberedText {
  text: string;
  findings: readonly Finding[];
  setText: (text: string) => void;
  editor: RefObject<HTMLTextAreaElement | null>;
  drop: (event: DragEvent) => void;
}

/** A field whose lines have numbers; those with findings stand out. */
function Numbered({ text, findings, setText, editor, drop }: NumberedText) {
  const gutter = useRef<HTMLPreElement>(null);
  const marks = new Map<number, boolean>();
  for (const { line, severity } of findings) marks.set(line, (marks.get(line) ?? false) || BAD.includes(severity));
  const count = text.split('\n').length;
  const follow = () => {
    if (gutter.current && editor.current) gutter.current.scrollTop = editor.current.scrollTop;
  };
  useEffect(follow);
  return (
    <div className="numbered">
      <pre ref={gutter} aria-hidden="true">
        {Array.from({ length: count }, (_each, index) => index + 1).map((line) =>
          marks.has(line) ? (
            <mark key={line} className={marks.get(line) ? 'bad' : 'warn'}>{`${line} ●\n`}</mark>
          ) : (
            `${line}  \n`
          ),
        )}
      </pre>
      <textarea
        id="json"
        ref={editor}
        value={text}
        rows={24}
        wrap="off"
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
        onScroll={follow}
        onDrop={drop}
      />
    </div>
  );
}

/** Sends what was checked, once: a repeat of a request that may have arrived has the same key. */
function Send({ text }: { text: string }) {
  const { asking, say } = useSession();
  const [key] = useState(() => [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, '0')).join(''));
  const [state, setState] = useState<'idle' | 'busy' | Failure | { id: string }>('idle');

  async function send() {
    setState('busy');
    try {
      const { data } = await ask(IntakeSendDocument, { resource: text }, { ...asking, idempotencyKey: key });
      setState({ id: data.ProcedureCreate?.resource?.id ?? '' });
    } catch (error) {
      setState(error instanceof Failure ? error : new Failure('other'));
    }
  }

  if (typeof state === 'object' && 'id' in state) {
    return (
      <p className="verdict good" role="status">
        {say('sent')} <a href={addressOf('procedure', state.id)}>{state.id}</a>
      </p>
    );
  }
  return (
    <>
      <button type="button" className="main" disabled={state === 'busy'} onClick={send}>
        {say('send')}
      </button>
      {state instanceof Failure && <Trouble failure={state} again={send} />}
    </>
  );
}
