// Writes src/generated.ts: the documents of src/operations and what their answers are, after graphql/schema.graphql.
//
// Only what the documents select becomes a type; the whole schema would be 600 KB of them.
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { codegen } from '@graphql-codegen/core';
import * as documents from '@graphql-codegen/typed-document-node';
import * as operations from '@graphql-codegen/typescript-operations';
import { buildSchema, parse } from 'graphql';

const at = (path) => new URL(path, import.meta.url);
const TEXTS = 'base64Binary canonical code date dateTime instant markdown oid time uri url uuid xhtml'.split(' ');

async function read(folder) {
  const names = (await readdir(at(folder))).filter((name) => name.endsWith('.graphql')).sort();
  return Promise.all(
    names.map(async (name) => ({ location: name, document: parse(await readFile(at(folder + name), 'utf8')) })),
  );
}

const schema = buildSchema(await readFile(at('../graphql/schema.graphql'), 'utf8'));
const config = {
  documentMode: 'string',
  useTypeImports: true,
  enumType: 'string-literal',
  skipTypename: true,
  dedupeFragments: true,
  defaultScalarType: 'unknown',
  scalars: { ...Object.fromEntries(TEXTS.map((name) => [name, 'string'])), decimal: 'number', positiveInt: 'number' },
};
const text = await codegen({
  filename: 'generated.ts',
  schema: parse('type Query { unused: ID }'), // the next one is built already
  schemaAst: schema,
  documents: [...(await read('../graphql/fragments/')), ...(await read('./src/operations/'))],
  config,
  pluginMap: { operations, documents },
  plugins: [{ operations: {} }, { documents: {} }],
});
const file = at('./src/generated.ts');
const written = `// Written by codegen.mjs.\n${text}`;
// A file that is as it was keeps its time: make builds the page again when a source is newer.
if ((await readFile(file, 'utf8').catch(() => '')) !== written) await writeFile(file, written);
