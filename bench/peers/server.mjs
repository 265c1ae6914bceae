// node server.mjs yoga|mercurius file|memory PATH: serves the page on a free port, and prints the address.
import { createServer } from "node:http";
import Fastify from "fastify";
import { createYoga } from "graphql-yoga";
import mercurius from "mercurius";
import { fromFile, fromMemory } from "./resources.mjs";
import { schema } from "./schema.mjs";

const [kind, place, path] = process.argv.slice(2);
const resourcesOf = { file: fromFile, memory: fromMemory }[place](path);
const context = () => ({ resources: resourcesOf() });

/** graphql-yoga on Node's HTTP server, with its caches of parsed and validated documents as they come. */
async function yoga() {
  const server = createServer(createYoga({ schema, context, logging: false, graphiql: false, landingPage: false }));
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return server.address().port;
}

/** mercurius on fastify, with its JIT on from the second time that a query comes. */
async function jit() {
  const app = Fastify();
  await app.register(mercurius, { schema, context, jit: 1 });
  await app.listen({ port: 0, host: "127.0.0.1" });
  return app.server.address().port;
}

const port = await { yoga, mercurius: jit }[kind]();
console.log(`http://127.0.0.1:${port}`);
