// Audits a running server by the suite of the GraphQL-over-HTTP specification and prints the results as one line of
// JSON: [{ id, name, status, reason }], where the status is ok, notice (of a MAY), warn (of a SHOULD) or error (of a MUST).
//
//   node audit.mjs http://127.0.0.1:8000/graphql
//
// https://github.com/graphql/graphql-http/tree/main/audits
import { createRequire } from 'node:module';

const { serverAudits } = createRequire(new URL('../../web/package.json', import.meta.url))('graphql-http');

const results = [];
for (const audit of serverAudits({ url: process.argv[2] })) {
  const { id, name, status, reason } = await audit.fn();
  results.push({ id, name, status, reason });
}
console.log(JSON.stringify(results));
