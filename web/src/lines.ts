/** Where the elements of a resource stand in its JSON text; lines and columns count from 1. */
export interface Lines {
  /** The line of each element by its FHIRPath, as findings name it: Procedure.identifier[0].value. */
  of: Map<string, number>;
  /** Where the text stops being JSON; null where it does not. */
  broken: { line: number; column: number } | null;
}

const DEEPEST = 400; // levels; the server takes 200

/** Reads a JSON text for its places only: what it means is the server's to say. */
export function readLines(text: string): Lines {
  const of = new Map<string, number>();
  const reader = new Reader(text, of);
  try {
    reader.whole();
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    return { of, broken: reader.place() };
  }
  return { of, broken: null };
}

/**
 * The line of an element, or of the nearest one around it that is there: what is missing is shown where it belongs.
 * Without any it is the first line.
 */
export function lineOf(lines: Lines, expression: string): number {
  for (let path = expression; path !== ''; path = outer(path)) {
    const line = lines.of.get(path);
    if (line !== undefined) return line;
  }
  return 1;
}

function outer(path: string): string {
  return path.endsWith(']') ? path.slice(0, path.lastIndexOf('[')) : path.slice(0, Math.max(path.lastIndexOf('.'), 0));
}

class Broken extends Error {}

const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const OTHER = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

class Reader {
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(
    private readonly text: string,
    private readonly of: Map<string, number>,
  ) {}

  place() {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  whole() {
    this.#blanks();
    const root = /"resourceType"\s*:\s*"(\w+)"/.exec(this.text)?.[1] ?? 'Procedure';
    this.#value(root, 0);
    this.#blanks();
    if (this.#at < this.text.length) throw new Broken();
  }

  #value(path: string, depth: number) {
    // The first place wins: a name that comes twice is an error of its own.
    if (!this.of.has(path)) this.of.set(path, this.#line);
    if (depth > DEEPEST) throw new Broken();
    const sign = this.text[this.#at];
    if (sign === '{') this.#items('}', () => this.#member(path, depth));
    else if (sign === '[') this.#items(']', (index) => this.#value(`${path}[${index}]`, depth + 1));
    else if (sign === '"') this.#match(STRING);
    else this.#match(OTHER);
  }

  #member(path: string, depth: number) {
    const line = this.#line;
    const name = this.#match(STRING).slice(1, -1);
    if (!this.of.has(`${path}.${name}`)) this.of.set(`${path}.${name}`, line);
    this.#blanks();
    this.#sign(':');
    this.#blanks();
    this.#value(`${path}.${name}`, depth + 1);
  }

  #items(end: string, item: (index: number) => void) {
    this.#at += 1;
    this.#blanks();
    if (this.text[this.#at] === end) {
      this.#at += 1;
      return;
    }
    for (let index = 0; ; index += 1) {
      item(index);
      this.#blanks();
      if (this.text[this.#at] === end) break;
      this.#sign(',');
      this.#blanks();
    }
    this.#at += 1;
  }

  #sign(sign: string) {
    if (this.text[this.#at] !== sign) throw new Broken();
    this.#at += 1;
  }

  #match(form: RegExp): string {
    form.lastIndex = this.#at;
    const found = form.exec(this.text)?.[0];
    if (!found) throw new Broken();
    this.#at += found.length;
    return found;
  }

  #blanks() {
    for (; ; this.#at += 1) {
      const sign = this.text[this.#at];
      if (sign === '\n') {
        this.#line += 1;
        this.#lineStart = this.#at + 1;
      } else if (sign !== ' ' && sign !== '\t' && sign !== '\r') return;
    }
  }
}
