// Follows procedures with npm's graphql-ws, and prints what it was told: node following.mjs URL NUMBER BREAKS.
// After BREAKS changes its socket breaks; it connects again by itself, with the last cursor.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(fileURLToPath(new URL('../../web/package.json', import.meta.url)));
const { createClient } = require('graphql-ws');

const [url, number, breaks] = process.argv.slice(2);
const told = [];
const variables = { cursor: null };
let socket;

const client = createClient({
  url: `${url.replace('http', 'ws')}/graphql`,
  connectionParams: () => ({ authorization: 'Bearer a.b.c' }),
  on: { connected: (opened) => (socket = opened) },
  retryWait: () => Promise.resolve(),
});
client.subscribe(
  {
    query: 'subscription ($cursor: String) { ProcedureChanged(cursor: $cursor) { id cursor version } }',
    variables,
  },
  {
    next({ data }) {
      const { id, cursor, version } = data.ProcedureChanged;
      variables.cursor = cursor; // whoever connects again goes on behind it
      told.push([id, version]);
      if (told.length === Number(breaks)) socket.close(4999, 'the line breaks');
      if (told.length === Number(number)) {
        console.log(JSON.stringify(told));
        client.dispose();
      }
    },
    error(problem) {
      console.error(problem);
      process.exitCode = 1;
    },
    complete() {},
  },
);
